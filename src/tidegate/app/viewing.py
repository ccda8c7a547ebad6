"""Viewers' side: edge, API and pages behind one HTTP port, through which CMAF publishers come too."""

from pathlib import Path

import psutil

import tidegate
from tidegate.api.app import create_api
from tidegate.api.auth import Authenticator
from tidegate.api.services import Addresses, ApiConfig, ApiServices, PlaybackAccess
from tidegate.api.sessions import Sessions
from tidegate.api.token import FILE_NAME as TOKEN_FILE
from tidegate.api.token import open_admin_token
from tidegate.app.broadcasting import Broadcasting
from tidegate.app.config import Config
from tidegate.app.doors import Doors
from tidegate.app.front import Porter
from tidegate.app.ground import STOP_GRACE_S, Ground
from tidegate.app.health import HealthReport
from tidegate.app.node import NodeMonitor
from tidegate.app.records import Records
from tidegate.app.telemetry import TelemetryRoom
from tidegate.app.web import WebFallback
from tidegate.media.access.gate import Gate
from tidegate.media.access.metrics import AccessCollector
from tidegate.media.access.peers import FILE_NAME as EDGE_TOKEN_FILE
from tidegate.media.access.peers import open_peer_token
from tidegate.media.edge import settings as edge_settings
from tidegate.media.edge.asgi import EdgeApp
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.metrics import EdgeCollector
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from tidegate.media.encryption.metrics import EncryptionCollector
from tidegate.media.encryption.service import EncryptedSource
from tidegate.media.gateway.rtmp import settings as rtmp_settings
from tidegate.media.recordings.viewer_clips import ViewerClips

WEB_FOLDER = Path(tidegate.__file__).parent / "web"


class Viewing:
    """The front door and what answers behind it."""

    def __init__(
        self,
        ground: Ground,
        records: Records,
        broadcasting: Broadcasting,
        doors: Doors,
        telemetry: TelemetryRoom,
    ) -> None:
        self._ground = ground
        self._records = records
        self._broadcasting = broadcasting
        self._doors = doors
        self._telemetry = telemetry
        self._gate = Gate(ground.book, records.tokens.ring, ground.clock, ground.here)
        self._encrypted = EncryptedSource(broadcasting.media, ground.book, records.secret)
        self.edge = Edge(self._encrypted, ground.clock, gate=self._gate)

    async def start(self, addresses: Addresses) -> None:
        ground, config = self._ground, self._ground.config
        peers = open_peer_token(ground.data / EDGE_TOKEN_FILE)
        origin = self._broadcasting.origin
        node = NodeMonitor(config, ground.clock, origin, self.edge.audience, lambda: origin.bytes_in)
        await node.start()
        ground.on_stop(node.stop)
        live = EdgeApp(self.edge, ground.clock, config.trusted_proxies, peers.in_header)
        playback = PlaybackAccess(self._records.tokens, self._gate, peers, ground.book)
        web = WebFallback(
            create_api(self._services(addresses, node, live, playback)),
            trusted_proxies=config.trusted_proxies,
        )
        door = self._doors.cmaf
        front = EdgeServer(
            self.edge,
            ServerConfig(
                host=config.http.host, port=config.http.port, trusted_proxies=config.trusted_proxies
            ),
            lambda: Porter(web, door),
            ground.clock,
            peers.in_header,
        )
        ground.follow(
            (*edge_settings.SETTINGS, rtmp_settings.CONNECTIONS_MAX),
            lambda: front.limit(self._doors.connections()[0], edge_settings.address_limits(ground.book)),
        )
        for collector in (
            EncryptionCollector(self._encrypted),
            EdgeCollector(front),
            AccessCollector(self._gate),
        ):
            ground.registry.register(collector)
        await front.start()
        ground.on_stop(front.stop, STOP_GRACE_S)
        ground.on_stop(web.stop)
        await door.start()
        ground.on_stop(door.stop)

    def _services(
        self, addresses: Addresses, node: NodeMonitor, live: EdgeApp, playback: PlaybackAccess
    ) -> ApiServices:
        ground, records, broadcasting = self._ground, self._records, self._broadcasting
        checks = (
            records.store.check,
            broadcasting.origin.check,
            node.disk,
            records.settings.check,
            records.events.log.check,
            self._telemetry.check,
        )
        return ApiServices(
            channels=records.channels,
            settings=records.settings,
            recordings=broadcasting.recordings,
            slates=broadcasting.slates,
            clips=broadcasting.clips,
            viewer_clips=ViewerClips(broadcasting.clips, ground.book, ground.clock),
            webhooks=records.events.webhooks,
            hook_secret=records.events.hook_secret,
            pulls=self._doors.pulls,
            streams=broadcasting.origin,
            ladders=broadcasting.ladders,
            audience=self.edge.audience,
            nodes=node,
            health=HealthReport(ground.clock, checks),
            bus=ground.bus,
            refusals=records.refusals,
            auth=Authenticator(
                open_admin_token(ground.data / TOKEN_FILE),
                Sessions(records.store, ground.clock),
                ground.throttle(),
            ),
            addresses=addresses,
            registry=ground.registry,
            web_dir=WEB_FOLDER,
            live=live,
            playback=playback,
            version=tidegate.__version__,
            config=ApiConfig(metrics_public=ground.config.metrics_public, hosts=_own_names(ground.config)),
        )


def _own_names(config: Config) -> frozenset[str]:
    """Host names to answer to: those configured, and this machine's addresses where it listens on all of them. An
    address cannot be rebound as a name can, so it is safe to answer to.
    """
    names = set(config.allowed_hosts)
    if config.http.host in {"0.0.0.0", "::"}:
        names |= {each.address for found in psutil.net_if_addrs().values() for each in found}
    return frozenset(names)
