"""Viewers' side: the edge behind the HTTP port, which lets CMAF publishers through too, and pages and API once they are there."""

from tidegate.app.beacons import open_beacons
from tidegate.app.broadcasting import Broadcasting
from tidegate.app.doors import Doors
from tidegate.app.front import Front
from tidegate.app.ground import STOP_GRACE_S, Ground
from tidegate.app.records import Records
from tidegate.media.access.gate import Gate
from tidegate.media.access.metrics import AccessCollector
from tidegate.media.access.peers import FILE_NAME as EDGE_TOKEN_FILE
from tidegate.media.access.peers import open_peer_token
from tidegate.media.edge import settings as edge_settings
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.metrics import EdgeCollector
from tidegate.media.edge.report import DeliveryReporter
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from tidegate.media.encryption.metrics import EncryptionCollector
from tidegate.media.encryption.service import EncryptedSource
from tidegate.media.gateway.rtmp import settings as rtmp_settings


class Viewing:
    """Attributes:
    beacons: takes players' reports.
    front: where pages and API move in.
    peers: knows further edges.
    """

    def __init__(self, ground: Ground, records: Records, broadcasting: Broadcasting, doors: Doors) -> None:
        self._ground = ground
        self._doors = doors
        self.gate = Gate(ground.book, records.tokens.ring, ground.clock, ground.here)
        self._encrypted = EncryptedSource(broadcasting.media, ground.book, records.secret)
        self.beacons = open_beacons(ground, records.secret, records.channels, broadcasting.origin)
        self.edge = Edge(self._encrypted, ground.clock, gate=self.gate, beacons=self.beacons)
        self.front = Front(doors.cmaf)
        self.peers = open_peer_token(ground.data / EDGE_TOKEN_FILE)
        self._server: EdgeServer | None = None
        ground.facts.reporters.append(
            DeliveryReporter(
                self.edge.tallies,
                self.edge.audience,
                ground.here,
                broadcasting.origin.broadcast_of,
                ground.book.arms,
            ).report
        )

    async def start(self) -> None:
        """Serve live media. Who wants a page waits until there are some."""
        ground, config = self._ground, self._ground.config
        self.beacons.start()
        ground.on_stop(self.beacons.stop)
        self._server = server = EdgeServer(
            self.edge,
            ServerConfig(
                host=config.http.host, port=config.http.port, trusted_proxies=config.trusted_proxies
            ),
            self.front.porter,
            ground.clock,
            self.peers.in_header,
        )
        ground.follow(
            (*edge_settings.SETTINGS, rtmp_settings.CONNECTIONS_MAX),
            lambda: server.limit(self._doors.connections()[0], edge_settings.address_limits(ground.book)),
        )
        for collector in (
            EncryptionCollector(self._encrypted),
            EdgeCollector(server),
            AccessCollector(self.gate),
        ):
            ground.registry.register(collector)
        await server.start()
        ground.on_stop(server.stop, STOP_GRACE_S)
        await self._doors.cmaf.start()
        ground.on_stop(self._doors.cmaf.stop)

    @property
    def connections(self) -> int:
        """Open now at the HTTP port."""
        return self._server.connections if self._server is not None else 0
