"""Recordings: what others may call.

In: which broadcasts are being recorded now, as the origin says. Out: recordings as rows of the store, and an event on the outbox
topic `recording` for each change. The rows follow what stands in the object store and never the other way round: `reconcile`
compares both, so nothing is missed while the store is away or the server down.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.decisions import Decide, Decision, untold
from tidegate.core.errors import TidegateError
from tidegate.media.origin.keys import MEDIA_PREFIX, broadcast_prefix, manifest_key
from tidegate.media.origin.manifest import End, Head, Manifest, encode_lines
from tidegate.media.origin.reader import ManifestReader
from tidegate.media.recordings import rows
from tidegate.media.recordings.download import Downloads
from tidegate.media.recordings.mp4_types import Mp4
from tidegate.media.recordings.pictures import Pictures
from tidegate.media.recordings.retention import Disk, Removal, RetentionPolicy, removals
from tidegate.media.recordings.samples import SampleError
from tidegate.media.recordings.types import (
    RECORDING_ID,
    Recording,
    RecordingEvent,
    RecordingGrowsError,
    RecordingNotFoundError,
    recording_of,
)
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError
from tidegate.store import Store, Transaction
from tidegate.store.tables import recordings

TOPIC = "recording"

RECONCILE_S = 30.0
"""How often rows and media are compared without cause."""

SWEEP_S = 3600.0
"""How often retention is looked at; while the disk is fuller than its floor, at each reconciliation."""

LISTED_MAX = 500

ARCHIVED_MAX = 10_000
"""Ended broadcasts remembered while the store is away; what is beyond is found by `import_found`."""

_log = structlog.get_logger()


class Running(msgspec.Struct, frozen=True):
    """A broadcast that is being recorded."""

    channel: str
    broadcast: str
    started_at: float


class RecordingService:
    """The recordings of one installation.

    Args:
        running: broadcasts that are being recorded and are not stored to their end yet.
        title: what a channel is called.
        retention: how long a channel's recordings stay.
        disk: the disk they fill; None where removing them would free none of this machine's.
        reader: shared with the origin, which reads the same manifests.
    """

    def __init__(
        self,
        store: Store,
        objects: Objects,
        reader: ManifestReader,
        clock: Clock,
        running: Callable[[], Iterable[Running]],
        title: Callable[[str], str],
        retention: Callable[[str], RetentionPolicy],
        disk: Callable[[], Disk | None],
        decide: Decide = untold,
    ) -> None:
        self.downloads = Downloads(objects)
        self.pictures = Pictures(objects, reader)
        self._indexing: set[asyncio.Task[None]] = set()
        self._store = store
        self._objects = objects
        self._reader = reader
        self._clock = clock
        self._running = running
        self._title = title
        self._retention = retention
        self._disk = disk
        self._decide = decide
        self._swept_at = float("-inf")
        self._archived: deque[tuple[str, str]] = deque(maxlen=ARCHIVED_MAX)
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._reconciling = asyncio.Lock()

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._reconcile_for_ever(), name="recordings")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.pictures.stop()
        for task in self._indexing:
            task.cancel()
        await asyncio.gather(*self._indexing, return_exceptions=True)

    def poke(self) -> None:
        """A broadcast began."""
        self._due.set()

    def archived(self, channel: str, broadcast: str) -> None:
        """A broadcast was stored to its end. It may be that nobody has heard of it, for the store was away all the while."""
        self._archived.append((channel, broadcast))
        self._due.set()

    async def recent(self, channel: str = "", source: str = "") -> list[Recording]:
        """The newest first, at most `LISTED_MAX`; of one channel, or clips of one recording, or all."""
        query = rows.ALL.order_by(recordings.c.started_at.desc()).limit(LISTED_MAX)
        if channel:
            query = query.where(recordings.c.channel == channel)
        if source:
            query = query.where(recordings.c.source == source)
        return [await self._current(rows.to_recording(row)) for row in await self._store.read(query)]

    async def get(self, recording: str) -> Recording:
        """One recording, with what has come in by now where it grows.

        Raises:
            RecordingNotFoundError: there is none of this id.
        """
        found = await self._store.read(rows.ALL.where(recordings.c.id == recording))
        if not found:
            raise RecordingNotFoundError(recording)
        return await self._current(rows.to_recording(found[0]))

    async def manifest(self, recording: Recording) -> Manifest:
        """Where its media is.

        Raises:
            ObjectNotFoundError: nothing of it is stored.
        """
        return await self._reader.read(recording.channel, recording.broadcast)

    async def mp4(self, recording: Recording) -> tuple[Head, Mp4]:
        """The recording as one MP4 file, and what its bytes are read by (`downloads`); of one that grows, what is there.

        Raises:
            RecordingNotFoundError: nothing of it can be played.
            ObjectsError: the store did not answer.
        """
        try:
            manifest = await self.manifest(recording)
            mp4 = await self.downloads.mp4(manifest)
        except (ObjectNotFoundError, SampleError):
            raise RecordingNotFoundError(recording.id) from None
        if manifest.head is None:
            raise RecordingNotFoundError(recording.id)
        return manifest.head, mp4

    async def update(
        self, recording: str, *, title: str | None = None, keep: bool | None = None
    ) -> Recording:
        """Give it another title, or keep it whatever retention says.

        Raises:
            RecordingNotFoundError: there is none of this id.
        """
        values: dict[str, Any] = {
            name: value for name, value in (("title", title), ("keep", keep)) if value is not None
        }

        def work(transaction: Transaction) -> Recording:
            found = _existing(transaction, recording)
            version = rows.change(transaction, found, values)
            transaction.emit(TOPIC, RecordingEvent(recording, found.channel, "updated"))
            return msgspec.structs.replace(found, version=version, **values)

        return await self._store.write(work)

    async def delete(self, recording: str, reason: str = "asked for") -> None:
        """Remove a recording and its media; caches outside may have segments of it until they expire.

        Raises:
            RecordingNotFoundError: there is none of this id.
            RecordingGrowsError: its broadcast still runs.
        """
        found = await self.get(recording)
        if found.state == "making" or any(
            recording_of(each.broadcast) == recording for each in self._running()
        ):
            raise RecordingGrowsError(recording)
        await self._remove(found, reason)

    async def delete_channel(self, channel: str) -> None:
        """Its channel is gone, and so are its recordings."""
        for row in await self._store.read(rows.ALL.where(recordings.c.channel == channel)):
            await self._remove(rows.to_recording(row), "channel deleted")

    async def add(self, recording: Recording) -> None:
        """A clip that is about to be cut."""

        def work(transaction: Transaction) -> None:
            rows.add(transaction, recording)
            transaction.emit(
                TOPIC, RecordingEvent(recording.id, recording.channel, "started", source=recording.source)
            )

        await self._store.write(work)

    async def settle(self, clip: Recording) -> None:
        """A clip is whole, or could not be cut: `clip.state` and `clip.reason` say which."""
        values = {
            name: getattr(clip, name)
            for name in ("state", "reason", "started_at", "ended_at", "duration_s", "gap_s", "bytes")
        }

        def work(transaction: Transaction) -> None:
            found = rows.find(transaction, clip.id)
            if found is None:
                return
            rows.change(transaction, found, values)
            change: Literal["ready", "failed"] = "failed" if clip.state == "failed" else "ready"
            transaction.emit(
                TOPIC,
                RecordingEvent(clip.id, clip.channel, change, clip.duration_s, clip.reason, clip.source),
            )

        await self._store.write(work)

    async def unfinished_clips(self) -> list[Recording]:
        """Clips that are being cut, or were when an earlier life ended."""
        found = await self._store.read(rows.ALL.where(recordings.c.state == "making"))
        return [rows.to_recording(row) for row in found]

    async def _remove(self, recording: Recording, reason: str) -> None:
        """The media first: what a kill interrupts still has its row, and goes with the next attempt."""
        await self._objects.delete_prefix(broadcast_prefix(recording.channel, recording.broadcast))
        self._reader.forget(recording.channel, recording.broadcast)
        await self._forget(recording, reason)

    async def _forget(self, recording: Recording, reason: str) -> None:
        """Its row alone goes: media that no manifest names is the origin's, which may still play it."""

        def work(transaction: Transaction) -> None:
            found = rows.find(transaction, recording.id)
            if found is not None:
                rows.remove(transaction, found)
                transaction.emit(TOPIC, RecordingEvent(found.id, found.channel, "deleted", reason=reason))

        await self._store.write(work)
        _log.info("recording_deleted", recording=recording.id, channel=recording.channel, reason=reason)

    async def import_found(self) -> list[Recording]:
        """Take in recordings whose media is stored and whose rows are not: after the database was lost, say."""
        found = {
            (parts[1], parts[2])
            for info in await self._objects.list_prefix(MEDIA_PREFIX)
            if len(parts := info.key.split("/")) == 4 and parts[3] == "manifest.jsonl"
        }
        known = {row.id for row in await self._store.read(rows.ALL)}
        running = {each.broadcast for each in self._running()}
        imported = []
        for channel, broadcast in sorted(found):
            recording = "rec_" + broadcast.removeprefix("bro_")
            if recording in known or broadcast in running or RECORDING_ID.match(recording) is None:
                continue
            begun = await self._begin_archived(channel, broadcast)
            if begun is not None:
                imported.append(begun)
        await self.reconcile()
        return [await self.get(each.id) for each in imported]

    async def reconcile(self) -> None:
        """Make the rows follow what is recorded: begin those that run, finish those that do not any more."""
        async with self._reconciling:
            growing = [
                rows.to_recording(row)
                for row in await self._store.read(rows.ALL.where(recordings.c.state == "growing"))
            ]
            running = {
                recording_of(each.broadcast): each
                for each in self._running()
                if RECORDING_ID.match("rec_" + each.broadcast.removeprefix("bro_"))
            }
            known = {recording.id for recording in growing}
            for name, each in running.items():
                if name not in known:
                    await self._begin(each)
            while self._archived:
                recording = await self._begin_archived(*self._archived[0])
                if recording is not None and recording.state == "growing" and recording.id not in running:
                    await self._finish(recording)
                self._archived.popleft()
                growing = [each for each in growing if recording is None or each.id != recording.id]
            for recording in growing:
                if recording.id not in running:
                    await self._finish(recording)

    async def _reconcile_for_ever(self) -> None:
        while True:
            self._due.clear()
            try:
                await self.reconcile()
                await self._sweep_when_due()
            except TidegateError as error:
                _log.warning("recordings_not_reconciled", error=str(error))
            try:
                async with asyncio.timeout(RECONCILE_S):
                    await self._due.wait()
            except TimeoutError:
                continue

    async def _sweep_when_due(self) -> None:
        disk = self._disk()
        under_pressure = disk is not None and disk.free_bytes < disk.floor_bytes
        if under_pressure or self._clock.monotonic() - self._swept_at >= SWEEP_S:
            await self.sweep()

    async def sweep(self) -> list[Removal]:
        """Remove what retention says is to go. Returns what went."""
        self._swept_at = self._clock.monotonic()
        known = [rows.to_recording(row) for row in await self._store.read(rows.ALL)]
        going = removals(known, self._retention, self._clock.wall(), self._disk())
        for removal in going:
            await self._remove(removal.recording, removal.reason)
            self._decide(Decision(
                kind="recording-removal", outcome="removed",
                reason=f"A recording went: {removal.reason}.", channel=removal.recording.channel,
                stream=removal.recording.broadcast,
                evidence={"recording": removal.recording.id, "bytes": removal.recording.bytes},
            ))  # fmt: skip
        return going

    async def _begin_archived(self, channel: str, broadcast: str) -> Recording | None:
        try:
            manifest = await self._reader.read(channel, broadcast)
        except ObjectNotFoundError:
            return None
        if manifest.head is None or not manifest.head.recorded:
            return None
        return await self._begin(Running(channel, broadcast, manifest.head.started_at))

    async def _begin(self, running: Running) -> Recording:
        recording = Recording(
            id=recording_of(running.broadcast),
            channel=running.channel,
            title=self._title(running.channel),
            state="growing",
            started_at=running.started_at,
            ended_at=0.0,
            duration_s=0.0,
            gap_s=0.0,
            bytes=0,
            keep=False,
            home_region=self._store.region,
            version=1,
            source="",
            reason="",
        )

        def work(transaction: Transaction) -> Recording:
            found = rows.find(transaction, recording.id)
            if found is not None:
                return found
            rows.add(transaction, recording)
            transaction.emit(TOPIC, RecordingEvent(recording.id, recording.channel, "started"))
            return recording

        return await self._store.write(work)

    async def _finish(self, recording: Recording) -> None:
        """Its broadcast is over: measure what was stored, and end a manifest that a kill has cut off."""
        try:
            manifest = await self._reader.read(recording.channel, recording.broadcast, newest=True)
        except ObjectNotFoundError:
            manifest = Manifest()
        if not manifest.played:
            await self._forget(recording, "nothing was stored of it")
            return
        if manifest.ended_at is None:
            await self._end_manifest(recording, manifest)
        measured = _measured(recording, manifest)
        state: Literal["ready", "partial"] = "partial" if measured.gap_s else "ready"
        finished = msgspec.structs.replace(
            measured,
            state=state,
            ended_at=manifest.ended_at or measured.started_at + measured.duration_s,
        )
        values = {
            name: getattr(finished, name) for name in ("state", "ended_at", "duration_s", "gap_s", "bytes")
        }

        def work(transaction: Transaction) -> None:
            found = rows.find(transaction, recording.id)
            if found is None or found.state != "growing":
                return
            rows.change(transaction, found, values)
            transaction.emit(
                TOPIC, RecordingEvent(found.id, found.channel, state, round(finished.duration_s, 3))
            )

        await self._store.write(work)
        self.pictures.want(finished.channel, finished.broadcast)
        task = asyncio.get_running_loop().create_task(self._index(finished))
        self._indexing.add(task)
        task.add_done_callback(self._indexing.discard)
        _log.info(
            "recording_finished",
            recording=recording.id,
            channel=recording.channel,
            state=finished.state,
            duration_s=round(finished.duration_s, 1),
            gap_s=round(finished.gap_s, 1),
        )

    async def _index(self, recording: Recording) -> None:
        """Make the index of the recording's file, so that its download begins at once."""
        try:
            await self.mp4(recording)
        except TidegateError as error:
            _log.warning("recording_not_indexed", recording=recording.id, error=str(error))

    async def _end_manifest(self, recording: Recording, manifest: Manifest) -> None:
        ends = [index.runs[-1].wall_s + index.runs[-1].duration_s for index in manifest.played.values()]
        line = encode_lines([End(round(max(ends), 3))])
        key = manifest_key(recording.channel, recording.broadcast)
        await self._objects.extend((key, manifest.size, line))
        prefix = broadcast_prefix(recording.channel, recording.broadcast)
        await self._objects.seal(*(info.key for info in await self._objects.list_prefix(prefix)))
        manifest.feed(line)

    async def _current(self, recording: Recording) -> Recording:
        if recording.state != "growing":
            return recording
        try:
            return _measured(recording, await self.manifest(recording))
        except TidegateError:
            return recording


def _measured(recording: Recording, manifest: Manifest) -> Recording:
    return msgspec.structs.replace(
        recording,
        duration_s=round(manifest.duration_s, 3),
        gap_s=round(manifest.gap_s, 3),
        bytes=manifest.media_bytes,
    )


def _existing(transaction: Transaction, recording: str) -> Recording:
    found = rows.find(transaction, recording)
    if found is None:
        raise RecordingNotFoundError(recording)
    return found
