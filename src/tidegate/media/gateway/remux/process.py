"""One ffmpeg whose FLV is read from a pipe: started, read without waiting, and ended with all it holds.

Flows in: a command line. Flows out: bytes of its standard output, by `read`; its last complaints; its exit.
"""

import asyncio
import contextlib
import fcntl
import os
from collections import deque
from collections.abc import Callable, Sequence

from tidegate.core.errors import UnavailableError

TAIL_LINES = 60
"""Enough for what it says of input and output, and complaints."""
TAIL_CHARACTERS = 400
PIPE_BYTES = 256 * 1024
"""Room in the pipe between two reads: half a second at 4 Mbps. The system's default of 64 KiB serves where a user's
allowance of pipes is used up."""

_READ_BYTES = 64 * 1024
_READS_A_TURN = 16
_LINE_LIMIT_BYTES = 64 * 1024
_STOP_S = 2.0
_LAST_WORDS_S = 1.0


class RemuxProcess:
    """A child process. Call `start`, then `read` now and then, until `on_exit` tells that it has ended."""

    def __init__(self, argv: Sequence[str], secrets: Sequence[str], on_exit: Callable[[], None]) -> None:
        """`secrets` are struck out of what it says."""
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        """The last lines it said, each cut to a length."""
        self._argv = tuple(argv)
        self._secrets = tuple(secret for secret in secrets if secret)
        self._on_exit = on_exit
        self._process: asyncio.subprocess.Process | None = None
        self._output = -1
        self._watching: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def code(self) -> int | None:
        """What it ended with, None while it runs."""
        return self._process.returncode if self._process else None

    @property
    def running(self) -> bool:
        return self._watching is not None and not self._watching.done()

    async def start(self) -> None:
        """Start it.

        Raises:
            UnavailableError: the program cannot be run.
        """
        self._output, write_end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._output, False)  # this end alone: the child expects writing to wait
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._output, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_LIMIT_BYTES,
                start_new_session=True,  # so that Ctrl-C at a terminal is ours to act on
            )
        except OSError as error:
            self._close_output()
            raise UnavailableError(
                f"{self._argv[0]} cannot be started: {error.strerror}.",
                hint="`tidegate doctor` says what is missing.",
            ) from error
        finally:
            os.close(write_end)
        self._watching = asyncio.create_task(self._watch(self._process), name="remux-watch")

    def read(self) -> bytes:
        """What it has written since, up to a megabyte; empty where there is nothing now. Never waits."""
        pieces: list[bytes] = []
        while self._output >= 0 and len(pieces) < _READS_A_TURN:
            try:
                data = os.read(self._output, _READ_BYTES)
            except BlockingIOError:
                break
            if not data:
                self._close_output()
                break
            pieces.append(data)
            if len(data) < _READ_BYTES:
                break
        return b"".join(pieces)

    def kill(self) -> None:
        """End it at once; what it has not handed on is lost."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def stop(self) -> None:
        """End it, by force if need be, and wait for it. Safe at any time."""
        process, watching = self._process, self._watching
        if process is not None and watching is not None and not watching.done():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await asyncio.wait([watching], timeout=_STOP_S)
            self.kill()
            await asyncio.wait([watching])
        self._close_output()

    def _close_output(self) -> None:
        if self._output >= 0:
            os.close(self._output)
            self._output = -1

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        listening = asyncio.create_task(self._listen(process.stderr), name="remux-words")
        try:
            await process.wait()
            await asyncio.wait([listening], timeout=_LAST_WORDS_S)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        self._on_exit()

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the limit
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").strip()
            for secret in self._secrets:
                text = text.replace(secret, "…")
            if text:
                self.tail.append(text[:TAIL_CHARACTERS])
