"""The origin and what stands around it: objects, slates, recordings, clips, renditions."""

import shutil
from collections.abc import Callable
from functools import partial
from random import Random

from tidegate.app.ground import Ground
from tidegate.app.media import MediaSource
from tidegate.app.records import Records
from tidegate.core.settings import Subject
from tidegate.core.streams import EndReason, Publisher, StreamEvent
from tidegate.media.cmaf.packager import Packager
from tidegate.media.cmaf.settings import packager_settings
from tidegate.media.origin.archive import ArchivePolicy
from tidegate.media.origin.metrics import OriginCollector
from tidegate.media.origin.report import MediaReporter
from tidegate.media.origin.service import OriginService
from tidegate.media.origin.settings import DVR_WINDOW_S, RECORDING_ENABLED
from tidegate.media.recordings.clips import Clips
from tidegate.media.recordings.retention import Disk, RetentionPolicy
from tidegate.media.recordings.service import RecordingService, Running
from tidegate.media.recordings.settings import DISK_FLOOR_PERCENT, MAX_GB, RETENTION_DAYS
from tidegate.media.recordings.vod import VodSource
from tidegate.media.slate.pictures import Pictures
from tidegate.media.slate.service import SlateMaker
from tidegate.media.transcode import settings as ladder_settings
from tidegate.media.transcode.calibrations import Calibrations
from tidegate.media.transcode.metrics import LadderCollector
from tidegate.media.transcode.service import LadderService
from tidegate.media.types import PacketSink
from tidegate.objects.abc import Objects
from tidegate.objects.engines import create_objects
from tidegate.objects.local import LocalObjects
from tidegate.objects.metrics import ObjectsCollector


class Broadcasting:
    """Attributes:
    media: what edges ask: live and recorded.
    """

    def __init__(self, ground: Ground, records: Records, on_event: Callable[[StreamEvent], None]) -> None:
        config, clock, book = ground.config, ground.clock, ground.book
        self._ground = ground
        self._records = records
        self._on_event = on_event
        self._objects = create_objects(config.objects, ground.data)
        ground.on_stop(self._objects.close)
        self.slates = SlateMaker(Pictures(self._objects), book, clock, records.title)
        self.origin = OriginService(
            self._objects,
            clock,
            on_event=self._heard,
            book=book,
            slates=self.slates,
            state=self._state(),
            policy=self._archive_policy,
            on_archived=self._archived,
            decide=ground.facts.decide,
        )
        ground.facts.reporters.append(MediaReporter(self.origin.broadcasts, clock, ground.here).report)
        self.recordings = RecordingService(
            records.store,
            self._objects,
            self.origin.reader,
            clock,
            lambda: [Running(*each) for each in self.origin.recorded()],
            records.title,
            self._retention,
            self._disk,
            ground.facts.decide,
        )
        self.clips = Clips(self.recordings, self._objects, clock)
        self.media = MediaSource(
            self.origin, VodSource(self._objects, self.origin.reader, self.recordings.pictures)
        )
        self.ladders = LadderService(
            self.origin,
            book,
            clock,
            (config.http.reachable_host, config.http.port),
            Random(),  # noqa: S311 - jitter of delays
            calibrations=Calibrations(ground.data / "calibrations.json"),
            on_refused=self._ladder_refused,
            decide=ground.facts.decide,
        )

    def _state(self) -> Objects:
        """Where a restart of this machine finds what it needs: it stays on it."""
        if not self._ground.config.objects:
            return self._objects
        state = LocalObjects(self._ground.data / "state")
        self._ground.on_stop(state.close)
        return state

    async def start(self) -> None:
        ground = self._ground
        ground.on_stop(self.slates.stop)
        await self.origin.start()
        for status in self.origin.statuses():
            if self._records.channels.directory.channel(status.channel) is None:  # deleted just before a kill
                self.origin.remove(status.channel)
        ground.on_stop(self.origin.stop)
        await self.recordings.start()
        ground.on_stop(self.recordings.stop)
        await self.clips.start()
        ground.on_stop(self.clips.stop)
        ground.registry.register(ObjectsCollector(self._objects))
        ground.registry.register(OriginCollector(self.origin))
        ground.registry.register(LadderCollector(self.ladders))

    async def start_ladders(self) -> None:
        """Once the door that their processes come through is open."""
        self._ground.follow(ladder_settings.SETTINGS, self.ladders.poke)
        await self.ladders.start()
        self._ground.on_stop(self.ladders.stop)

    def sink(self, publisher: Publisher, hang_up: Callable[[EndReason], None]) -> PacketSink:
        """The way from an admitted publisher to the origin."""
        ingest = self.origin.open(publisher, hang_up)
        subject = Subject(channel=publisher.channel, session=publisher.session)
        current = partial(packager_settings, self._ground.book, subject)
        return Packager(ingest, current(), self._ground.clock, current)

    def _heard(self, event: StreamEvent) -> None:
        if event.state == "live":
            self.recordings.poke()
            self.ladders.poke()
        self._on_event(event)

    def _archived(self, channel: str, broadcast: str) -> None:
        self.recordings.archived(channel, broadcast)  # which is made after the origin that calls this

    def _ladder_refused(self, channel: str, reason: str) -> None:
        data = {"channel": channel, "reason": reason}
        self._records.events.log.tell("ladder.refused", channel, self._ground.clock.wall(), data)

    def _archive_policy(self, channel: str) -> ArchivePolicy:
        book, subject = self._ground.book, Subject(channel=channel)
        return ArchivePolicy(
            record=book.value(RECORDING_ENABLED, subject), dvr_s=book.value(DVR_WINDOW_S, subject)
        )

    def _retention(self, channel: str) -> RetentionPolicy:
        book, subject = self._ground.book, Subject(channel=channel)
        return RetentionPolicy(days=book.value(RETENTION_DAYS, subject), max_gb=book.value(MAX_GB, subject))

    def _disk(self) -> Disk | None:
        if self._ground.config.objects:  # what is in a bucket takes nothing of this machine's disk
            return None
        usage = shutil.disk_usage(self._ground.data)
        percent = self._ground.book.value(DISK_FLOOR_PERCENT)
        return Disk(usage.free, int(usage.total * percent / 100))
