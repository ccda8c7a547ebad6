"""Keeps one channel's transcoding process running for as long as its session lasts.

In: a plan, and access to the session. Out: `LadderStatus` as it goes. A process that dies, says nothing for a moment,
grows without bound or falls behind is replaced at once, and its renditions go on where they were; one that does not
stay up is given up with what it said. Bounds: the last lines it said; delays between starts double up to two seconds.
"""

import asyncio
import os
import signal
import sys
from collections import deque
from contextlib import suppress
from random import Random

import msgspec
import structlog

from tidegate.core.backoff import Backoff
from tidegate.core.clock import Clock
from tidegate.core.ladders import LadderStatus, RungStatus
from tidegate.core.ports import Renditions, RenditionSource
from tidegate.media.transcode.types import Job, LadderError, Progress, Rung

START_S = 15.0
"""From start to first word: a machine that is busy takes seconds to load FFmpeg."""

SILENCE_S = 3.0
"""A process speaks every quarter of a second; one that is silent for so long, and does not want the processor,
hangs. A laptop under load keeps processes from the disk or the processor for a second now and then."""

STARVED_S = 5.0
"""One that wants the processor and gets none is given so long."""

FIRST_DELAY_S = 0.05
MOST_DELAY_S = 2.0
GIVE_UP_AFTER = 4
"""Starts in a row that made nothing."""

LAG_S = 6.0
"""A ladder so far behind its source is too slow for this machine, or stuck."""

SLOW_AFTER = 2
"""Times a ladder may fall behind before it counts as too much."""

RSS_BASE_BYTES = 400 << 20
RSS_BYTES_PER_PIXEL = 200
"""What a process may hold: FFmpeg and Python, and some dozens of frames of the source and its renditions."""

TAIL_LINES, TAIL_CHARACTERS = 10, 400
LINE_BYTES = 64 * 1024
MEASURED = 12
"""Progress lines over which rates are measured: about three seconds."""

CATCHING_UP_S = 1.0
"""A process that is further behind, or made its first frames no longer ago, has just begun."""

STOP_S = 1.0
"""A process whose lifeline is closed has this long to end before it is killed."""

_log = structlog.get_logger()


class OverloadedError(LadderError):
    """This machine is too slow for the ladder after all."""

    code = "ladder-overloaded"


class Plan(msgspec.Struct, frozen=True):
    """What to make, as admitted."""

    channel: str
    rungs: tuple[Rung, ...]
    encoder: str
    preset: str
    audio_only: bool
    fps: float
    source_pixels: int
    cost_cores: float

    @property
    def rss_bytes_max(self) -> int:
        pixels = self.source_pixels + sum(rung.width * rung.height for rung in self.rungs)
        return RSS_BASE_BYTES + RSS_BYTES_PER_PIXEL * pixels


class Supervisor:
    """One channel's ladder.

    Attributes:
        status: as it is now.
        pid: of the running process.
    """

    def __init__(
        self, plan: Plan, source: RenditionSource, address: tuple[str, int], clock: Clock, chance: Random
    ) -> None:
        self.plan = plan
        self.pid: int | None = None
        self._source = source
        self._address = address
        self._clock = clock
        self._backoff = Backoff(FIRST_DELAY_S, MOST_DELAY_S, chance)
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._told: deque[tuple[float, Progress]] = deque(maxlen=MEASURED)
        self._slow = 0
        self._made = False
        self._made_at = 0.0
        self.status = LadderStatus(
            "starting",
            encoder=plan.encoder,
            preset=plan.preset,
            rungs=tuple(RungStatus(r.name, r.width, r.height, r.kbps, 0.0, 0.0) for r in plan.rungs),
            cost_cores=round(plan.cost_cores, 3),
        )

    async def run(self) -> None:
        """Until the session is over, or this is cancelled.

        Raises:
            LadderError: given up; says what the process said.
        """
        failed = 0
        while True:
            side = self._source.attach(self.plan.channel, lambda: None, audio_only=self.plan.audio_only)
            if side is None:
                return
            try:
                why = await self._run_once(side)
                if side.over:
                    return
            finally:
                side.end()
            failed = 0 if self._made else failed + 1
            if self._made:
                self._backoff.reset()
            _log.warning("transcoder_ended", channel=self.plan.channel, why=why, said=self._last_words())
            if failed >= GIVE_UP_AFTER:
                raise LadderError(
                    f"The transcoder does not stay up: {self._last_words() or why}",
                    hint="`tidegate doctor` checks the encoders.",
                )
            if self._slow >= SLOW_AFTER:
                raise OverloadedError(
                    "This machine is too slow for this ladder at the moment.",
                    hint="Ask for fewer rungs, a faster ladder.preset, or give the machine less to do.",
                )
            self._tell(state="restarting", reason=why, restarts=self.status.restarts + 1)
            await asyncio.sleep(self._backoff.next_s())

    async def _run_once(self, side: Renditions) -> str:
        """One process's life. Returns why it ended."""
        self._tail.clear()
        self._told.clear()
        self._made = False
        process = await self._start(side)
        self.pid = process.pid
        words = asyncio.create_task(self._read_words(process.stderr))
        try:
            return await self._watch(process, side)
        finally:
            self.pid = None
            await _stop(process)
            words.cancel()
            await asyncio.gather(words, return_exceptions=True)

    async def _start(self, side: Renditions) -> asyncio.subprocess.Process:
        plan = self.plan
        rungs = tuple(
            msgspec.structs.replace(rung, resume_dts=side.resume_dts(rung.name)) for rung in plan.rungs
        )
        host, port = self._address
        job = Job(
            host, port, plan.channel, side.token, side.source.name, plan.fps, rungs, plan.encoder, plan.preset
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tidegate.media.transcode",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
            start_new_session=True,
        )
        if process.stdin is not None:
            process.stdin.write(msgspec.json.encode(job) + b"\n")
        return process

    async def _watch(self, process: asyncio.subprocess.Process, side: Renditions) -> str:
        stream = process.stdout
        assert stream is not None  # noqa: S101 - it is a pipe
        patience_s, silent_s = START_S, 0.0
        while True:
            try:
                async with asyncio.timeout(patience_s):
                    line = await stream.readline()
            except TimeoutError:
                silent_s += patience_s
                if silent_s < STARVED_S and _wants_processor(process.pid):
                    continue
                return f"It said nothing for {silent_s:g} s."
            except ValueError:
                return "It said what nobody can read."
            if not line:
                return "It ended." if side.over else "Its process ended."
            patience_s, silent_s = SILENCE_S, 0.0
            try:
                progress = msgspec.json.decode(line, type=Progress)
            except msgspec.DecodeError:
                return "It said what nobody can read."
            self._take(progress)
            if progress.rss_bytes > self.plan.rss_bytes_max:
                return f"It grew to {progress.rss_bytes >> 20} MiB."
            if self._made and self.status.lag_s > LAG_S:
                self._slow += 1
                return f"It fell {self.status.lag_s:.1f} s behind."

    def _take(self, progress: Progress) -> None:
        now = self._clock.monotonic()
        lag_s = self._source.lag_s(self.plan.channel)
        rungs = {rung.name: rung for rung in progress.rungs}
        if not self._made:
            self._made_at = now
            self._made = bool(rungs) and all(rung.frames for rung in progress.rungs)
        if (
            now - self._made_at < CATCHING_UP_S or lag_s > CATCHING_UP_S
        ):  # what it does to catch up is no rate
            self._told.clear()
        self._told.append((now, progress))
        then, before = self._told[0]
        seconds = now - then
        if seconds <= 0:
            self._tell(
                state="running" if self._made else self.status.state,
                lag_s=round(lag_s, 2),
                rss_bytes=progress.rss_bytes,
            )
            return
        earlier = {rung.name: rung for rung in before.rungs}
        measured = []
        for rung in self.plan.rungs:
            one, other = rungs.get(rung.name), earlier.get(rung.name)
            frames = one.frames - (other.frames if other else 0) if one else 0
            size = one.bytes - (other.bytes if other else 0) if one else 0
            measured.append(
                RungStatus(
                    rung.name, rung.width, rung.height, rung.kbps,
                    round(size * 8 / seconds / 1000, 1), round(frames / seconds, 2),
                )
            )  # fmt: skip
        self._tell(
            state="running" if self._made else self.status.state,
            reason="" if self._made else self.status.reason,
            rungs=tuple(measured),
            cpu_cores=round((progress.cpu_s - before.cpu_s) / seconds, 3),
            rss_bytes=progress.rss_bytes,
            lag_s=round(lag_s, 2),
        )

    async def _read_words(self, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None  # noqa: S101 - it is a pipe
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the limit
                continue
            if not line:
                return
            self._tail.append(line.decode("utf-8", "replace").strip()[:TAIL_CHARACTERS])

    def _last_words(self) -> str:
        return self._tail[-1] if self._tail else ""

    def _tell(self, **changes: object) -> None:
        self.status = msgspec.structs.replace(self.status, **changes)


def _wants_processor(pid: int) -> bool:
    """Whether the process runs, or would if it were let: on a machine with too much to do it is silent, but well."""
    import psutil  # noqa: PLC0415  asked seldom; loading it would delay each start of a server

    try:
        return psutil.Process(pid).status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
    except psutil.Error:
        return False


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the process, whatever state it is in, and wait for it: closing its lifeline is asking nicely."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        try:
            async with asyncio.timeout(STOP_S if process.stdout and process.stdout.at_eof() else 0.2):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
