"""One edge in a process of its own: pulls from an origin over HTTP, serves viewers."""

from tidegate.app.config import Address
from tidegate.core.clock import Clock, SystemClock
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from tidegate.media.edge.upstream import HttpSource

STOP_GRACE_S = 2.0


class RemoteEdge:
    """The edge role alone. It needs nothing but its origin, and keeps nothing that matters."""

    def __init__(self, origin_url: str, address: Address, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        self._source = HttpSource(origin_url)
        self._host = address.host
        self._server = EdgeServer(
            Edge(self._source, clock), ServerConfig(host=address.host, port=address.port), clock=clock
        )

    @property
    def address(self) -> Address:
        return Address(self._host, self._server.port)

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(STOP_GRACE_S)
        self._source.close()
