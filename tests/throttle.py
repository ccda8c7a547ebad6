"""A thin network between a client and a server: a TCP relay whose rate can be changed while it runs."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

PIECE_BYTES = 1024


class Throttle:
    """Relays to `port`; what comes back from the server is slowed to `bps` over all connections, 0: not at all."""

    def __init__(self, port: int) -> None:
        self.bps = 0.0
        self.port = 0
        self._upstream = port
        self._free_at = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
            with contextlib.closing(up_writer):
                back = asyncio.ensure_future(self._relay(up_reader, writer, slow=True))
                try:
                    await self._relay(reader, up_writer, slow=False)
                finally:
                    back.cancel()
                    await asyncio.gather(back, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(PIECE_BYTES if slow and self.bps else 65_536):
                if slow and self.bps:
                    now = time.monotonic()
                    self._free_at = max(self._free_at, now) + len(data) * 8 / self.bps
                    await asyncio.sleep(self._free_at - now)
                writer.write(data)
                await writer.drain()


@contextlib.asynccontextmanager
async def throttled(port: int) -> AsyncIterator[Throttle]:
    """A relay to `port` of this machine, for as long as the context lasts."""
    throttle = Throttle(port)
    handlers: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(throttle.serve(reader, writer))
        handlers.add(task)
        task.add_done_callback(handlers.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    throttle.port = server.sockets[0].getsockname()[1]
    try:
        yield throttle
    finally:
        server.close()
        for task in list(handlers):
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
