"""Leads a crowd in a process of its own, and starts it anew where it ends.

Flows in: a plan, throttles. Flows out: its latest `CrowdState`. Bounds: the last words it said; delays between starts double up to
half a minute.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from math import inf
from random import Random

import msgspec
import structlog

from tidegate.core.backoff import Backoff
from tidegate.media.crowd.plan import CrowdPlan
from tidegate.media.crowd.types import CrowdState, Order

FIRST_DELAY_S, MOST_DELAY_S = 1.0, 30.0
STOP_S = 3.0
"""A process whose orders have ended has this long to end before it is killed."""

LINE_BYTES = 256 * 1024
WORDS_BYTES = 2000

_log = structlog.get_logger()


class CrowdProcess:
    """One crowd.

    Attributes:
        state: what it said last; None while it is not there.
        pid: of the running process.
    """

    def __init__(self, plan: CrowdPlan, chance: Random) -> None:
        self.state: CrowdState | None = None
        self.pid: int | None = None
        self._plan = plan
        self._backoff = Backoff(FIRST_DELAY_S, MOST_DELAY_S, chance)
        self._caps: dict[str, float] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="crowd-process")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def throttle(self, region: str, cap_bps: float) -> None:
        """Let each viewer of the region receive no more than that, `inf`: what their networks carry."""
        self._caps[region] = cap_bps
        self._tell(region, cap_bps)

    def cap_bps(self, region: str) -> float:
        """What was told last."""
        return self._caps.get(region, inf)

    async def _run(self) -> None:
        while True:
            said = await self._run_once()
            _log.warning("crowd_ended", said=said)
            await asyncio.sleep(self._backoff.next_s())

    async def _run_once(self) -> str:
        """One process's life. Returns its last words."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tidegate.media.crowd",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES, start_new_session=True,
        )  # fmt: skip
        self._process, self.pid = process, process.pid
        words = asyncio.create_task(_last_words(process.stderr))
        try:
            self._write(msgspec.json.encode(self._plan))
            for region, cap_bps in self._caps.items():
                self._tell(region, cap_bps)
            await self._listen(process.stdout)
            await asyncio.wait({words}, timeout=STOP_S)
            return words.result() if words.done() else ""
        finally:
            self._process = self.pid = self.state = None
            words.cancel()
            await _stop(process)
            await asyncio.gather(words, return_exceptions=True)

    async def _listen(self, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None  # noqa: S101 - it is a pipe
        with suppress(ValueError, msgspec.DecodeError):  # what says what nobody can read is replaced
            while line := await stream.readline():
                self.state = msgspec.json.decode(line, type=CrowdState)
                self._backoff.reset()

    def _tell(self, region: str, cap_bps: float) -> None:
        self._write(msgspec.json.encode(Order(region, 0.0 if cap_bps == inf else cap_bps)))

    def _write(self, line: bytes) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(line + b"\n")


async def _last_words(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None  # noqa: S101 - it is a pipe
    kept = b""
    while piece := await stream.read(WORDS_BYTES):
        kept = (kept + piece)[-WORDS_BYTES:]
    lines = kept.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
