"""The whole platform on one event loop: its rooms made, wired to each other, started in order, stopped in reverse.

After a kill viewers wait for exactly what stands before media is served and publishers are let in, so that comes first, and
nothing is loaded with it that it does not need: `tests/unit/app/test_start.py` holds what that may be. API, pages and
what else takes long to load follow in a thread, while media flows.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from tidegate.api.addresses import Addresses
from tidegate.api.token import FILE_NAME as TOKEN_FILE
from tidegate.app.broadcasting import Broadcasting
from tidegate.app.config import Config
from tidegate.app.doors import Doors
from tidegate.app.folder import DataFolder
from tidegate.app.free_ports import with_free_ports
from tidegate.app.ground import Ground
from tidegate.app.logs import configure_logs
from tidegate.app.records import Records
from tidegate.app.telemetry import TelemetryRoom
from tidegate.app.viewing import Viewing
from tidegate.app.world import Stage
from tidegate.core.clock import Clock, SystemClock
from tidegate.core.ladders import LadderStatus
from tidegate.core.ports import FactSink
from tidegate.core.streams import StreamEvent, StreamStatus
from tidegate.media.channels.service import ChannelService
from tidegate.settings.service import SettingsService

if TYPE_CHECKING:
    from tidegate.app.pages import Pages

GC_THRESHOLD = (50_000, 20, 50)
"""Media objects die by reference count; the cycle collector looks less often, and never at what start-up made."""

Step = Callable[[str, float], None]
"""Told each part that has started, and the seconds it took."""

_log = structlog.get_logger()


class Platform:
    """All roles in one process.

    Attributes:
        channels: the channels, once `start` has returned.
        settings: what is set, likewise.
        addresses: where publishers and viewers come, with the ports there really are.
    """

    channels: ChannelService
    settings: SettingsService
    addresses: Addresses

    def __init__(
        self, config: Config, on_step: Step, clock: Clock | None = None, facts: FactSink | None = None
    ) -> None:
        """`facts`: where facts go; None: to telemetry."""
        self._ground = Ground(config, clock or SystemClock(), facts)
        self._on_step = on_step
        self._records: Records
        self._broadcasting: Broadcasting
        self._viewing: Viewing

    @property
    def config(self) -> Config:
        return self._ground.config

    @property
    def data(self) -> Path:
        return self._ground.data

    @property
    def admin_token(self) -> str:
        return (self.data / TOKEN_FILE).read_text("ascii").strip()

    def stream(self, channel: str) -> StreamStatus | None:
        """What there is to know of a channel's stream now."""
        return self._broadcasting.origin.status(channel)

    def transcoder(self, channel: str) -> int | None:
        """Process id of what makes a channel's ladder, None where nothing does now."""
        return self._broadcasting.ladders.pid(channel)

    def ladder(self, channel: str) -> LadderStatus:
        return self._broadcasting.ladders.ladder(channel)

    @property
    def stage(self) -> Stage:
        """Where a demo puts its world."""
        return self._ground.stage

    def has_key(self, channel: str, key: str) -> bool:
        """Whether `key` may publish to `channel`; not counted as an attempt."""
        return self._records.has_key(channel, key)

    async def start(self) -> None:
        """Start every part: first what viewers and publishers wait for.

        Raises:
            TidegateError: what cannot start, and what to do. `stop` ends what had started.
        """
        began = time.perf_counter()
        ground = self._ground
        folder = ground.running.enter_context(DataFolder(ground.data))
        configure_logs(ground.data / "logs", ground.config.log_level, ground.book, ground.logs)
        telemetry = TelemetryRoom(ground)
        ground.on_stop(telemetry.stop)  # last of all: what ends has facts to tell
        ground.on_stop(ground.facts.stop)  # so early that it still tells how the other parts end
        ground.config = config = with_free_ports(ground.config)
        self.addresses = Addresses(config.http_url, config.rtmp_url, config.srt_url, config.rtmps_url)
        began = self._started("data folder", began)

        self._records = records = Records(ground)
        await records.start()
        self.channels, self.settings = records.channels, records.settings
        began = self._started("store", began)
        self._broadcasting = broadcasting = Broadcasting(ground, records, self._announce)
        doors = Doors(ground, records, broadcasting)
        self._viewing = Viewing(ground, records, broadcasting, doors)
        await broadcasting.start()
        began = self._started("origin", began)
        await self._viewing.start()
        await ground.facts.start()
        began = self._started("edge", began)
        await doors.start_rtmp()
        began = self._started("RTMP gateway", began)
        await doors.start_srt()
        began = self._started("SRT gateway", began)
        pages = await asyncio.to_thread(_load_pages)
        rooms = (ground, records, broadcasting, doors, self._viewing, telemetry)
        await pages(*rooms).start(self.addresses)
        began = self._started("API and pages", began)
        await broadcasting.start_ladders()
        await doors.start_pulls()
        began = self._started("ladders and sources to pull", began)
        await telemetry.start()
        self._started("telemetry, opening", began)

        folder.announce(self.addresses.http_url)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        gc.enable()
        _log.info("platform_started", http=str(config.http), rtmp=str(config.rtmp), srt=str(config.srt))

    async def stop(self) -> None:
        """Stop what runs, last started first. Safe at any time."""
        self._ground.bus.close()
        await self._ground.running.aclose()
        if structlog.is_configured():  # else it never owned the folder, and the terminal is told why
            _log.info("platform_stopped")

    def _started(self, part: str, began: float) -> float:
        now = time.perf_counter()
        self._on_step(part, now - began)
        return now

    def _announce(self, event: StreamEvent) -> None:
        if event.state == "starting":
            self._viewing.edge.audience.begin_broadcast(event.channel)
        self._records.events.log.stream(event)
        self._ground.bus.publish("stream", event)


def _load_pages() -> "type[Pages]":
    import tidegate.webhooks.outgoing  # noqa: F401, PLC0415  else the first delivery would wait for it
    from tidegate.app.pages import Pages  # noqa: PLC0415

    return Pages
