"""Keeps one publishing process running: starts it, reads what it says, starts it anew when it ends, stops it cleanly.

Flows in: how to launch it. Flows out: `PublishStatus` whenever something changes. Bounds: the last lines it said, cut
to a length; delays between starts double up to ten seconds.
"""

import asyncio
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from random import Random

import msgspec
import structlog

from tidegate.core.backoff import Backoff
from tidegate.core.clock import Clock
from tidegate.media.publish.ffmpeg import progressed
from tidegate.media.publish.types import Launch, PublishError, PublishStatus

TAIL_LINES = 20
TAIL_CHARACTERS = 400
LINE_LIMIT_BYTES = 64 * 1024
"""Longest line read from a process; a longer one is passed over."""

FIRST_DELAY_S = 0.5
MOST_DELAY_S = 10.0

STEADY_S = 10.0
"""A process that ran so long was well: the next delay is the first again."""

LAST_WORDS_S = 1.0
"""How long to read on what a process had said when it ended; its own children may still hold the pipes."""

STOP_S = 3.0
"""A process asked to end has this long before it is killed."""

SERVER_SAYS = "Server error:"
"""What ffmpeg writes before an RTMP server's own sentence."""

_log = structlog.get_logger()


class Supervisor:
    """One publisher. `launch` is asked before every start, with the status so far."""

    def __init__(
        self,
        name: str,
        launch: Callable[[PublishStatus], Launch],
        clock: Clock,
        chance: Random,
        on_status: Callable[[PublishStatus], None],
    ) -> None:
        self._name = name
        self._launch = launch
        self._clock = clock
        self._backoff = Backoff(FIRST_DELAY_S, MOST_DELAY_S, chance)
        self._on_status = on_status
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.status = PublishStatus()
        self.pid: int | None = None

    async def run(self, *, attempts: int = 0) -> None:
        """Publish until the process ends by itself with success, or this is cancelled.

        Args:
            attempts: give up after so many starts in a row that sent nothing; 0: never.

        Raises:
            PublishError: given up; says what ffmpeg said.
        """
        failed = 0
        while True:
            began_s = self._clock.monotonic()
            code = await self._run_once()
            if code == 0:
                self._tell(msgspec.structs.replace(self.status, state="ended"))
                return
            failed = 0 if self.status.position_s else failed + 1
            if self._clock.monotonic() - began_s >= STEADY_S:
                self._backoff.reset()
            said = self._last_words(code)
            if attempts and failed >= attempts:
                raise PublishError(
                    f"Publishing failed: {said}", hint="Check the address, the stream key and the server."
                )
            _log.warning("publisher-ended", publisher=self._name, code=code, said=said)
            self._tell(
                msgspec.structs.replace(
                    self.status, state="waiting", restarts=self.status.restarts + 1, last_error=said
                )
            )
            await asyncio.sleep(self._backoff.next_s())

    async def _run_once(self) -> int:
        launch = self._launch(self.status)
        self._tail.clear()
        self._tell(PublishStatus(restarts=self.status.restarts, last_error=self.status.last_error))
        process = await _start(launch)
        self.pid = process.pid
        reading = [
            asyncio.create_task(self._read_progress(process.stdout)),
            asyncio.create_task(self._read_words(process.stderr, launch.secrets)),
        ]
        try:
            code = await process.wait()
            await asyncio.wait(reading, timeout=LAST_WORDS_S)
            return code
        finally:
            self.pid = None
            await _stop(process)
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)

    async def _read_progress(self, stream: asyncio.StreamReader | None) -> None:
        async for line in _lines(stream):
            changed = progressed(self.status, line)
            if line.startswith("progress="):
                self._tell(changed)
            else:
                self.status = changed

    async def _read_words(self, stream: asyncio.StreamReader | None, secrets: tuple[str, ...]) -> None:
        async for line in _lines(stream):
            for secret in secrets:
                line = line.replace(secret, "…")  # noqa: PLW2901 - the secret must not outlive this line
            if line:
                self._tail.append(line[:TAIL_CHARACTERS])

    def _last_words(self, code: int) -> str:
        """The line that names the cause: what the server answered if it did, else the first complaint."""
        answered = [line for line in self._tail if SERVER_SAYS in line]
        if answered:
            return answered[-1].partition(SERVER_SAYS)[2].strip()
        return self._tail[0] if self._tail else f"the process ended with code {code} and said nothing."

    def _tell(self, status: PublishStatus) -> None:
        self.status = status
        self._on_status(status)


async def _start(launch: Launch) -> asyncio.subprocess.Process:
    try:
        process = await asyncio.create_subprocess_exec(
            *launch.argv,
            stdin=asyncio.subprocess.DEVNULL if launch.stdin is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_LIMIT_BYTES,
            start_new_session=True,
        )
    except OSError as error:
        raise PublishError(f"Cannot start {launch.argv[0]}: {error.strerror}.") from error
    if process.stdin is not None and launch.stdin is not None:
        process.stdin.write(launch.stdin)
    return process


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the process with all it started, whatever state they are in, and wait for it."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # a session of its own: whatever outlived its leader


async def _lines(stream: asyncio.StreamReader | None) -> AsyncIterator[str]:
    """Lines of a process's output without their ends."""
    assert stream is not None  # noqa: S101 - both outputs are pipes
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # longer than the limit
            continue
        if not line:
            return
        yield line.decode("utf-8", "replace").strip()
