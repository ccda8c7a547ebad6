"""What this process tells telemetry: once a second every reporter's facts, and decisions as they are made.

In: reporters (`Report`), decisions (`core.decisions`). Out: facts into one `FactSink`, stamped with where and under which
change arms. Parts only count; this room asks them, so that nothing that serves video knows of telemetry.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from math import floor

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.decisions import Decision
from tidegate.core.facts import DecisionFact, Fact
from tidegate.core.ports import FactSink
from tidegate.core.settings import SettingsBook, Subject

Report = Callable[[float], Iterable[Fact]]
"""Given when the second began, seconds since the Unix epoch: what happened in it."""

SECOND_S = 1.0
DECISIONS_PER_S = 20.0
DECISIONS_BURST = 200.0
"""More than that decide strangers, by knocking: such decisions are counted, and not told."""

_log = structlog.get_logger()


class Facts:
    """One process's; a `FactSink`. `reporters` may be added to at any time, `sink` be given once it stands.

    Attributes:
        sink: where facts go; None: nowhere.
        lost: asks how many facts the sink had no room for since start.
        untold: decisions beyond the bound.
        failed: reports that raised, which is a defect; the others go on.
    """

    def __init__(self, clock: Clock, book: SettingsBook, here: Subject, sink: FactSink | None = None) -> None:
        self.sink = sink
        self.lost: Callable[[], int] = lambda: 0
        self.reporters: list[Report] = []
        self.untold = self.failed = 0
        self._clock = clock
        self._book = book
        self._here = here
        self._told = -1
        self._allowance = DECISIONS_BURST
        self._earned_at = clock.monotonic()
        self._task: asyncio.Task[None] | None = None

    @property
    def dropped(self) -> int:
        """Facts that went nowhere since start."""
        return self.untold + self.lost()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._tell_for_ever(), name="facts")

    async def stop(self) -> None:
        """Tell what there is of the last second, and no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            self.tell(float(second_after(self._told, self._clock.wall())))

    def tell(self, at: float) -> None:
        """Ask every reporter of the second that began at `at`."""
        for report in self.reporters:
            try:
                for fact in report(at):
                    self.put(fact)
            except Exception:  # noqa: BLE001 - one part's defect must not silence the others
                self.failed += 1
                if self.failed == 1:  # and not once a second for ever
                    _log.exception("report_failed")

    def put(self, fact: Fact) -> None:
        """See `core.ports.FactSink`."""
        if self.sink is not None:
            self.sink.put(fact)

    def decide(self, decision: Decision) -> None:
        """See `core.decisions.Decide`."""
        if not self._may_tell():
            self.untold += 1
            return
        subject = Subject(channel=decision.channel, stream=decision.stream, session=decision.session)
        self.put(
            DecisionFact(
                at=self._clock.wall(),
                region=self._here.region,
                node=self._here.node,
                kind=decision.kind,
                outcome=decision.outcome,
                reason=decision.reason,
                channel=decision.channel,
                stream=decision.stream,
                session=decision.session,
                arms=self._book.arms(subject),
                evidence=msgspec.json.encode(decision.evidence).decode(),
            )
        )

    def _may_tell(self) -> bool:
        now = self._clock.monotonic()
        earned = (now - self._earned_at) * DECISIONS_PER_S
        self._allowance = min(DECISIONS_BURST, self._allowance + earned) - 1.0
        self._earned_at = now
        if self._allowance >= 0:
            return True
        self._allowance = 0.0
        return False

    async def _tell_for_ever(self) -> None:
        """On whole seconds of the wall clock, so that all nodes' seconds are the same ones."""
        while True:
            now = self._clock.wall()
            self._told = second_after(self._told, now)
            await asyncio.sleep(self._told + SECOND_S - now)
            self.tell(float(self._told))


def second_after(told: int, now: float) -> int:
    """Which second is told next, at its end, after `told`: the one that runs, or the next where a timer came early."""
    running = floor(now)
    return told + 1 if running == told else running
