"""The system of record and what lives in it: settings, channels and keys, playback tokens, events for other programs."""

import secrets

from tidegate.app.events_out import EventsOut
from tidegate.app.ground import Ground
from tidegate.app.logs import LevelledLogger
from tidegate.app.outbox import OutboxPump
from tidegate.app.settings import CATALOGUE, LOG_LEVEL
from tidegate.bus.metrics import BusMetrics
from tidegate.media.access.secret_file import open_secret_file
from tidegate.media.access.service import PlaybackTokens
from tidegate.media.channels.admission import KeyAdmission
from tidegate.media.channels.keys import lookup_id, matches
from tidegate.media.channels.metrics import ChannelsMetrics
from tidegate.media.channels.refusals import RefusalLog
from tidegate.media.channels.service import ChannelService
from tidegate.settings.service import SettingsService
from tidegate.store import create_store
from tidegate.store.metrics import StoreMetrics

CURRENT_EVERY_S = 5.0
"""How often channels, keys and settings are read anew from a store that other nodes write too."""
PLAYBACK_KEY_FILE = "playback-key.pem"
SECRET_FILE = "secret"  # noqa: S105  a file's name
SECRET_BYTES = 32
"""From which media keys are derived, and under which webhooks' secrets are sealed."""


class Records:
    """Attributes:
    admission: whether a publisher may publish: by key, then by the hook where there is one.
    events: what tells other programs.
    secret: this installation's.
    """

    def __init__(self, ground: Ground) -> None:
        config, clock, book = ground.config, ground.clock, ground.book
        self._ground = ground
        self.store = create_store(config.store_dsn, clock=clock, region=config.region)
        self.settings = SettingsService(self.store, CATALOGUE, book)
        self.channels = ChannelService(self.store)
        self.tokens = PlaybackTokens(self.store, clock, ground.data / PLAYBACK_KEY_FILE, book)
        self.refusals = RefusalLog(clock, self.channels.directory, ground.facts.decide)
        self.secret = open_secret_file(ground.data / SECRET_FILE, lambda: secrets.token_bytes(SECRET_BYTES))
        self._keys = KeyAdmission(self.channels.directory, clock, ground.throttle())
        self.events = EventsOut(self.store, clock, book, self.secret, self._keys, self.refusals)
        self.admission = self.events.admission

    async def start(self) -> None:
        ground = self._ground
        ground.on_stop(self.store.close)
        await self.store.open()
        await self.settings.load()
        ground.follow((LOG_LEVEL,), lambda: LevelledLogger.set_level(ground.book.value(LOG_LEVEL)))
        shared = ground.shares_store
        ground.run(self.settings.keep_current(CURRENT_EVERY_S, shared=shared), "settings-current")
        await self.channels.load()
        if shared:
            ground.run(self.channels.keep_current(CURRENT_EVERY_S), "channels-current")
        await self.tokens.start()
        ground.run(self.tokens.keep_current(CURRENT_EVERY_S), "signing-keys-current")
        await self.events.start(ground.registry)
        ground.on_stop(self.events.stop)
        if shared:
            ground.run(self.events.webhooks.keep_current(CURRENT_EVERY_S), "webhooks-current")
        pump = OutboxPump(self.store, ground.bus, self.events.webhooks.take)
        await pump.start()
        ground.on_stop(pump.stop)
        ground.registry.register(StoreMetrics(self.store.counters))
        ground.registry.register(BusMetrics(ground.bus))
        ground.registry.register(ChannelsMetrics(self.channels.directory, self._keys, self.refusals))

    def title(self, channel: str) -> str:
        known = self.channels.directory.channel(channel)
        return known.title if known is not None else ""

    def has_key(self, channel: str, key: str) -> bool:
        """Whether `key` may publish to `channel`; not counted as an attempt."""
        stored = self.channels.directory.key(lookup_id(key))
        return matches(key, stored) and stored is not None and stored.channel == channel
