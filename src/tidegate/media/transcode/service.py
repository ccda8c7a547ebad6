"""The entry: every channel that wants a ladder and has a picture gets one, if it fits.

In: settings, states of streams. Out: one supervised process per ladder; `LadderStatus` for whoever asks. Reconciles once
a second and whenever something changes; everything else is the supervisors' doing.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from random import Random

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.decisions import Decide, Decision, untold
from tidegate.core.ladders import LadderStatus
from tidegate.core.ports import RenditionSource
from tidegate.core.settings import SettingsBook, Subject
from tidegate.core.streams import StreamStatus, TrackStats
from tidegate.media.transcode import settings
from tidegate.media.transcode.calibrations import Calibrations
from tidegate.media.transcode.capacity import NoRoomError, Room, admit, corrected, cost_cores
from tidegate.media.transcode.ladder import rungs_for
from tidegate.media.transcode.supervisor import Plan, Supervisor
from tidegate.media.transcode.types import Calibration, LadderError, Rung, Source

EVERY_S = 1.0
RETRY_S = 60.0
"""How long after a ladder was given up it is tried again."""

CALIBRATION_S = 60.0
ENCODER_HINT = "`tidegate doctor` checks every encoder; x264 works everywhere."

LEARN_EVERY_S = 15.0
"""How often a running ladder's cost corrects the estimates."""

_log = structlog.get_logger()

_Wish = tuple[str, str, str, bool]
"""Rungs, encoder, preset, audio-only, as set."""


class _Ladder:
    """One channel's running ladder."""

    def __init__(self, wish: _Wish, supervisor: Supervisor, task: asyncio.Task[None], now: float) -> None:
        self.wish = wish
        self.supervisor = supervisor
        self.task = task
        self.learned_at = now

    @property
    def cores(self) -> float:
        """What it takes or was admitted with, whichever is more."""
        return max(self.supervisor.plan.cost_cores, self.supervisor.status.cpu_cores)


class _Refusal(msgspec.Struct, frozen=True):
    """Why a channel has none, and until when that stands."""

    status: LadderStatus
    wish: _Wish
    until: float


class LadderService:
    """Implements `LadderDirectory`. `address` is where the CMAF door listens."""

    def __init__(
        self,
        source: RenditionSource,
        book: SettingsBook,
        clock: Clock,
        address: tuple[str, int],
        chance: Random,
        *,
        cores: float = 0.0,
        calibrations: Calibrations | None = None,
        on_refused: Callable[[str, str], None] = lambda _channel, _reason: None,
        decide: Decide = untold,
    ) -> None:
        """`cores`: how many this node has, 0: all that this process may use. `calibrations`: what this machine takes, where it is
        known from before. `on_refused` is told each new reason.
        """
        self._on_refused = on_refused
        self._decide = decide
        self._source = source
        self._book = book
        self._clock = clock
        self._address = address
        self._chance = chance
        self._cores = cores or float(_cores())
        self._running: dict[str, _Ladder] = {}
        self._refusals: dict[str, _Refusal] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._calibrations = calibrations or Calibrations(None)
        self._correction = 1.0
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.started = self.restarts = 0

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="ladders")

    async def stop(self) -> None:
        """End every ladder; what they made stays for viewers."""
        tasks = [ladder.task for ladder in self._running.values()]
        if self._task is not None:
            tasks.append(self._task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()

    def poke(self) -> None:
        """Something changed: look at once."""
        self._woken.set()

    def ladder(self, channel: str) -> LadderStatus:
        """See `core.ports.LadderDirectory`."""
        running = self._running.get(channel)
        if running is not None:
            return running.supervisor.status
        if not self._book.value(settings.ENABLED, Subject(channel=channel)):
            return LadderStatus("off")
        refusal = self._refusals.get(channel)
        return refusal.status if refusal is not None else LadderStatus("waiting")

    def pid(self, channel: str) -> int | None:
        """Of the process that makes the channel's ladder, None where there is none now."""
        running = self._running.get(channel)
        return running.supervisor.pid if running is not None else None

    @property
    def room(self) -> Room:
        """What ladders may take, and what they take."""
        share = self._book.value(settings.CPU_SHARE)
        return Room(self._cores * share, sum(ladder.cores for ladder in self._running.values()))

    def running(self) -> dict[str, LadderStatus]:
        """By channel."""
        return {channel: ladder.supervisor.status for channel, ladder in self._running.items()}

    def refused(self) -> int:
        """Channels that want a ladder and have none."""
        return len(self._refusals)

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._woken.wait()
            self._woken.clear()
            try:
                await self._reconcile()
            except Exception:  # noqa: BLE001 - one channel's trouble must not end all ladders
                _log.exception("ladders_failed")

    async def _reconcile(self) -> None:
        statuses = {status.channel: status for status in self._source.statuses()}
        for channel, ladder in list(self._running.items()):
            if ladder.task.done():
                self._ended(channel, ladder)
            elif ladder.wish != self._wish(channel):
                await self._take_out(channel, ladder)
            else:
                self._learn(ladder)
        for channel in [name for name in self._refusals if name not in statuses]:
            del self._refusals[channel]
        for channel in [name for name in self._names if name not in statuses]:
            del self._names[channel]
        for channel, status in statuses.items():
            await self._consider(channel, status)

    async def _consider(self, channel: str, status: StreamStatus) -> None:
        wish = self._wish(channel)
        if wish is None:
            self._refusals.pop(channel, None)
            if channel not in self._running and self._names.pop(channel, ()):
                self._source.drop_renditions(channel)
            return
        if channel in self._running or status.state != "live":
            return
        refusal = self._refusals.get(channel)
        if refusal is not None and refusal.wish == wish and self._clock.monotonic() < refusal.until:
            return
        try:
            await self._begin(channel, status, wish)
            self._refusals.pop(channel, None)
        except LadderError as error:
            wait_s = 0.0 if isinstance(error, NoRoomError) else RETRY_S
            self._refuse(channel, wish, "refused", error, wait_s)

    async def _begin(self, channel: str, status: StreamStatus, wish: _Wish) -> None:
        video = next((track for track in status.tracks if track.kind == "video"), None)
        if video is None or not video.fps:
            return
        wanted, encoder, preset, audio_only = wish
        source = Source(video.width, video.height, video.fps, video.kbps)
        rungs = rungs_for(source, wanted)
        if not rungs:
            raise LadderError(
                f"The source is {video.width} x {video.height}, and no rung asked for is smaller.",
                hint="Add smaller rungs to ladder.rungs, or publish a larger picture.",
            )
        calibration = await self._calibration(encoder, preset)
        cost = cost_cores(source, rungs, calibration, self._correction)
        admit(cost, self.room, rungs)
        names = tuple(rung.name for rung in rungs)
        if self._names.get(channel, names) != names:
            self._source.drop_renditions(channel)
        self._names[channel] = names
        self._launch(channel, wish, Plan(
            channel, rungs, encoder, preset, audio_only, _rate(video), video.width * video.height, cost
        ))  # fmt: skip

    def _launch(self, channel: str, wish: _Wish, plan: Plan) -> None:
        self._decided(
            channel,
            "admitted",
            f"{', '.join(_named(plan.rungs))} need about {plan.cost_cores:.2f} of a core, and {self.room.free:.2f} are free.",
            cost_cores=round(plan.cost_cores, 3),
        )
        supervisor = Supervisor(plan, self._source, self._address, self._clock, self._chance)
        task = asyncio.get_running_loop().create_task(supervisor.run(), name=f"ladder-{channel}")
        task.add_done_callback(lambda _task: self.poke())
        self._running[channel] = _Ladder(wish, supervisor, task, self._clock.monotonic())
        self.started += 1
        _log.info(
            "ladder_started", channel=channel, rungs=_named(plan.rungs), cost_cores=round(plan.cost_cores, 3)
        )

    def _ended(self, channel: str, ladder: _Ladder) -> None:
        del self._running[channel]
        self.restarts += ladder.supervisor.status.restarts
        error = ladder.task.exception()
        if isinstance(error, LadderError):
            _log.warning("ladder_given_up", channel=channel, code=error.code, reason=error.message)
            self._refuse(channel, ladder.wish, "failed", error, RETRY_S)
            self._names.pop(channel, None)
            self._source.drop_renditions(channel)
        elif error is not None:
            _log.error("ladder_failed", channel=channel, exc_info=error)
            self._refuse(
                channel,
                ladder.wish,
                "failed",
                LadderError("The ladder failed.", hint="See the log."),
                RETRY_S,
            )

    async def _take_out(self, channel: str, ladder: _Ladder) -> None:
        """Its settings have changed: what it made goes with it."""
        ladder.task.cancel()
        await asyncio.gather(ladder.task, return_exceptions=True)
        del self._running[channel]
        self.restarts += ladder.supervisor.status.restarts
        self._names.pop(channel, None)
        self._source.drop_renditions(channel)

    def _refuse(self, channel: str, wish: _Wish, state: str, error: LadderError, wait_s: float) -> None:
        status = msgspec.convert(
            {
                "state": state,
                "reason": error.message,
                "hint": error.hint,
                "encoder": wish[1],
                "preset": wish[2],
            },
            LadderStatus,
        )
        before = self._refusals.get(channel)
        self._refusals[channel] = _Refusal(status, wish, self._clock.monotonic() + wait_s)
        if before is None or before.wish != wish:  # the same refusal comes again with every look
            self._on_refused(channel, error.message)
            outcome = "refused" if state == "refused" else "given up"
            self._decided(channel, outcome, error.message, code=error.code)

    def _decided(self, channel: str, outcome: str, reason: str, **evidence: str | float) -> None:
        room, status = self.room, self._source.status(channel)
        self._decide(Decision(
            kind="ladder-admission", outcome=outcome, reason=reason, channel=channel,
            stream=status.broadcast if status is not None else "",
            evidence={**evidence, "room_cores": round(room.cores, 3), "free_cores": round(room.free, 3)},
        ))  # fmt: skip

    def _learn(self, ladder: _Ladder) -> None:
        now = self._clock.monotonic()
        status = ladder.supervisor.status
        if now - ladder.learned_at < LEARN_EVERY_S or status.state != "running":
            return
        ladder.learned_at = now
        self._correction = corrected(self._correction, ladder.supervisor.plan.cost_cores, status.cpu_cores)

    async def _calibration(self, encoder: str, preset: str) -> Calibration:
        """What this machine takes, measured once for each encoder and preset, in this process or an earlier one.

        Raises:
            LadderError: the encoder does not work here.
        """
        known = self._calibrations.get(encoder, preset)
        if known is None:
            answer = await ask_tool("--calibrate", encoder, preset)
            known = msgspec.json.decode(answer, type=Calibration)
            self._calibrations.put(encoder, preset, known)
            _log.info("encoder_calibrated", encoder=encoder, preset=preset, encode_s=round(known.encode_s, 5))
        return known

    def _wish(self, channel: str) -> _Wish | None:
        """What is set for the channel; None where it wants no ladder."""
        subject = Subject(channel=channel)
        value = self._book.value
        if not value(settings.ENABLED, subject):
            return None
        return (
            value(settings.RUNGS, subject),
            value(settings.ENCODER, subject),
            value(settings.PRESET, subject),
            value(settings.AUDIO_ONLY, subject),
        )


async def ask_tool(*arguments: str) -> bytes:
    """One line that `python -m tidegate.media.transcode` answers with: FFmpeg never runs in this process.

    Raises:
        LadderError: it failed; says what it said.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tidegate.media.transcode", *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(CALIBRATION_S):
            answer, said = await process.communicate()
    except (TimeoutError, asyncio.CancelledError) as error:
        process.kill()
        await process.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
        raise LadderError(
            f"The encoder did not answer within {CALIBRATION_S:.0f} s.", hint=ENCODER_HINT
        ) from None
    if process.returncode:
        words = said.decode("utf-8", "replace").strip().splitlines()
        raise LadderError(words[-1] if words else "The encoder fails.", hint=ENCODER_HINT)
    return answer


async def check_encoders() -> dict[str, str]:
    """For each encoder why it does not work here; empty where it does."""
    names = settings.ENCODER.choices
    answers = await asyncio.gather(*(ask_tool("--check", name) for name in names), return_exceptions=True)
    return {
        name: str(answer) if isinstance(answer, BaseException) else msgspec.json.decode(answer, type=str)
        for name, answer in zip(names, answers, strict=True)
    }


def _rate(video: TrackStats) -> float:
    """The rate that encoders are told: the nearest usual one."""
    usual = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0)
    nearest = min(usual, key=lambda fps: abs(fps - video.fps))
    return nearest if abs(nearest - video.fps) < 0.5 else video.fps


def _named(rungs: Iterable[Rung]) -> list[str]:
    return [f"{rung.name}@{rung.kbps}" for rung in rungs]


def _cores() -> int:
    """Processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
