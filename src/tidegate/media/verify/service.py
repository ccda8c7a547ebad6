"""The entry: a witness of what a player receives, and at the end the report on every frame of it."""

import asyncio
import struct
import sys
from types import TracebackType
from typing import Self

import msgspec

from tidegate.media.player.types import Place
from tidegate.media.verify.types import FrameReport, Header, Media, VerifyError

BACKLOG_MAX_BYTES = 64 << 20
"""Media on its way to the decoding process; beyond it a piece is left out, and the report says so."""

FINISH_S = 60.0
"""How long what is still to be decoded may take when the player is done."""


class Verifier:
    """A `player.types.Witness`, as a context manager: the decoding process lives as long as the context."""

    def __init__(self) -> None:
        self._left_out = False

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tidegate.media.verify",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    def header(self, data: bytes) -> None:
        self._send(Header(data))

    def media(self, data: bytes, place: Place) -> None:
        transport = self._stdin.transport
        if transport.get_write_buffer_size() > BACKLOG_MAX_BYTES:
            self._left_out = True
            return
        if self._left_out:
            place = msgspec.structs.replace(place, why="left-out")
            self._left_out = False
        self._send(Media(data, place))

    async def report(self) -> FrameReport:
        """Wait until all is decoded.

        Raises:
            VerifyError: the process failed, or is not done in time.
        """
        self._stdin.close()
        try:
            said, complained = await asyncio.wait_for(self._process.communicate(), FINISH_S)
        except TimeoutError:
            raise VerifyError(
                f"Decoding was not done {FINISH_S:g} s after playing.",
                hint="Verify for fewer seconds, or a smaller rendition.",
            ) from None
        if self._process.returncode:
            last = complained.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise VerifyError(f"Decoding failed: {last or 'the process was killed'}.")
        return msgspec.json.decode(said, type=FrameReport)

    def _send(self, message: Header | Media) -> None:
        body = msgspec.msgpack.encode(message)
        self._stdin.write(struct.pack(">I", len(body)) + body)

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - it is a pipe
        return stdin
