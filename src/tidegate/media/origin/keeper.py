"""Keeps one broadcast in the object store: finished segments, the index, and the removal of what has left the window.

In: a poke after each segment, and the origin's sweep. Out: reels and an index that grow. Storing begins in the sweep,
so that all streams with something to store wake thread and loop together. One task at a time per broadcast, so a slow
disk makes batches larger and never a queue longer. Where storing fails, playing goes on from memory, older segments leave the playlist as
memory requires, and it is tried again.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable

import structlog

from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.config import OriginConfig
from tidegate.media.origin.index import Journal
from tidegate.media.origin.keys import channel_prefix, index_key, media_key
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

    Attributes:
        error: why the last attempt to store failed, empty where it did not.
    """

    def __init__(self, broadcast: Broadcast, objects: Objects, config: OriginConfig) -> None:
        self._broadcast = broadcast
        self._objects = objects
        self._config = config
        self._task: asyncio.Task[None] | None = None
        self._dirty = False
        self._dirty_at = 0.0
        self._retry_at = 0.0
        self._doomed: deque[tuple[float, str]] = deque()
        self._journal = Journal()
        self._reels: defaultdict[str, Reel] = defaultdict(Reel)
        self.error = ""

    @property
    def busy(self) -> bool:
        """Whether something is being stored or removed."""
        return self._task is not None

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

    def doom(self, keys: Iterable[str]) -> None:
        """Objects of an earlier broadcast on this channel, to be removed in a while."""
        at = self._broadcast.clock.monotonic() + self._config.window_s
        self._doomed.extend((at, key) for key in keys)

    def sweep(self, now: float) -> None:
        """Store what waits; try again after a failure; remove what is due."""
        if self._dirty:
            if self._due(now):
                self._begin()
        elif self._task is None and self._doomed and self._doomed[0][0] <= now:
            self._task = asyncio.get_running_loop().create_task(self._delete(now))

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
        """The broadcast is forgotten: its objects go too, `unless` another one has taken its place meanwhile."""
        await self._idle()
        if unless():
            return
        try:
            await self._objects.delete_prefix(channel_prefix(self._broadcast.channel))
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
        return True

    async def _write(self, segments: list[tuple[TrackWindow, Segment]]) -> None:
        """The index first: after a crash in between, a segment it names in vain becomes a gap, and no number is lost."""
        channel = self._broadcast.channel
        media = [
            (media_key(channel, window.track.name, segment.reel), segment.offset, segment.parts)
            for window, segment in segments
            if segment.parts is not None
        ]
        offset, line = self._journal.next(self._broadcast)
        if offset:
            await self._objects.extend((index_key(channel), offset, line), *media)
        else:
            await self._objects.put((index_key(channel), line))
            await self._objects.extend(*media)

    def _stored(self) -> None:
        broadcast = self._broadcast
        at = broadcast.clock.monotonic() + REMOVED_READABLE_S
        for name, window in broadcast.windows.items():
            window.release()
            kept = next((segment.reel for segment in window.segments if segment.reel), "")
            over = dict.fromkeys(gone.reel for gone in window.removed if gone.reel not in ("", kept))
            self._doomed.extend((at, media_key(broadcast.channel, name, reel)) for reel in over)
            window.removed.clear()
        if self.error:
            self.error = ""
            broadcast.notes.remove("storage-failed")
            _log.info("storage_recovered", channel=broadcast.channel)

    def _failed(self, error: ObjectsError) -> None:
        if not self.error:
            _log.warning("storage_failed", channel=self._broadcast.channel, error=str(error))
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
        self._doomed = deque(each for each in self._doomed if each[0] > now)
        try:
            await self._objects.delete(*keys)
        except ObjectsError as error:
            _log.warning("objects_not_removed", channel=self._broadcast.channel, error=str(error))
        finally:
            self._task = None
