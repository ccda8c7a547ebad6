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
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.index import Index, SegmentRecord, TrackRecord, read_index
from tidegate.media.origin.keys import PREFIX, channel_prefix, index_key, media_key
from tidegate.media.origin.window import Segment, TrackWindow
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectsError

_REEL_FILE = re.compile(r"/reel-[0-9a-z]{1,40}-[0-9]{1,15}\.m4s\Z")

UNTOLD_SEGMENTS = 2
"""Segments that may have been begun beyond what the index of a growing stream tells: the one it names as open, and one
more in the moment that the keeper waits for the slower track.
"""

_log = structlog.get_logger()

Make = Callable[[str, str], Broadcast]
"""Makes an empty broadcast for a channel and broadcast id."""


async def recover(objects: Objects, make: Make) -> list[Broadcast]:
    """All broadcasts that the store still knows.

    Raises:
        ObjectsError: the store cannot even be listed.
    """
    sizes = {info.key: info.size for info in await objects.list_prefix(PREFIX)}
    channels = sorted({key.split("/")[1] for key in sizes if key.count("/") >= 2})
    found = []
    for channel in channels:
        try:
            broadcast = await _recover_channel(objects, make, channel, sizes)
        except ObjectsError as error:
            _log.warning("stream_not_recovered", channel=channel, error=str(error))
            continue
        if broadcast is not None:
            found.append(broadcast)
    return found


async def _recover_channel(
    objects: Objects, make: Make, channel: str, sizes: dict[str, int]
) -> Broadcast | None:
    key = index_key(channel)
    stored = {key: size for key, size in sizes.items() if key.startswith(channel_prefix(channel) + "/")}
    index = read_index(await objects.get(key)) if key in stored else None
    broadcast = make(channel, index.broadcast if index is not None else "")
    if index is None or index.channel != channel or not _restored(broadcast, index, stored):
        removed = await objects.delete_prefix(channel_prefix(channel))
        _log.warning("stream_index_unreadable", channel=channel, objects_removed=removed)
        return None
    listed = {
        media_key(channel, window.track.name, segment.reel)
        for window in broadcast.windows.values()
        for segment in window.segments
        if segment.reel
    }
    await objects.delete(*(key for key in stored if _REEL_FILE.search(key) and key not in listed))
    _log.info(
        "stream_recovered",
        channel=channel,
        state=broadcast.state,
        segments={name: len(window.segments) for name, window in broadcast.windows.items()},
    )
    return broadcast


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
    key = media_key(broadcast.channel, window.track.name, record.reel)
    if not record.gap and stored.get(key, 0) < record.offset + sum(record.sizes):
        window.add_gap(record.msn, record.duration_s, record.wall_s)
        return
    segment.duration_s = record.duration_s
    segment.sizes = list(record.sizes)
    segment.parts = None
    segment.stored = True
    segment.reel, segment.offset = record.reel, record.offset
    window.restore(segment)


def _fill_to(window: TrackWindow, next_msn: int, duration_s: float) -> None:
    """Gaps up to `next_msn`: everything that players may have seen begin has a number."""
    due = window.next_msn
    if due is None:
        return
    for msn in range(due, next_msn):
        window.add_gap(msn, duration_s, None)
