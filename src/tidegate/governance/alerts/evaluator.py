"""Looks at every rule, over and over, in one process of the whole installation.

In: rules and open alerts from the store, numbers from the indicators. Out, in one transaction a round: alerts as they are now and the
events that tell of them; then decisions for telemetry. It keeps nothing in memory that a restart would need. A rule that cannot be
asked leaves its alerts as they are, and after two minutes is an alert itself (`alerts-blind`).
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.core.nodes import Check
from tidegate.core.ports import FactSink
from tidegate.core.settings import SettingsBook
from tidegate.governance.alerts import flapping, rows
from tidegate.governance.alerts.asking import Asker
from tidegate.governance.alerts.conditions import Reading
from tidegate.governance.alerts.events import TOPIC, announced, decision
from tidegate.governance.alerts.grouping import Look
from tidegate.governance.alerts.rulebook import RuleBook
from tidegate.governance.alerts.settings import EVERY_S, LAG_S
from tidegate.governance.alerts.settling import Change, Settled, settle
from tidegate.governance.alerts.together import IndicatorSource
from tidegate.governance.alerts.types import Alert, AlertRule, Slice
from tidegate.governance.alerts.wording import OWN
from tidegate.store import Store, Transaction, VersionConflictError
from tidegate.store.leases import Lease

LEASE: Final = "alerts"
LEASE_S = 30.0
"""How long another node waits, at least, before it takes over from one that has died."""
ROUND_S_MAX: Final = 20.0
"""How long a round may ask: less than the lease, so that no other node takes over meanwhile."""
TRIES = 3
"""Times a round is settled anew when somebody wrote an alert meanwhile; then it waits for the next."""
BLIND_S = 60.0
"""How long rules could not be looked at before the health report says so: telemetry starts after everything else."""
KEPT_S = 30 * 86_400.0
KEPT_MAX = 5_000
"""Alerts that are over: for 30 days, and no more than so many."""
PRUNE_EVERY_S = 3600.0

_log = structlog.get_logger()


class Place(msgspec.Struct, frozen=True):
    """Where this is: stamped on decisions; `base_url` makes links in events whole."""

    region: str
    node: str
    base_url: str


class Rounds(msgspec.Struct):
    """What was done since start, and when last; `problems` by rule, and alerts not over, of the last round.

    `slow`: rounds that took longer than they are apart.
    """

    done: int = 0
    slow: int = 0
    failed: int = 0
    told: int = 0
    at: float = 0.0
    seconds: float = 0.0
    holds: bool = False
    problems: dict[str, str] = {}
    open: tuple[Alert, ...] = ()


class Evaluator:
    """Attributes:
    rounds: what was done.
    """

    def __init__(
        self,
        store: Store,
        rulebook: RuleBook,
        source: IndicatorSource,
        book: SettingsBook,
        clock: Clock,
        sink: FactSink,
        place: Place,
    ) -> None:
        self._store = store
        self._rulebook = rulebook
        self.asker = Asker(source)
        self._book = book
        self._clock = clock
        self._sink = sink
        self._place = place
        self.lease = Lease(store, LEASE, f"{place.region}/{place.node}")
        self.rounds = Rounds()
        self._seen: dict[str, float] = {}
        self._pruned = -PRUNE_EVERY_S
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._evaluate_for_ever(), name="alert-evaluator")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self.rounds.holds:
            with contextlib.suppress(TidegateError):
                await self.lease.release()

    def check(self) -> Check:
        """Whether rules are looked at, as one line of the health report."""
        now, problems = self._clock.monotonic(), self.rounds.problems
        lasting = any(now - self._seen.get(name, now) >= BLIND_S for name in problems)
        if not self.rounds.holds or not lasting:
            return Check("alerts", "ok", "Alert rules are looked at.")
        rule, problem = next(iter(problems.items()))
        return Check(
            "alerts",
            "degraded",
            f"{len(problems)} alert rules cannot be looked at, such as {rule}: {problem}",
            "tidegate alert rules shows them; without telemetry none can be.",
        )

    async def round(self) -> None:
        """Look at every rule once, if this process is the one that does.

        Raises:
            StoreUnavailableError: nothing was changed.
        """
        every_s = self._book.value(EVERY_S)
        self.rounds.holds = await self.lease.hold(max(LEASE_S, 3.0 * every_s))
        if not self.rounds.holds:
            self._seen.clear()
            return
        began = self._clock.monotonic()
        rules = {name: rule for name, rule in (await self._rulebook.rules()).items() if rule.enabled}
        looks = await self._look(rules)
        for attempt in range(TRIES):
            try:
                settled = await self._settle(looks, rules, every_s)
                break
            except VersionConflictError:
                if attempt == TRIES - 1:
                    raise
        self._decided(settled)
        self.rounds.done += 1
        self.rounds.at = self._clock.wall()
        self.rounds.seconds = self._clock.monotonic() - began
        await self._prune()

    async def _look(self, rules: Mapping[str, AlertRule]) -> list[Look]:
        asked = [rule for rule in rules.values() if rule.indicator not in OWN]
        self.asker.begin_round(asked, self._clock.wall(), self._book.value(LAG_S))
        began = self._clock.monotonic()
        problems: dict[str, str] = {}
        looks = []
        longest_unseen_first = sorted(rules.items(), key=lambda each: self._seen.get(each[0], 0.0))
        for name, rule in longest_unseen_first:
            self._seen.setdefault(name, began)
            if rule.indicator in OWN:
                continue
            if self._clock.monotonic() - began > ROUND_S_MAX:
                problems[name] = "Telemetry answers too slowly: the round was over before its turn."
                continue
            try:
                looks.append(await self.asker.look(rule))
                self._seen[name] = self._clock.monotonic()
            except TidegateError as error:
                problems[name] = error.message
        if problems.keys() != self.rounds.problems.keys():
            _log.warning(
                "alert_rules_blind", rules=sorted(problems), reason=next(iter(problems.values()), "")
            )
        self.rounds.problems = problems
        self._seen = {name: at for name, at in self._seen.items() if name in rules}
        looks += [self._own(rule, rules) for rule in rules.values() if rule.indicator in OWN]
        return looks

    def _own(self, rule: AlertRule, rules: Mapping[str, AlertRule]) -> Look:
        """For how long each rule could not be looked at: what no indicator can know."""
        now = self._clock.monotonic()
        blind = {
            name: now - self._seen[name] if name in self.rounds.problems else 0.0
            for name, each in rules.items()
            if each.indicator not in OWN
        }
        if not rule.by:
            return Look(rule, "s", {(): Reading(max(blind.values(), default=0.0))}, self._clock.wall())
        wanted = rule.where.get("rule")
        readings: dict[Slice, Reading] = {
            (("rule", name),): Reading(seconds)
            for name, seconds in blind.items()
            if wanted is None or name in wanted
        }
        return Look(rule, "s", readings, self._clock.wall())

    async def _settle(self, looks: Sequence[Look], rules: Mapping[str, AlertRule], every_s: float) -> Settled:
        now = self._clock.wall()
        stored = {
            each.alert.id: each
            for each in map(rows.to_alert, await self._store.read(rows.open_alerts(now - flapping.WITHIN_S)))
        }
        silences = [rows.to_silence(row) for row in await self._store.read(rows.silences(now))]
        settled = settle(looks, rules, [each.alert for each in stored.values()], silences, now, every_s)

        def work(transaction: Transaction) -> None:
            for change in settled.changes:
                rows.put_alert(transaction, change.alert, stored.get(change.alert.id))
                if change.event:
                    transaction.emit(TOPIC, announced(change, self._place.base_url))
            for alert_id in settled.dropped:
                rows.drop_alert(transaction, alert_id)

        if settled.changes or settled.dropped:
            await self._store.write(work)
        self.rounds.open = tuple(alert for alert in settled.now if alert.state != "resolved")
        return settled

    def _decided(self, settled: Settled) -> None:
        for change in settled.changes:
            self.rounds.told += bool(change.event)
            if change.happened:
                self._sink.put(decision(change, self._place.region, self._place.node))
                _log_change(change)

    async def _prune(self) -> None:
        if self._clock.monotonic() - self._pruned < PRUNE_EVERY_S:
            return
        before = self._clock.wall() - KEPT_S
        await self._store.write(lambda transaction: rows.prune_alerts(transaction, before, KEPT_MAX))
        self._pruned = self._clock.monotonic()

    async def _evaluate_for_ever(self) -> None:
        took_s = 0.0
        while True:
            every_s = self._book.value(EVERY_S)
            await asyncio.sleep(pause_s(took_s, every_s))
            began = self._clock.monotonic()
            try:
                await self.round()
            except TidegateError as error:
                self.rounds.failed += 1
                _log.warning("alert_round_failed", reason=error.message)
            except Exception:  # noqa: BLE001  a fault in one round must not be the last thing anybody hears
                self.rounds.failed += 1
                _log.exception("alert_round_crashed")
            took_s = self._clock.monotonic() - began
            if took_s > every_s:
                self.rounds.slow += 1
                _log.warning("alert_round_slow", seconds=round(took_s, 1), every_s=every_s)


def pause_s(took_s: float, every_s: float) -> float:
    """How long to wait after a round: rounds begin evenly; after one that was too long for that the engine has a whole pause."""
    return every_s - took_s if took_s < every_s / 2 else every_s


def _log_change(change: Change) -> None:
    alert = change.alert
    say = _log.warning if change.happened == "firing" and alert.severity != "info" else _log.info
    say(
        f"alert_{change.happened}",
        alert=alert.id,
        rule=alert.rule,
        sentence=alert.sentence,
        **_channel(alert.slice),
    )


def _channel(slice_: Mapping[str, str]) -> dict[str, str]:
    return {"channel": slice_["channel"]} if slice_.get("channel") else {}
