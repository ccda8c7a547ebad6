"""One life of the engine process, as the platform sees it: begun, spoken to, over.

In: `wire.Request`s. Out: their answers, or that there will be none. The process inherits one end of a socket pair, so that nothing
else on this machine can speak to it, and ends when the other end closes, so that it never outlives the platform.
"""

import asyncio
import contextlib
import socket
import sys
from collections import deque
from pathlib import Path
from typing import Final

from tidegate.core.errors import TidegateError
from tidegate.telemetry import wire
from tidegate.telemetry.contract import TelemetryAwayError

OPEN_DEADLINE_S: Final = 120.0
"""How long the process may take to open its folder: after a crash thousands of parts are looked at."""

REQUESTS_MAX: Final = 256
"""Requests that may wait for their answer; further ones are refused."""

STOP_GRACE_S: Final = 3.0
TAIL_LINES: Final = 10
TAIL_CHARS: Final = 300


class EngineSaidError(TidegateError):
    """The engine refused; the message is its own."""

    code = "engine-said"


class Link:
    """Made by `open`."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.pid = process.pid
        self._process = process
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._opened = self._wait_for(0)
        self._listening = asyncio.create_task(self._listen(), name="telemetry-answers")
        self._words = asyncio.create_task(self._read_words(), name="telemetry-words")

    @classmethod
    async def open(cls, folder: Path, memory_bytes: int) -> "Link":
        """Start a process on `folder`, and wait until it is open.

        Raises:
            TelemetryAwayError: it could not be opened, with the process's last words.
            OSError: no process could be started.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tidegate.telemetry", str(folder), str(theirs.fileno()), str(memory_bytes),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
                pass_fds=(theirs.fileno(),), start_new_session=True,
            )  # fmt: skip
        link = cls(process, *await asyncio.open_unix_connection(sock=ours))
        try:
            async with asyncio.timeout(OPEN_DEADLINE_S):
                await link._opened
        except TimeoutError:
            await link.close()
            raise TelemetryAwayError(f"The engine did not open within {OPEN_DEADLINE_S:g} s.") from None
        except BaseException:
            await link.close()
            raise
        return link

    async def request(self, request: wire.Request) -> bytes:
        """Send, and wait for the answer's body.

        Raises:
            EngineSaidError: the engine refused.
            TelemetryAwayError: it ended before it answered, or too many wait.
        """
        if self._listening.done():
            raise TelemetryAwayError("The engine's process has ended; it is started again.")
        if len(self._waiting) >= REQUESTS_MAX:
            raise TelemetryAwayError(f"{REQUESTS_MAX} requests wait for the engine already.")
        answer = self._wait_for(request.id)
        try:
            self._writer.write(wire.frame(request))
            with contextlib.suppress(ConnectionError):  # then the answer says so
                await self._writer.drain()
            return await answer
        finally:
            self._waiting.pop(request.id, None)

    async def ended(self) -> str:
        """Wait until it is over; returns the process's last words."""
        await asyncio.wait({self._listening})
        await asyncio.wait({self._words}, timeout=STOP_GRACE_S)
        return self._last_words()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        """End the process. What it acknowledged is kept."""
        self._writer.close()
        try:
            async with asyncio.timeout(STOP_GRACE_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        for task in (self._listening, self._words):
            task.cancel()
        await asyncio.gather(self._listening, self._words, return_exceptions=True)

    def _wait_for(self, number: int) -> asyncio.Future[bytes]:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        return answer

    async def _listen(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(wire.LENGTH_BYTES)
                answer = wire.answers.decode(await self._reader.readexactly(wire.length(head)))
                waiting = self._waiting.get(answer.id)
                if waiting is None or waiting.done():
                    continue  # who asked has given up
                if isinstance(answer, wire.Done):
                    waiting.set_result(answer.body)
                else:
                    waiting.set_exception(EngineSaidError(answer.message))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            await asyncio.wait({self._words}, timeout=STOP_GRACE_S)
            away = TelemetryAwayError(
                self._last_words() or "The engine's process ended; it is started again."
            )
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(away)

    async def _read_words(self) -> None:
        stream = self._process.stderr
        assert stream is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(ValueError):  # a line beyond all bounds
            while line := await stream.readline():
                self._tail.append(line.decode(errors="replace").strip())

    def _last_words(self) -> str:
        return " ".join(self._tail)[-TAIL_CHARS:]
