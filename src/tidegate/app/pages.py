"""API and pages, made once media is served: loading and making them takes longer than all that viewers wait for.

They move in behind the front door; until then it keeps those who want them waiting.
"""

import asyncio
from pathlib import Path

import psutil

import tidegate
from tidegate.api.addresses import Addresses
from tidegate.api.app import create_api
from tidegate.api.auth import Authenticator
from tidegate.api.services import ApiConfig, ApiServices, PlaybackAccess
from tidegate.api.sessions import Sessions
from tidegate.api.token import FILE_NAME as TOKEN_FILE
from tidegate.api.token import open_admin_token
from tidegate.app.alerts import start_alerts
from tidegate.app.broadcasting import Broadcasting
from tidegate.app.config import Config
from tidegate.app.doors import Doors
from tidegate.app.fact_metrics import FactsCollector
from tidegate.app.ground import Ground
from tidegate.app.health import HealthReport
from tidegate.app.indicators import start_indicators
from tidegate.app.node import NodeMonitor, Work
from tidegate.app.playback_sessions import start_playback_sessions
from tidegate.app.records import Records
from tidegate.app.telemetry import TelemetryRoom
from tidegate.app.viewing import Viewing
from tidegate.app.web import WebFallback
from tidegate.governance.advice.service import AdviceService
from tidegate.media.edge.asgi import EdgeApp
from tidegate.media.recordings.viewer_clips import ViewerClips
from tidegate.telemetry.log_feed import LogFeed
from tidegate.telemetry.log_search import LogSearch
from tidegate.telemetry.reception import FactReception

ROLES = ("controller", "gateway", "origin", "edge")
WEB_FOLDER = Path(tidegate.__file__).parent / "web"


class Pages:
    """What people see and programs call."""

    def __init__(
        self,
        ground: Ground,
        records: Records,
        broadcasting: Broadcasting,
        doors: Doors,
        viewing: Viewing,
        telemetry: TelemetryRoom,
    ) -> None:
        self._ground = ground
        self._records = records
        self._broadcasting = broadcasting
        self._doors = doors
        self._viewing = viewing
        self._telemetry = telemetry
        self._reception = FactReception(
            ground.facts, ground.clock, ground.book, ground.here, broadcasting.origin.broadcast_of
        )
        ground.registry.register(FactsCollector(ground.facts, ground.logs, self._reception))
        self._log_feed = LogFeed(ground.facts.sink)
        ground.facts.sink = self._log_feed

    async def start(self, addresses: Addresses) -> None:
        ground, config, viewing = self._ground, self._ground.config, self._viewing
        node = NodeMonitor(ground.here, ROLES, config.data, ground.clock, self._work, ground.book)
        ground.facts.reporters.append(node.report)
        await node.start()
        ground.on_stop(node.stop)
        live = EdgeApp(viewing.edge, ground.clock, config.trusted_proxies, viewing.peers.in_header)
        playback = PlaybackAccess(
            self._records.tokens, viewing.gate, viewing.peers, ground.book, viewing.beacons.key
        )
        services = self._services(addresses, node, live, playback)
        web = await asyncio.to_thread(_made, services, config)
        ground.on_stop(web.stop)
        ground.running.callback(self._log_feed.close)  # before the server stops, which waits for its answers
        viewing.front.open(web)

    def _work(self) -> Work:
        origin, viewing, ground = self._broadcasting.origin, self._viewing, self._ground
        states = origin.states()
        return Work(
            streams=states.get("live", 0) + states.get("starting", 0),
            viewers=viewing.edge.audience.total(),
            ladders=len(self._broadcasting.ladders.running()),
            connections=viewing.connections,
            ingested_bytes=origin.bytes_in,
            sent_bytes=viewing.edge.audience.egress_bytes(),
            facts_dropped=ground.facts.dropped,
            logs_dropped=ground.logs.dropped,
        )

    def _services(
        self, addresses: Addresses, node: NodeMonitor, live: EdgeApp, playback: PlaybackAccess
    ) -> ApiServices:
        ground, records, broadcasting = self._ground, self._records, self._broadcasting
        telemetry = self._telemetry.telemetry
        indicators = start_indicators(ground, telemetry)
        alerts = start_alerts(ground, records.store, indicators, addresses.http_url)
        checks = (
            records.store.check,
            broadcasting.origin.check,
            node.disk,
            records.settings.check,
            records.events.log.check,
            self._telemetry.check,
            alerts.check,
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
            audience=self._viewing.edge.audience,
            nodes=node,
            facts=self._reception,
            indicators=indicators,
            alerts=alerts,
            advice=AdviceService(indicators, broadcasting.ladders, ground.clock),
            logs=LogSearch(telemetry, ground.clock),
            log_feed=self._log_feed,
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
            world=ground.stage,
            playback_sessions=start_playback_sessions(ground, records.store, telemetry),
            version=tidegate.__version__,
            config=ApiConfig(metrics_public=ground.config.metrics_public, hosts=_own_names(ground.config)),
        )


def _made(services: ApiServices, config: Config) -> WebFallback:
    return WebFallback(create_api(services), trusted_proxies=config.trusted_proxies)


def _own_names(config: Config) -> frozenset[str]:
    """Host names to answer to: those configured, and this machine's addresses where it listens on all of them. An
    address cannot be rebound as a name can, so it is safe to answer to.
    """
    names = set(config.allowed_hosts)
    if config.http.host in {"0.0.0.0", "::"}:
        names |= {each.address for found in psutil.net_if_addrs().values() for each in found}
    return frozenset(names)
