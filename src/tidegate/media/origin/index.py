"""The index of a stream: what a restarted origin must know to go on with the same playlists.

In: a broadcast. Out: JSON lines, and back. The first line is the whole index; each later one tells the state anew
and adds the segments since, so that a segment costs a line and not a file. Now and then a whole one replaces all.
"""

from itertools import takewhile

import msgspec

from tidegate.core.chunks import Track
from tidegate.core.streams import StreamState
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.window import Segment, TrackWindow

FORMAT = 3
LINES_MAX = 64
"""Lines after which a whole index is written: bounds what a restart reads, and what the lines waste."""


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
    reel: str
    offset: int
    independent: bool


class TrackRecord(msgspec.Struct, frozen=True):
    """A track. On a line after the first `inits` and `segments` are those that are new.

    Attributes:
        first_msn: number of the first segment in the playlist; those before have left it.
    """

    track: Track
    first_msn: int
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
    first_msn: int
    session: str
    next_part: int
    map_uri: str
    inits: dict[str, bytes]
    segments: list[msgspec.Raw]


class _IndexRaw(Index, frozen=True):
    tracks: list[_TrackRaw]  # type: ignore[assignment]  # encodes to the same JSON


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Index).decode


class Journal:
    """The index as it is written: what to write next, and where."""

    def __init__(self) -> None:
        self._size = self._lines = 0
        self._told: dict[str, int] = {}
        self._inits: set[str] = set()

    def next(self, broadcast: Broadcast) -> tuple[int, bytes]:
        """Where in the object to write, and what; 0 means that it is to be replaced."""
        if self._lines >= LINES_MAX:
            self.restart()
        line = _encode(self._index(broadcast)) + b"\n"
        offset = self._size
        self._size += len(line)
        self._lines += 1
        for name, window in broadcast.windows.items():
            if window.segments:
                self._told[name] = window.segments[-1].msn
            self._inits.update(window.inits)
        return offset, line

    def restart(self) -> None:
        """Begin with a whole index: nobody knows what the object holds."""
        self._size = self._lines = 0
        self._told.clear()
        self._inits.clear()

    def _index(self, broadcast: Broadcast) -> _IndexRaw:
        return _IndexRaw(
            format=FORMAT,
            channel=broadcast.channel,
            broadcast=broadcast.id,
            started_at=broadcast.started_at,
            state=broadcast.state,
            growing=broadcast.source is not None,
            next_msn=broadcast.next_msn,
            end_s=broadcast.end_s,
            discontinuities=broadcast.discontinuities,
            discontinuity_base=broadcast.discontinuity_base,
            discontinuity_count=broadcast.discontinuity_count,
            playable_after_s=broadcast.playable_after_s,
            tracks=[self._track(name, window) for name, window in broadcast.windows.items()],
        )

    def _track(self, name: str, window: TrackWindow) -> _TrackRaw:
        told = self._told.get(name, -1)
        fresh = takewhile(lambda segment: segment.msn > told, reversed(window.segments))
        return _TrackRaw(
            track=window.track,
            first_msn=window.segments[0].msn if window.segments else 0,
            session=window.session,
            next_part=window.next_part,
            map_uri=window.map_uri,
            inits={uri: init for uri, init in window.inits.items() if uri not in self._inits},
            segments=[_segment(segment) for segment in fresh][::-1],
        )


def read_index(data: bytes) -> Index | None:
    """The index that a journal's lines make together; None where the first line is none.

    A line that cannot be read was being written when its process died; it and what follows do not count.
    """
    index = None
    for line in data.splitlines():
        try:
            later = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            break
        if later.format != FORMAT or (index is not None and later.broadcast != index.broadcast):
            break
        index = later if index is None else _together(index, later)
    return index


def _together(index: Index, later: Index) -> Index:
    before = {record.track.name: record for record in index.tracks}
    tracks = [
        _track_together(before[record.track.name], record) if record.track.name in before else record
        for record in later.tracks
    ]
    return msgspec.structs.replace(later, tracks=tracks)


def _track_together(before: TrackRecord, later: TrackRecord) -> TrackRecord:
    segments = [segment for segment in before.segments if segment.msn >= later.first_msn] + later.segments
    used = {segment.map_uri for segment in segments} | {later.map_uri}
    inits = {uri: init for uri, init in (before.inits | later.inits).items() if uri in used}
    return msgspec.structs.replace(later, inits=inits, segments=segments)


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
                    segment.reel,
                    segment.offset,
                    segment.independent,
                )
            )
        )
    return segment.record
