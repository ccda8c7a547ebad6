"""A UDP path that loses datagrams by a seeded coin: what a bad network does to an encoder."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any


class _Outward(asyncio.DatagramProtocol):
    """One sender's way to the server and back."""

    def __init__(self, relay: "LossyRelay", sender: Any) -> None:
        self._relay, self._sender = relay, sender

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, _address: Any) -> None:
        self._relay.back(data, self._sender)


class LossyRelay(asyncio.DatagramProtocol):
    """Loses a share of what goes either way once `share` is set."""

    def __init__(self, server: tuple[str, int], seed: int) -> None:
        self.share = 0.0
        self.lost = 0
        self.port = 0
        self._server = server
        self._rng = random.Random(seed)
        self._ways: dict[Any, _Outward] = {}
        self._waiting: dict[Any, list[bytes]] = {}
        self._opening: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, sender: Any) -> None:
        if self._lose():
            return
        way = self._ways.get(sender)
        if way is not None:
            way.transport.sendto(data)
            return
        self._waiting.setdefault(sender, []).append(data)
        if len(self._waiting[sender]) == 1:
            task = asyncio.create_task(self._open(sender))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, sender: Any) -> None:
        loop = asyncio.get_running_loop()
        _, way = await loop.create_datagram_endpoint(lambda: _Outward(self, sender), remote_addr=self._server)
        self._ways[sender] = way
        for data in self._waiting.pop(sender):
            way.transport.sendto(data)

    def back(self, data: bytes, sender: Any) -> None:
        if not self._lose():
            self.transport.sendto(data, sender)

    def _lose(self) -> bool:
        lose = self._rng.random() < self.share
        self.lost += lose
        return lose

    def close(self) -> None:
        self.transport.close()
        for way in self._ways.values():
            way.transport.close()


@contextlib.asynccontextmanager
async def lossy_relay(port: int, seed: int) -> AsyncIterator[LossyRelay]:
    _, relay = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: LossyRelay(("127.0.0.1", port), seed), local_addr=("127.0.0.1", 0)
    )
    try:
        yield relay
    finally:
        relay.close()
        await asyncio.sleep(0)
