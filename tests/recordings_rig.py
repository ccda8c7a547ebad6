"""Recordings over a real origin, a real object store and a real SQLite store, on one manual clock."""

import asyncio
from pathlib import Path

from origin_rig import Rig
from tidegate.core.delivery import LiveResponse
from tidegate.media.origin.archive import ArchivePolicy
from tidegate.media.origin.service import OriginConfig
from tidegate.media.recordings.clips import Clips
from tidegate.media.recordings.retention import Disk, RetentionPolicy
from tidegate.media.recordings.service import RecordingService, Running
from tidegate.media.recordings.types import Recording
from tidegate.media.recordings.vod import VodSource
from tidegate.store import Store


class Studio(Rig):
    """A rig whose broadcasts are recorded."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store = store
        self.retention = RetentionPolicy()
        self.disk: Disk | None = None
        super().__init__(folder, OriginConfig())
        self.policy = ArchivePolicy(record=True, dvr_s=7200)

    def _make(self) -> None:
        super()._make()
        self.recordings = RecordingService(
            self.store,
            self.objects,
            self.origin.reader,
            self.clock,
            lambda: [Running(*each) for each in self.origin.recorded()],
            lambda channel: f"The {channel} show",
            lambda _channel: self.retention,
            lambda: self.disk,
            self.decisions.append,
        )
        self.clips = Clips(self.recordings, self.objects, self.clock)
        self.vod = VodSource(self.objects, self.origin.reader, self.recordings.pictures)

    async def record(self, seconds: float, channel: str = "demo", *, gop_s: float = 1.0) -> Recording:
        """A whole broadcast, from its beginning to its recording."""
        publisher = self.publish(channel)
        await publisher.play(seconds, gop_s=gop_s)
        publisher.packager.close("unpublished")
        await self.end()
        return (await self.recordings.recent(channel))[0]

    async def end(self) -> None:
        """Let running broadcasts end, and their recordings be finished."""
        for _ in range(3):
            self.clock.advance(11)
            self.origin.sweep()
            await self.settle()
        await self.recordings.reconcile()
        for archived in self.archived:
            self.recordings.archived(*archived)
        self.archived.clear()
        await self.recordings.reconcile()
        await asyncio.gather(*self.recordings._indexing)
        await self.recordings.pictures.stop()  # a synthetic stream has nothing to draw
        self.clock.advance(1)

    async def stop(self) -> None:
        await self.clips.stop()
        await self.recordings.stop()
        await super().stop()

    async def fetch(self, target: str) -> LiveResponse:
        return await self.vod.get(target)

    async def told(self) -> list[dict[str, object]]:
        told: list[dict[str, object]] = []

        async def take(event) -> None:  # type: ignore[no-untyped-def]
            if event.topic == "recording":
                told.append(event.payload)

        await self.store.drain(take)
        return told
