"""The real API over a real SQLite store; streams, audience, nodes and health are scripted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import httpx
import pytest
from prometheus_client import CollectorRegistry

from fact_list import FactList
from tidegate.api.addresses import Addresses
from tidegate.api.app import create_api
from tidegate.api.auth import Authenticator
from tidegate.api.gate import Gate
from tidegate.api.services import ApiConfig, ApiServices, PlaybackAccess
from tidegate.api.sessions import Sessions
from tidegate.api.token import AdminToken
from tidegate.app.settings import CATALOGUE
from tidegate.app.telemetry import NoTelemetry
from tidegate.app.world import Stage
from tidegate.bus import LocalBus
from tidegate.core.clock import ManualClock
from tidegate.core.errors import ConflictError
from tidegate.core.ladders import NO_LADDER, LadderStatus
from tidegate.core.nodes import Check, Health, NodeStatus
from tidegate.core.settings import SettingsBook, Subject
from tidegate.core.streams import Publisher, Role, StreamStatus
from tidegate.governance.advice.service import AdviceService
from tidegate.governance.alerts.evaluator import Evaluator, Place
from tidegate.governance.alerts.rulebook import RuleBook
from tidegate.governance.alerts.service import AlertService
from tidegate.governance.indicators.catalogue import load as load_indicators
from tidegate.governance.indicators.service import IndicatorService
from tidegate.governance.playback_sessions.service import PlaybackSessions
from tidegate.media.access.gate import Gate as PlaybackGate
from tidegate.media.access.peers import PeerToken
from tidegate.media.access.service import PlaybackTokens
from tidegate.media.channels.refusals import RefusalLog
from tidegate.media.channels.service import ChannelService
from tidegate.media.channels.throttle import AddressThrottle
from tidegate.media.gateway.pull.config import PullConfig
from tidegate.media.gateway.pull.server import PullServer
from tidegate.media.gateway.pull.service import PullService
from tidegate.media.origin.reader import ManifestReader
from tidegate.media.recordings.clips import Clips
from tidegate.media.recordings.retention import RetentionPolicy
from tidegate.media.recordings.service import RecordingService, Running
from tidegate.media.recordings.viewer_clips import ViewerClips
from tidegate.media.slate.pictures import Pictures
from tidegate.media.slate.service import SlateMaker
from tidegate.media.types import PacketSink
from tidegate.objects.local import LocalObjects
from tidegate.settings.service import SettingsService
from tidegate.store import Store, create_store
from tidegate.telemetry.log_feed import LogFeed
from tidegate.telemetry.log_search import LogSearch
from tidegate.telemetry.reception import FactReception
from tidegate.webhooks.sealing import Seal
from tidegate.webhooks.sender import Sender
from tidegate.webhooks.service import WebhookService

TOKEN = "tga_0123456789abcdef"
EDGE_TOKEN = "tge_0123456789abcdef"
BASE = "http://127.0.0.1:8080"


class NoLadders:
    def ladder(self, channel: str) -> LadderStatus:
        return NO_LADDER


@dataclass
class ScriptedStreams:
    running: dict[str, StreamStatus] = field(default_factory=dict)
    kicked: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    switched: list[tuple[str, Role | None]] = field(default_factory=list)

    def go_live(self, channel: str, now: float) -> None:
        self.running[channel] = StreamStatus(
            channel=channel,
            state="live",
            state_since=now,
            broadcast="brd_local_1",
            started_at=now,
            publisher=Publisher("ses_local_1", channel, "rtmp", "127.0.0.1:5000", "obs", now),
            publishers=(),
            slate="none",
            tracks=(),
            notes=(),
            bytes_in=1000,
            parts=5,
            discontinuities=0,
            playable_after_s=0.25,
        )

    def statuses(self) -> list[StreamStatus]:
        return list(self.running.values())

    def status(self, channel: str) -> StreamStatus | None:
        return self.running.get(channel)

    def kick(self, channel: str) -> bool:
        self.kicked.append(channel)
        return channel in self.running

    def switch(self, channel: str, to: Role | None) -> Role:
        if channel not in self.running:
            raise ConflictError("There is no standby publisher to switch to.", hint="Connect one.")
        self.switched.append((channel, to))
        return to or "backup"

    def remove(self, channel: str) -> None:
        self.removed.append(channel)


class ScriptedAudience:
    def viewers(self, channel: str) -> int:
        return 7

    def peak(self, channel: str) -> int:
        return 9

    def total(self) -> int:
        return 7

    def egress_bytes(self) -> int:
        return 0


class ScriptedNodes:
    def nodes(self) -> list[NodeStatus]:
        return [NodeStatus("n1", "local", ("edge",), "0.1.0", 1.0, 0.5, 2, 10, 20, 30, 40, 1, 7, 1e6, 2e6)]


@dataclass
class ScriptedHealth:
    checks: tuple[Check, ...] = (Check("store", "ok", "SQLite."),)
    broken: Exception | None = None

    async def health(self) -> Health:
        if self.broken is not None:
            raise self.broken
        worst = "failing" if any(check.status == "failing" for check in self.checks) else "ok"
        return Health(worst, "0.1.0", 12.5, self.checks)


@dataclass
class Bench:
    """One API and everything a test may turn."""

    clock: ManualClock
    store: Store
    services: ApiServices
    streams: ScriptedStreams
    health: ScriptedHealth
    bus: LocalBus
    api: Gate
    web: Path
    objects: LocalObjects
    running: list[Running]

    def client(self, *, token: str | None = TOKEN, ip: str = "127.0.0.1") -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.api, raise_app_exceptions=True, client=(ip, 40000)),
            base_url=BASE,
            headers={"authorization": f"Bearer {token}"} if token else {},
        )

    def with_config(self, config: ApiConfig) -> "Bench":
        services = replace(self.services, config=config, registry=CollectorRegistry())
        return replace(self, services=services, api=create_api(services))


def no_sink(publisher: Publisher, hang_up: object) -> PacketSink:
    raise AssertionError(f"nothing is pulled here: {publisher}")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = ManualClock()
    store = create_store(f"sqlite:///{tmp_path / 'tidegate.db'}", clock=clock)
    await store.open()
    channels = ChannelService(store)
    await channels.load()
    settings = SettingsService(
        store, CATALOGUE, SettingsBook(CATALOGUE, here=Subject(node="n1", region="local"))
    )
    await settings.load()
    book = settings.book
    tokens = PlaybackTokens(store, clock, tmp_path / "playback-key.pem", book)
    await tokens.start()
    webhooks = WebhookService(store, clock, Seal(b"0" * 32), Sender(lambda: True))
    await webhooks.load()
    web = tmp_path / "web"
    web.mkdir()
    running: list[Running] = []
    streams, health, bus = ScriptedStreams(), ScriptedHealth(), LocalBus()
    objects = LocalObjects(tmp_path / "objects")
    recordings = RecordingService(
        store,
        objects,
        ManifestReader(objects, clock),
        clock,
        lambda: running,
        lambda channel: channel.title(),
        lambda _channel: RetentionPolicy(),
        lambda: None,
    )
    slates = SlateMaker(Pictures(objects), settings.book, clock, str.title)
    pull_server = PullServer(
        PullConfig(ffmpeg="/nonexistent/ffmpeg"), no_sink, streams, clock, Random(1), lambda: "ses_local_1"
    )
    clips = Clips(recordings, objects, clock)
    telemetry, feed = NoTelemetry(), LogFeed()
    indicators = IndicatorService(telemetry, load_indicators(), book, clock)
    rulebook = RuleBook(store, indicators.catalogue)
    evaluator = Evaluator(store, rulebook, indicators, book, clock, feed, Place("local", "n1", BASE))
    services = ApiServices(
        channels=channels,
        pulls=PullService(store, channels, pull_server),
        settings=settings,
        recordings=recordings,
        slates=slates,
        clips=clips,
        viewer_clips=ViewerClips(clips, settings.book, clock),
        streams=streams,
        ladders=NoLadders(),
        audience=ScriptedAudience(),
        nodes=ScriptedNodes(),
        facts=FactReception(FactList(), clock, book, Subject(node="n1", region="local")),
        indicators=indicators,
        alerts=AlertService(store, clock, rulebook, evaluator),
        advice=AdviceService(indicators, NoLadders(), clock),
        logs=LogSearch(telemetry, clock),
        log_feed=feed,
        health=health,
        bus=bus,
        refusals=RefusalLog(clock, channels.directory),
        auth=Authenticator(AdminToken(TOKEN), Sessions(store, clock), AddressThrottle(clock)),
        addresses=Addresses(BASE, "rtmp://127.0.0.1:1935/live", "srt://127.0.0.1:8890"),
        registry=CollectorRegistry(),
        webhooks=webhooks,
        hook_secret="whsec_aG9vaw==",
        web_dir=web,
        live=None,
        playback=PlaybackAccess(
            tokens, PlaybackGate(book, tokens.ring, clock), PeerToken(EDGE_TOKEN.encode()), book
        ),
        world=Stage(),
        playback_sessions=PlaybackSessions(NoTelemetry(), clock),
        version="0.1.0",
    )
    api = await asyncio.to_thread(create_api, services)  # a quarter of a second: not on a loop
    yield Bench(clock, store, services, streams, health, bus, api, web, objects, running)
    await clips.stop()
    await objects.close()
    await webhooks.stop()
    await pull_server.stop()
    await store.close()


@pytest.fixture
async def admin(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    async with bench.client() as client:
        yield client


@pytest.fixture
async def anyone(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    async with bench.client(token=None) as client:
        yield client
