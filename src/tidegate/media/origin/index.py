"""The index of a stream: what a restarted origin must know to go on with the same playlists.

In: a broadcast. Out: JSON bytes, and back. Written after every segment, so a segment's record is made once and kept.
"""

import msgspec

from tidegate.core.chunks import Track
from tidegate.core.streams import StreamState
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.window import Segment, TrackWindow

FORMAT = 1


class SegmentRecord(msgspec.Struct, frozen=True, array_like=True):
    """A complete segment; fields as in `window.Segment`."""

    msn: int
    session: str
    first_part: int
    sizes: list[int]
    duration_s: float
    wall_s: float
    map_uri: str
    gap: bool


class TrackRecord(msgspec.Struct, frozen=True):
    track: Track
    session: str
    next_part: int
    map_uri: str
    inits: dict[str, bytes]
    segments: list[SegmentRecord]


class Index(msgspec.Struct, frozen=True):
    """Everything of one broadcast but its media.

    Attributes:
        growing: a publishing session ran: when this is all that is left, the segment after the last was begun.
    """

    format: int
    channel: str
    broadcast: str
    started_at: float
    state: StreamState
    growing: bool
    next_msn: int
    end_s: float
    discontinuities: list[int]
    discontinuity_base: int
    discontinuity_count: int
    playable_after_s: float
    tracks: list[TrackRecord]


class _TrackRaw(msgspec.Struct, frozen=True):
    """`TrackRecord` as written, with its segments encoded already."""

    track: Track
    session: str
    next_part: int
    map_uri: str
    inits: dict[str, bytes]
    segments: list[msgspec.Raw]


class _IndexRaw(Index, frozen=True):
    tracks: list[_TrackRaw]  # type: ignore[assignment]  # encodes to the same JSON


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Index).decode


def write_index(broadcast: Broadcast) -> bytes:
    return _encode(
        _IndexRaw(
            format=FORMAT,
            channel=broadcast.channel,
            broadcast=broadcast.id,
            started_at=broadcast.started_at,
            state=broadcast.state,
            growing=broadcast.session is not None,
            next_msn=broadcast.next_msn,
            end_s=broadcast.end_s,
            discontinuities=broadcast.discontinuities,
            discontinuity_base=broadcast.discontinuity_base,
            discontinuity_count=broadcast.discontinuity_count,
            playable_after_s=broadcast.playable_after_s,
            tracks=[_track(window) for window in broadcast.windows.values()],
        )
    )


def read_index(data: bytes) -> Index | None:
    """The index that `write_index` wrote; None where `data` is none."""
    try:
        index = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return index if index.format == FORMAT else None


def _track(window: TrackWindow) -> _TrackRaw:
    return _TrackRaw(
        track=window.track,
        session=window.session,
        next_part=window.next_part,
        map_uri=window.map_uri,
        inits=window.inits,
        segments=[_segment(segment) for segment in window.segments],
    )


def _segment(segment: Segment) -> msgspec.Raw:
    if segment.record is None:
        segment.record = msgspec.Raw(
            _encode(
                SegmentRecord(
                    segment.msn,
                    segment.session,
                    segment.first_part,
                    segment.sizes,
                    segment.duration_s,
                    segment.wall_s,
                    segment.map_uri,
                    segment.gap,
                )
            )
        )
    return segment.record
