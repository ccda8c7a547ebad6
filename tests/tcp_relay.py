"""A TCP path that can be cut and mended: what a network between two hosts does at times."""

import asyncio
import contextlib


class TcpRelay:
    """Listens on a port of its own, which stays the same over cuts."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.port = 0
        self._server = server
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._listener = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Nobody is listened to, and who was connected is cut."""
        if self._listener is None:
            return
        self._listener.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._listener.wait_closed()
        self._listener = None

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection(*self._server)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(_copy(reader, back), _copy(onward, writer))
        finally:
            for each in (writer, back):
                each.transport.abort()
                self._writers.discard(each)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.transport.abort()
