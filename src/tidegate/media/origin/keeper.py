"""Keeps one broadcast in the object store: finished segments, the index, the manifest, and the removal of what nobody wants.

In: a poke after each segment, and the origin's sweep. Out: reels, an index and a manifest that grow. Storing begins in the sweep,
so that all streams with something to store wake thread and loop together. Media is removed when it is in no window: not in
the live one, not within reach of those who go back (DVR), not in a recording. One task at a time per broadcast, so a slow
disk makes batches larger and never a queue longer. Where storing fails, playing goes on from memory, older segments leave the playlist as
memory requires, and it is tried again.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable

import structlog

from tidegate.media.origin.archive import Archive
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.config import OriginConfig
from tidegate.media.origin.index import Journal
from tidegate.media.origin.keys import broadcast_prefix, channel_prefix, index_key, manifest_key, media_key
from tidegate.media.origin.reels import Reel
from tidegate.media.origin.window import Segment, TrackWindow
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectsError

RETRY_S = 2.0
"""How long after a failure storing is tried again."""

UNEVEN_S = 0.5
"""How long one track's segment waits to be stored together with that of another, which ends a part later."""

REMOVED_READABLE_S = 20.0
"""How long a segment can be read after it left the playlist: a slow player may hold a playlist that has it
(RFC 8216bis 6.2.2 asks for its own duration at least)."""

_log = structlog.get_logger()


class Keeper:
    """Stores one broadcast.

    Args:
        state: where the index is kept: on this machine, whose restart it is for.
        dvr_s: how far back viewers may go, asked anew each time.
        on_archived: told once, when all that is kept of an ended broadcast stands in the store.

    Attributes:
        archive: what is kept beyond the live window; None where nothing is.
        error: why the last attempt to store failed, empty where it did not.
    """

    def __init__(
        self,
        broadcast: Broadcast,
        objects: Objects,
        state: Objects,
        config: OriginConfig,
        archive: Archive | None,
        dvr_s: Callable[[], float],
        on_archived: Callable[[Broadcast], None],
    ) -> None:
        self._broadcast = broadcast
        self._objects = objects
        self._state = state
        self._config = config
        self.archive = archive
        self._dvr_s = dvr_s
        self._on_archived = on_archived
        self._archived = False
        self._task: asyncio.Task[None] | None = None
        self._dirty = False
        self._dirty_at = 0.0
        self._retry_at = 0.0
        self._doomed: deque[tuple[float, str]] = deque()
        self._doomed_broadcasts: list[tuple[float, str]] = []
        self._journal = Journal()
        self._reels: defaultdict[str, Reel] = defaultdict(Reel)
        self.error = ""

    @property
    def busy(self) -> bool:
        """Whether something is being stored or removed."""
        return self._task is not None

    @property
    def records(self) -> bool:
        """Whether this broadcast is recorded and its recording is not whole yet."""
        return self.archive is not None and self.archive.recorded and not self._archived

    def poke(self) -> None:
        """A segment was completed, or the state changed: store what is new in the next sweep."""
        if not self._dirty:
            self._dirty = True
            self._dirty_at = self._broadcast.clock.monotonic()
        if self.error:
            self._bound()

    def _due(self, now: float) -> bool:
        if self.error:
            return now >= self._retry_at
        return now - self._dirty_at >= UNEVEN_S or not self._uneven()

    def _uneven(self) -> bool:
        """Whether a track is about to complete the segment that another has completed."""
        windows = self._broadcast.windows.values()
        newest = max((window.segments[-1].msn for window in windows if window.segments), default=-1)
        return any(window.open is not None and window.open.msn <= newest for window in windows)

    def _begin(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._store())

    def doom(self, prefix: str) -> None:
        """An earlier broadcast on this channel, to be removed in a while."""
        self._doomed_broadcasts.append((self._broadcast.clock.monotonic() + self._config.window_s, prefix))

    def sweep(self, now: float) -> None:
        """Store what waits; try again after a failure; remove what is due."""
        if self._dirty:
            if self._due(now):
                self._begin()
        elif self._task is None and self._is_due(now):
            self._task = asyncio.get_running_loop().create_task(self._delete(now))

    def _is_due(self, now: float) -> bool:
        return bool(self._doomed and self._doomed[0][0] <= now) or any(
            at <= now for at, _ in self._doomed_broadcasts
        )

    async def settle(self) -> None:
        """Store what there is, and wait for it."""
        await self._idle()
        self._retry_at = 0.0
        self._dirty = True
        self._begin()
        await self._idle()

    async def _idle(self) -> None:
        task = self._task
        while task is not None:
            await asyncio.wait([task])
            task = self._task

    async def remove_all(self, unless: Callable[[], bool]) -> None:
        """The broadcast is forgotten: its media goes too, unless it is recorded, and its index `unless` another one has
        taken its place meanwhile.
        """
        await self._idle()
        channel = self._broadcast.channel
        try:
            if self.archive is None or not self.archive.recorded:
                await self._objects.delete_prefix(broadcast_prefix(channel, self._broadcast.id))
                for _, prefix in self._doomed_broadcasts:
                    await self._objects.delete_prefix(prefix)
            if not unless():
                await self._state.delete_prefix(channel_prefix(channel))
        except ObjectsError as error:
            _log.warning("objects_not_removed", channel=self._broadcast.channel, error=str(error))

    async def _store(self) -> None:
        try:
            while self._dirty:
                self._dirty = False
                if not await self._store_once():
                    return
        finally:
            self._task = None

    async def _store_once(self) -> bool:
        broadcast = self._broadcast
        unstored = [
            (window, segment) for window in broadcast.windows.values() for segment in window.unstored()
        ]
        for window, segment in unstored:
            self._reels[window.track.name].place(segment)
        try:
            await self._write(unstored)
        except ObjectsError as error:
            for window, segment in reversed(unstored):
                self._reels[window.track.name].take_back(segment)
                segment.record = None
            self._journal.restart()
            self._failed(error)
            return False
        for _, segment in unstored:
            segment.stored = True
        self._stored()
        return await self._settled()

    async def _write(self, segments: list[tuple[TrackWindow, Segment]]) -> None:
        """The index first: after a crash in between, a segment it names in vain becomes a gap, and no number is lost.
        The manifest, which must not name in vain, tells of segments that an earlier turn has stored.
        """
        broadcast = self._broadcast
        channel = broadcast.channel
        items = [
            (media_key(channel, broadcast.id, window.track.name, segment.reel), segment.offset, segment.parts)
            for window, segment in segments
            if segment.parts is not None
        ]
        offer = self.archive.offer() if self.archive is not None else None
        if offer is not None:
            items.append((manifest_key(channel, broadcast.id), offer[0], [offer[1]]))
        offset, line = self._journal.next(broadcast)
        if not offset:
            await self._state.put((index_key(channel), line))
        elif self._state is self._objects:  # one trip for all of it
            items.insert(0, (index_key(channel), offset, [line]))
        else:
            await self._state.extend((index_key(channel), offset, line))
        if items:
            await self._objects.extend(*items)
        if offer is not None and self.archive is not None:
            self.archive.accepted()

    def _stored(self) -> None:
        broadcast = self._broadcast
        now = broadcast.clock.monotonic()
        at = now + REMOVED_READABLE_S
        archive = self.archive
        for name, window in broadcast.windows.items():
            window.release()
            if archive is not None:
                archive.take(window, broadcast.discontinuities)
            else:
                kept = next((segment.reel for segment in window.segments if segment.reel), "")
                over = dict.fromkeys(gone.reel for gone in window.removed if gone.reel not in ("", kept))
                self._doom_reels(at, [(name, reel) for reel in over])
            window.removed.clear()
        if archive is not None and not archive.recorded:
            self._doom_reels(at, archive.unwanted(max(self._dvr_s(), self._config.window_s)))
        if self.error:
            self.error = ""
            broadcast.notes.remove("storage-failed")
            _log.info("storage_recovered", channel=broadcast.channel)
            broadcast.decided("storage", "resumed", "Segments can be stored again.")

    def _doom_reels(self, at: float, reels: list[tuple[str, str]]) -> None:
        broadcast = self._broadcast
        self._doomed.extend((at, media_key(broadcast.channel, broadcast.id, *each)) for each in reels)

    async def _settled(self) -> bool:
        """Seal what is whole; of an ended broadcast tell the manifest the rest. False where the store refused."""
        broadcast, archive = self._broadcast, self.archive
        ended = broadcast.ended and not any(window.unstored() for window in broadcast.windows.values())
        if ended:
            for reel in self._reels.values():
                reel.end()
        whole = [
            media_key(broadcast.channel, broadcast.id, name, file)
            for name, reel in self._reels.items()
            for file in reel.whole
        ]
        try:
            if archive is not None and ended and not self._archived:
                archive.end(broadcast.clock.wall())
                offer = archive.offer()
                manifest = manifest_key(broadcast.channel, broadcast.id)
                if offer is not None:
                    await self._objects.extend((manifest, *offer))
                    archive.accepted()
                whole.append(manifest)
            if whole:
                await self._objects.seal(*whole)
        except ObjectsError as error:
            self._failed(error)
            return False
        for reel in self._reels.values():
            reel.whole.clear()
        if ended and archive is not None and not self._archived:
            self._archived = True
            self._on_archived(broadcast)
        return True

    def _failed(self, error: ObjectsError) -> None:
        if not self.error:
            _log.warning("storage_failed", channel=self._broadcast.channel, error=str(error))
            self._broadcast.decided(
                "storage",
                "suspended",
                f"{error.message} The stream plays on from memory"
                + (", and its recording has a hole." if self.records else "."),
                code=error.code,
                retry_s=RETRY_S,
            )
        self.error = error.message
        self._dirty = True
        self._retry_at = self._broadcast.clock.monotonic() + RETRY_S
        self._broadcast.note(
            "storage-failed",
            "error",
            f"Segments cannot be stored: {error.message} Viewers can go back only a few seconds.",
            error.hint,
        )
        self._bound()

    def _bound(self) -> None:
        for window in self._broadcast.windows.values():
            if window.drop_unstored(self._config.memory_max_bytes):
                window.waiters.wake()

    async def _delete(self, now: float) -> None:
        keys = [key for at, key in self._doomed if at <= now]
        prefixes = [prefix for at, prefix in self._doomed_broadcasts if at <= now]
        self._doomed = deque(each for each in self._doomed if each[0] > now)
        self._doomed_broadcasts = [each for each in self._doomed_broadcasts if each[0] > now]
        try:
            if keys:
                await self._objects.delete(*keys)
            for prefix in prefixes:
                await self._objects.delete_prefix(prefix)
        except ObjectsError as error:
            _log.warning("objects_not_removed", channel=self._broadcast.channel, error=str(error))
        finally:
            self._task = None
