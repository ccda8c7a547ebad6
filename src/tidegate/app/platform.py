"""The whole platform on one event loop: every part made, wired to its ports, started in order, stopped in reverse."""

import asyncio
import gc
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psutil
import structlog
from prometheus_client import CollectorRegistry

import tidegate
from tidegate.api.app import create_api
from tidegate.api.auth import Authenticator
from tidegate.api.services import Addresses, ApiConfig, ApiServices, PlaybackAccess
from tidegate.api.sessions import Sessions
from tidegate.api.token import FILE_NAME as TOKEN_FILE
from tidegate.api.token import open_admin_token
from tidegate.app.config import Address, Config
from tidegate.app.events_out import EventsOut
from tidegate.app.folder import DataFolder
from tidegate.app.front import Porter
from tidegate.app.health import HealthReport
from tidegate.app.limits import OpenFiles
from tidegate.app.logs import LevelledLogger, configure_logs
from tidegate.app.media import MediaSource
from tidegate.app.node import NodeMonitor
from tidegate.app.outbox import OutboxPump
from tidegate.app.settings import CATALOGUE, LOG_LEVEL
from tidegate.app.web import WebFallback
from tidegate.bus import LocalBus
from tidegate.bus.metrics import BusMetrics
from tidegate.core.clock import Clock, SystemClock
from tidegate.core.errors import UnavailableError
from tidegate.core.ids import new_id
from tidegate.core.ports import Ingest
from tidegate.core.settings import Setting, SettingsBook, Subject
from tidegate.core.streams import EndReason, Publisher, StreamEvent, StreamStatus
from tidegate.media.access.gate import Gate
from tidegate.media.access.metrics import AccessCollector
from tidegate.media.access.peers import FILE_NAME as EDGE_TOKEN_FILE
from tidegate.media.access.peers import open_peer_token
from tidegate.media.access.secret_file import open_secret_file
from tidegate.media.access.service import PlaybackTokens
from tidegate.media.channels.admission import KeyAdmission
from tidegate.media.channels.keys import lookup_id, matches
from tidegate.media.channels.metrics import ChannelsMetrics
from tidegate.media.channels.refusals import RefusalLog
from tidegate.media.channels.service import ChannelService
from tidegate.media.channels.settings import WRONG_TRIES_MAX, WRONG_TRIES_PER_S
from tidegate.media.channels.throttle import AddressThrottle
from tidegate.media.cmaf.packager import Packager
from tidegate.media.cmaf.settings import packager_settings
from tidegate.media.edge import settings as edge_settings
from tidegate.media.edge.asgi import EdgeApp
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.metrics import EdgeCollector
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from tidegate.media.encryption.metrics import EncryptionCollector
from tidegate.media.encryption.service import EncryptedSource
from tidegate.media.gateway.cmaf.config import CmafLimits
from tidegate.media.gateway.cmaf.metrics import CmafCollector
from tidegate.media.gateway.cmaf.server import CmafServer
from tidegate.media.gateway.pull.config import PullConfig
from tidegate.media.gateway.pull.metrics import PullCollector
from tidegate.media.gateway.pull.server import PullServer
from tidegate.media.gateway.pull.service import PullService
from tidegate.media.gateway.rtmp import settings as rtmp_settings
from tidegate.media.gateway.rtmp.config import RtmpConfig, RtmpLimits
from tidegate.media.gateway.rtmp.metrics import RtmpCollector
from tidegate.media.gateway.rtmp.server import RtmpServer
from tidegate.media.gateway.srt.config import SrtConfig, SrtLimits
from tidegate.media.gateway.srt.metrics import SrtCollector
from tidegate.media.gateway.srt.server import SrtServer
from tidegate.media.origin.archive import ArchivePolicy
from tidegate.media.origin.metrics import OriginCollector
from tidegate.media.origin.service import OriginService
from tidegate.media.origin.settings import DVR_WINDOW_S, RECORDING_ENABLED
from tidegate.media.publish.ffmpeg import ffmpeg_path
from tidegate.media.recordings.clips import Clips
from tidegate.media.recordings.retention import Disk, RetentionPolicy
from tidegate.media.recordings.service import RecordingService, Running
from tidegate.media.recordings.settings import DISK_FLOOR_PERCENT, MAX_GB, RETENTION_DAYS
from tidegate.media.recordings.vod import VodSource
from tidegate.media.slate.pictures import Pictures
from tidegate.media.slate.service import SlateMaker
from tidegate.media.transcode import settings as ladder_settings
from tidegate.media.transcode.metrics import LadderCollector
from tidegate.media.transcode.service import LadderService
from tidegate.media.types import PacketSink
from tidegate.objects.engines import create_objects
from tidegate.objects.local import LocalObjects
from tidegate.objects.metrics import ObjectsCollector
from tidegate.settings.service import SettingsService
from tidegate.store import create_store
from tidegate.store.metrics import StoreMetrics

WEB_FOLDER = Path(tidegate.__file__).parent / "web"
STOP_GRACE_S = 2.0
GC_THRESHOLD = (50_000, 20, 50)
"""Media objects die by reference count; the cycle collector looks less often, and never at what start-up made."""
CURRENT_EVERY_S = 5.0
"""How often channels, keys and settings are read anew from a store that other nodes write too."""
PLAYBACK_KEY_FILE = "playback-key.pem"
SECRET_FILE = "secret"  # noqa: S105  a file's name
SECRET_BYTES = 32
"""From which media keys are derived, and under which webhooks' secrets are sealed."""

Step = Callable[[str, float], None]
"""Told each part that has started, and the seconds it took."""

_log = structlog.get_logger()


class Platform:
    """All roles in one process.

    Attributes:
        channels: the channels, once `start` has returned.
        settings: what is set, likewise.
        pulls: the sources that are pulled, likewise.
        addresses: where publishers and viewers come, with the ports there really are.
    """

    channels: ChannelService
    settings: SettingsService
    recordings: RecordingService
    pulls: PullService
    addresses: Addresses

    def __init__(self, config: Config, on_step: Step, clock: Clock | None = None) -> None:
        self.config = config
        self.data = config.data
        self._on_step = on_step
        self._clock = clock or SystemClock()
        self._registry = CollectorRegistry()
        self._bus = LocalBus()
        self._settings = SettingsBook(
            CATALOGUE,
            here=Subject(node=config.node_name, region=config.region),
            defaults=config.setting_defaults,
        )
        self._files = OpenFiles()
        self._running = AsyncExitStack()

    @property
    def admin_token(self) -> str:
        return (self.data / TOKEN_FILE).read_text("ascii").strip()

    def stream(self, channel: str) -> StreamStatus | None:
        """What there is to know of a channel's stream now."""
        return self._origin.status(channel)

    def has_key(self, channel: str, key: str) -> bool:
        """Whether `key` may publish to `channel`; not counted as an attempt."""
        stored = self.channels.directory.key(lookup_id(key))
        return matches(key, stored) and stored is not None and stored.channel == channel

    async def start(self) -> None:
        """Start every part; publishers are let in last, when all behind them stands.

        Raises:
            TidegateError: what cannot start, and what to do. `stop` ends what had started.
        """
        began = time.perf_counter()
        folder = self._running.enter_context(DataFolder(self.data))
        configure_logs(self.data / "logs", self.config.log_level, self._settings)
        self.config = _with_free_ports(self.config)
        self.addresses = Addresses(
            self.config.http_url, self.config.rtmp_url, self.config.srt_url, self.config.rtmps_url
        )
        began = self._started("data folder", began)

        await self._start_store()
        began = self._started("store", began)
        await self._start_origin()
        self._make_pulls()
        began = self._started("origin", began)
        await self._start_front()
        began = self._started("edge, API and pages", began)
        await self._start_gateway()
        began = self._started("RTMP gateway", began)
        await self._start_srt()
        began = self._started("SRT gateway", began)
        await self.pulls.load()
        self._started("sources to pull", began)

        folder.announce(self.addresses.http_url)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        _log.info(
            "platform_started",
            http=str(self.config.http),
            rtmp=str(self.config.rtmp),
            srt=str(self.config.srt),
        )

    async def stop(self) -> None:
        """Stop what runs, last started first. Safe at any time."""
        self._bus.close()
        await self._running.aclose()
        if structlog.is_configured():  # else it never owned the folder, and the terminal is told why
            _log.info("platform_stopped")

    def _started(self, part: str, began: float) -> float:
        now = time.perf_counter()
        self._on_step(part, now - began)
        return now

    async def _start_store(self) -> None:
        self._store = create_store(self.config.store_dsn, clock=self._clock, region=self.config.region)
        self._running.push_async_callback(self._store.close)
        await self._store.open()
        self.settings = SettingsService(self._store, CATALOGUE, self._settings)
        await self.settings.load()
        self._follow((LOG_LEVEL,), lambda: LevelledLogger.set_level(self._settings.value(LOG_LEVEL)))
        shared = not self.config.store_dsn.startswith("sqlite")  # other nodes may write it too
        self._run(self.settings.keep_current(CURRENT_EVERY_S, shared=shared), "settings-current")
        self.channels = ChannelService(self._store)
        await self.channels.load()
        if shared:
            self._run(self.channels.keep_current(CURRENT_EVERY_S), "channels-current")
        self._tokens = PlaybackTokens(self._store, self._clock, self.data / PLAYBACK_KEY_FILE)
        await self._tokens.start()
        self._run(self._tokens.keep_current(CURRENT_EVERY_S), "signing-keys-current")
        self._refusals = RefusalLog(self._clock, self.channels.directory)
        keys = KeyAdmission(self.channels.directory, self._clock, self._throttle())
        self._secret = open_secret_file(self.data / SECRET_FILE, lambda: secrets.token_bytes(SECRET_BYTES))
        self._events = EventsOut(self._store, self._clock, self._settings, self._secret, keys, self._refusals)
        await self._events.start(self._registry)
        self._running.push_async_callback(self._events.stop)
        if shared:
            self._run(self._events.webhooks.keep_current(CURRENT_EVERY_S), "webhooks-current")
        self._admission = self._events.admission
        pump = OutboxPump(self._store, self._bus, self._events.webhooks.take)
        await pump.start()
        self._running.push_async_callback(pump.stop)
        self._registry.register(StoreMetrics(self._store.counters))
        self._registry.register(BusMetrics(self._bus))
        self._registry.register(ChannelsMetrics(self.channels.directory, keys, self._refusals))

    async def _start_origin(self) -> None:
        config = self.config
        objects = create_objects(config.objects, self.data)
        self._running.push_async_callback(objects.close)
        state = objects
        if config.objects:  # what a restart of this machine needs stays on it
            state = LocalObjects(self.data / "state")
            self._running.push_async_callback(state.close)
        self._slates = SlateMaker(Pictures(objects), self._settings, self._clock, self._title)
        self._running.push_async_callback(self._slates.stop)
        self._origin = OriginService(
            objects,
            self._clock,
            on_event=self._announce,
            book=self._settings,
            slates=self._slates,
            state=state,
            policy=self._archive_policy,
            on_archived=self._archived,
        )
        self.recordings = RecordingService(
            self._store,
            objects,
            self._origin.reader,
            self._clock,
            self._recorded,
            self._title,
            self._retention,
            self._recordings_disk,
        )
        self._clips = Clips(self.recordings, objects, self._clock)
        self._media = MediaSource(
            self._origin, VodSource(objects, self._origin.reader, self.recordings.pictures)
        )
        await self._origin.start()
        for status in self._origin.statuses():
            if self.channels.directory.channel(status.channel) is None:  # deleted just before a kill
                self._origin.remove(status.channel)
        self._running.push_async_callback(self._origin.stop)
        await self.recordings.start()
        self._running.push_async_callback(self.recordings.stop)
        await self._clips.start()
        self._running.push_async_callback(self._clips.stop)
        self._registry.register(ObjectsCollector(objects))
        self._registry.register(OriginCollector(self._origin))

    def _archived(self, channel: str, broadcast: str) -> None:
        self.recordings.archived(channel, broadcast)  # which is made after the origin that calls this

    def _recorded(self) -> list[Running]:
        return [Running(*each) for each in self._origin.recorded()]

    def _retention(self, channel: str) -> RetentionPolicy:
        subject = Subject(channel=channel)
        return RetentionPolicy(
            days=self._settings.value(RETENTION_DAYS, subject), max_gb=self._settings.value(MAX_GB, subject)
        )

    def _recordings_disk(self) -> Disk | None:
        if self.config.objects:  # what is in a bucket takes nothing of this machine's disk
            return None
        usage = shutil.disk_usage(self.data)
        percent = self._settings.value(DISK_FLOOR_PERCENT, Subject(node=self.config.node))
        return Disk(usage.free, int(usage.total * percent / 100))

    def _title(self, channel: str) -> str:
        known = self.channels.directory.channel(channel)
        return known.title if known is not None else ""

    def _archive_policy(self, channel: str) -> ArchivePolicy:
        subject = Subject(channel=channel)
        return ArchivePolicy(
            record=self._settings.value(RECORDING_ENABLED, subject),
            dvr_s=self._settings.value(DVR_WINDOW_S, subject),
        )

    async def _start_front(self) -> None:
        config = self.config
        peers = open_peer_token(self.data / EDGE_TOKEN_FILE)
        gate = Gate(
            self._settings, self._tokens.ring, self._clock, Subject(node=config.node, region=config.region)
        )
        encrypted = EncryptedSource(self._media, self._settings, self._secret)
        self._edge = Edge(encrypted, self._clock, gate=gate)
        self._registry.register(EncryptionCollector(encrypted))
        self._make_ladders()
        node = NodeMonitor(
            config, self._clock, self._origin, self._edge.audience, lambda: self._origin.bytes_in
        )
        await node.start()
        self._running.push_async_callback(node.stop)
        web = WebFallback(
            create_api(
                ApiServices(
                    channels=self.channels,
                    settings=self.settings,
                    recordings=self.recordings,
                    slates=self._slates,
                    clips=self._clips,
                    webhooks=self._events.webhooks,
                    hook_secret=self._events.hook_secret,
                    pulls=self.pulls,
                    streams=self._origin,
                    ladders=self.ladders,
                    audience=self._edge.audience,
                    nodes=node,
                    health=HealthReport(
                        self._clock,
                        (
                            self._store.check,
                            self._origin.check,
                            node.disk,
                            self.settings.check,
                            self._events.log.check,
                        ),
                    ),
                    bus=self._bus,
                    refusals=self._refusals,
                    auth=Authenticator(
                        open_admin_token(self.data / TOKEN_FILE),
                        Sessions(self._store, self._clock),
                        self._throttle(),
                    ),
                    addresses=self.addresses,
                    registry=self._registry,
                    web_dir=WEB_FOLDER,
                    live=EdgeApp(self._edge, self._clock, config.trusted_proxies, peers.in_header),
                    playback=PlaybackAccess(self._tokens, gate, peers, self._settings),
                    version=tidegate.__version__,
                    config=ApiConfig(metrics_public=config.metrics_public, hosts=_own_names(config)),
                )
            ),
            trusted_proxies=config.trusted_proxies,
        )
        door = self._cmaf_door()
        front = EdgeServer(
            self._edge,
            ServerConfig(
                host=config.http.host, port=config.http.port, trusted_proxies=config.trusted_proxies
            ),
            lambda: Porter(web, door),
            self._clock,
            peers.in_header,
        )
        self._follow(
            (*edge_settings.SETTINGS, rtmp_settings.CONNECTIONS_MAX),
            lambda: front.limit(self._connections()[0], edge_settings.address_limits(self._settings)),
        )
        self._registry.register(EdgeCollector(front))
        self._registry.register(AccessCollector(gate))
        await front.start()
        self._running.push_async_callback(front.stop, STOP_GRACE_S)
        self._running.push_async_callback(web.stop)
        await door.start()
        self._running.push_async_callback(door.stop)
        await self.ladders.start()
        self._running.push_async_callback(self.ladders.stop)

    def _make_ladders(self) -> None:
        address = (self.config.http.reachable_host, self.config.http.port)
        chance = Random()  # noqa: S311 - jitter of delays
        self.ladders = LadderService(
            self._origin, self._settings, self._clock, address, chance, on_refused=self._ladder_refused
        )
        self._registry.register(LadderCollector(self.ladders))
        self._follow(ladder_settings.SETTINGS, self.ladders.poke)

    def _ladder_refused(self, channel: str, reason: str) -> None:
        data = {"channel": channel, "reason": reason}
        self._events.log.tell("ladder.refused", channel, self._clock.wall(), data)

    def _cmaf_door(self) -> CmafServer:
        config = self.config
        door = CmafServer(
            CmafLimits(connections=config.max_publishers),
            self._admission,
            self._sink,
            self._refusals,
            self._origin,
            self._clock,
            lambda: new_id("ses", config.region),
        )
        self._registry.register(CmafCollector(door))
        return door

    async def _start_gateway(self) -> None:
        config = self.config
        gateway = RtmpServer(
            RtmpConfig(
                host=config.rtmp.host,
                port=config.rtmp.port,
                tls_port=config.rtmps.port if config.rtmps else 0,
                tls_certificate=str(config.tls_cert) if config.rtmps else "",
                tls_key=str(config.tls_key) if config.rtmps else "",
            ),
            self._admission,
            self._sink,
            self._refusals,
            self._clock,
            lambda: new_id("ses", config.region),
        )

        def limit() -> None:
            limits = RtmpLimits(connections=self._connections()[1])
            gateway.limits = rtmp_settings.rtmp_limits(self._settings, limits)

        self._follow((*rtmp_settings.SETTINGS, edge_settings.CONNECTIONS_MAX), limit)
        await gateway.start()
        self._running.push_async_callback(gateway.stop, STOP_GRACE_S)
        self._registry.register(RtmpCollector(gateway))

    async def _start_srt(self) -> None:
        config = self.config
        gateway = SrtServer(
            SrtConfig(
                host=config.srt.host,
                port=config.srt.port,
                passphrase=config.srt_passphrase,
                latency_ms=config.srt_latency_ms,
                ffmpeg=ffmpeg_path(),
                limits=SrtLimits(publishers=min(config.max_publishers, SrtLimits().publishers)),
            ),
            self._admission,
            self._sink,
            self._refusals,
            self._clock,
            lambda: new_id("ses", config.region),
        )
        await gateway.start()
        self._running.push_async_callback(gateway.stop)
        self._registry.register(SrtCollector(gateway))

    def _make_pulls(self) -> None:
        """Made before the API that changes them; begun once all behind them stands."""
        config = self.config
        server = PullServer(
            PullConfig(
                ffmpeg=ffmpeg_path(),
                private_addresses=config.pull_private_addresses,
                folder=config.pull_folder,
            ),
            self._sink,
            self._origin,
            self._clock,
            Random(),  # noqa: S311 - jitter of delays
            lambda: new_id("ses", config.region),
        )
        self._running.push_async_callback(server.stop)
        self._registry.register(PullCollector(server))
        self.pulls = PullService(self._store, self.channels, server)

    def _sink(self, publisher: Publisher, hang_up: Callable[[EndReason], None]) -> PacketSink:
        ingest: Ingest = self._origin.open(publisher, hang_up)
        subject = Subject(channel=publisher.channel, session=publisher.session)
        current = partial(packager_settings, self._settings, subject)
        return Packager(ingest, current(), self._clock, current)

    def _connections(self) -> tuple[int, int]:
        """How many viewers and publishers this node admits: what is set, as far as open files reach."""
        return self._files.share(
            self._settings.value(edge_settings.CONNECTIONS_MAX),
            self._settings.value(rtmp_settings.CONNECTIONS_MAX),
        )

    def _throttle(self) -> AddressThrottle:
        throttle = AddressThrottle(self._clock)
        self._follow(
            (WRONG_TRIES_MAX, WRONG_TRIES_PER_S),
            lambda: throttle.adjust(
                self._settings.value(WRONG_TRIES_MAX), self._settings.value(WRONG_TRIES_PER_S)
            ),
        )
        return throttle

    def _follow(self, settings: Iterable[Setting[Any]], obey: Callable[[], None]) -> None:
        """Obey now and at each change, until this stops."""
        self._running.callback(self._settings.follow(settings, obey))

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a task until this stops."""
        self._running.push_async_callback(_cancelled, asyncio.create_task(work, name=name))

    def _announce(self, event: StreamEvent) -> None:
        if event.state == "live":
            self.recordings.poke()
            self.ladders.poke()
        if event.state == "starting":
            self._edge.audience.begin_broadcast(event.channel)
        self._events.log.stream(event)
        self._bus.publish("stream", event)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _own_names(config: Config) -> frozenset[str]:
    """Host names to answer to: those configured, and this machine's addresses where it listens on all of them. An
    address cannot be rebound as a name can, so it is safe to answer to.
    """
    names = set(config.allowed_hosts)
    if config.http.host in {"0.0.0.0", "::"}:
        names |= {each.address for found in psutil.net_if_addrs().values() for each in found}
    return frozenset(names)


def _with_free_ports(config: Config) -> Config:
    """Put a free port where 0 stands, so that addresses are known before anything listens."""
    changed = {
        name: _chosen(address, socket.SOCK_DGRAM if name == "srt" else socket.SOCK_STREAM)
        for name in ("http", "rtmp", "rtmps", "srt")
        if (address := getattr(config, name))
    }
    return msgspec.structs.replace(config, **changed)


def _chosen(address: Address, kind: int) -> Address:
    if address.port:
        return address
    with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, kind) as probe:
        try:
            probe.bind((address.host, 0))
        except OSError as error:
            raise UnavailableError(
                f"Listening on {address.host} failed: {error.strerror}.",
                hint="Give an address of this machine, such as 127.0.0.1:0.",
            ) from error
        return Address(address.host, probe.getsockname()[1])
