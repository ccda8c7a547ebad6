"""Takes up broadcasts of this process's earlier life, so that players go on with the same playlists.

In: indexes and segments in the object store. Out: broadcasts as they were, interrupted: complete segments are served
again, the one that was being written is a gap, and the next session begins after a discontinuity with higher
numbers. A segment that the index names and the store lacks is a gap too. What cannot be read is
removed, for a playlist that forgets is worse than none.
"""

import re
from collections.abc import Callable

import structlog

from tidegate.media.origin import playlist
from tidegate.media.origin.archive import Archive
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.index import Index, SegmentRecord, TrackRecord, read_index
from tidegate.media.origin.keys import (
    PREFIX,
    broadcast_prefix,
    channel_prefix,
    index_key,
    manifest_key,
    media_key,
)
from tidegate.media.origin.manifest import Manifest
from tidegate.media.origin.window import Segment, TrackWindow
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError, ObjectsError

_REEL_FILE = re.compile(r"/reel-[0-9a-z]{1,40}-[0-9]{1,15}\.m4s\Z")

_BROADCAST = re.compile(r"[0-9A-Za-z_-]{1,80}\Z")

UNTOLD_SEGMENTS = 2
"""Segments that may have been begun beyond what the index of a growing stream tells: the one it names as open, and one
more in the moment that the keeper waits for the slower track.
"""

_log = structlog.get_logger()

Make = Callable[[str, str], Broadcast]
"""Makes an empty broadcast for a channel and broadcast id."""


async def recover(state: Objects, objects: Objects, make: Make) -> list[tuple[Broadcast, Archive | None]]:
    """All broadcasts that `state` still knows, with what is kept of them.

    Raises:
        ObjectsError: the store cannot even be listed.
    """
    keys = [info.key for info in await state.list_prefix(PREFIX)]
    channels = sorted({key.split("/")[1] for key in keys if key.count("/") >= 2})
    found = []
    for channel in channels:
        try:
            recovered = await _recover_channel(state, objects, make, channel)
        except ObjectsError as error:
            _log.warning("stream_not_recovered", channel=channel, error=str(error))
            continue
        if recovered is not None:
            found.append(recovered)
    return found


async def _recover_channel(
    state: Objects, objects: Objects, make: Make, channel: str
) -> tuple[Broadcast, Archive | None] | None:
    try:
        index = read_index(await state.get(index_key(channel)))
    except ObjectNotFoundError:
        index = None
    broadcast = make(channel, index.broadcast if index is not None else "")
    stored = await _stored(objects, channel, index)
    if index is None or index.channel != channel or not _restored(broadcast, index, stored):
        await state.delete_prefix(channel_prefix(channel))
        _log.warning("stream_index_unreadable", channel=channel)
        return None
    archive = await _archive(objects, broadcast)
    reels = [key for key in stored if _REEL_FILE.search(key)]
    if archive is None:
        listed = {
            media_key(channel, broadcast.id, window.track.name, segment.reel)
            for window in broadcast.windows.values()
            for segment in window.segments
            if segment.reel
        }
        await objects.delete(*(key for key in reels if key not in listed))
        reels = [key for key in reels if key in listed]
    await objects.seal(*reels)  # none of them grows any more: the next session begins one of its own
    _log.info(
        "stream_recovered",
        channel=channel,
        state=broadcast.state,
        segments={name: len(window.segments) for name, window in broadcast.windows.items()},
    )
    return broadcast, archive


async def _stored(objects: Objects, channel: str, index: Index | None) -> dict[str, int]:
    """Sizes of what stands under the broadcast that an index names."""
    if index is None or _BROADCAST.match(index.broadcast) is None:
        return {}
    prefix = broadcast_prefix(channel, index.broadcast)
    return {info.key: info.size for info in await objects.list_prefix(prefix)}


async def _archive(objects: Objects, broadcast: Broadcast) -> Archive | None:
    manifest = Manifest()
    try:
        manifest.feed(await objects.get(manifest_key(broadcast.channel, broadcast.id)))
    except ObjectNotFoundError:
        return None
    if manifest.head is None or manifest.head.broadcast != broadcast.id:
        return None
    return Archive.resumed(manifest)


def _restored(broadcast: Broadcast, index: Index, stored: dict[str, int]) -> bool:
    """Restore; False where the index can be read but what it says makes no sense."""
    try:
        restore(broadcast, index, stored)
    except (ValueError, ArithmeticError) as error:
        _log.warning("stream_index_senseless", channel=broadcast.channel, error=str(error))
        return False
    return True


def restore(broadcast: Broadcast, index: Index, stored: dict[str, int]) -> None:
    """Make an empty broadcast what its index says it was.

    Raises:
        ValueError: a value is impossible. So does ArithmeticError: a date, for one, is out of range.
    """
    if not index.tracks or any(record.track.timescale <= 0 for record in index.tracks):
        raise ValueError("no tracks, or one without a timescale")
    broadcast.started_at = index.started_at
    broadcast.discontinuities.extend(index.discontinuities)
    broadcast.discontinuity_base = index.discontinuity_base
    broadcast.discontinuity_count = index.discontinuity_count
    broadcast.playable_after_s = index.playable_after_s
    broadcast.end_s = index.end_s
    for record in index.tracks:
        window = _window(broadcast, record)
        for segment in record.segments:
            _restore_segment(broadcast, window, segment, stored)
    windows = broadcast.windows.values()
    broadcast.head = playlist.playlist_head(
        broadcast.config.target_s, max(window.track.part_target_s for window in windows)
    )
    begun = max((window.next_msn or 0 for window in windows), default=0)
    begun = max(begun, index.next_msn - 1 if index.growing else index.next_msn)
    broadcast.next_msn = begun + UNTOLD_SEGMENTS if index.growing else begun
    for window in windows:
        _fill_to(window, broadcast.next_msn, float(broadcast.config.target_s))
    broadcast.end_s += broadcast.config.target_s * (broadcast.next_msn - begun)
    broadcast.resume(ended=index.state == "ended")


def _window(broadcast: Broadcast, record: TrackRecord) -> TrackWindow:
    window = TrackWindow(record.track, broadcast.config, broadcast.discontinuities)
    window.session, window.next_part, window.map_uri = record.session, record.next_part, record.map_uri
    window.inits.update(record.inits)
    broadcast.windows[record.track.name] = window
    return window


def _restore_segment(
    broadcast: Broadcast, window: TrackWindow, record: SegmentRecord, stored: dict[str, int]
) -> None:
    segment = Segment(
        record.msn, record.session, record.first_part, record.wall_s, record.map_uri, gap=record.gap
    )
    key = media_key(broadcast.channel, broadcast.id, window.track.name, record.reel)
    if not record.gap and stored.get(key, 0) < record.offset + sum(record.sizes):
        window.add_gap(record.msn, record.duration_s, record.wall_s)
        return
    segment.duration_s = record.duration_s
    segment.sizes = list(record.sizes)
    segment.parts = None
    segment.stored = True
    segment.reel, segment.offset = record.reel, record.offset
    segment.independent = record.independent
    window.restore(segment)


def _fill_to(window: TrackWindow, next_msn: int, duration_s: float) -> None:
    """Gaps up to `next_msn`: everything that players may have seen begin has a number."""
    due = window.next_msn
    if due is None:
        return
    for msn in range(due, next_msn):
        window.add_gap(msn, duration_s, None)
