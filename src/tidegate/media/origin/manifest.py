"""The manifest of a broadcast: which segment of which track is where in which reel, for as long as the media is kept.

In: stored segments. Out: JSON lines that are only ever added, and from them runs of segments again. It is written beside the
media, so a recording can be read, moved and found again without any database. A line that cannot be read was being written
when a process died: it is skipped, and so costs itself alone. Pure: no I/O.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from tidegate.core.chunks import Track

FORMAT = 1

DISCONTINUITY = 1
INDEPENDENT = 2
"""Flags of a segment: it begins after a discontinuity; it begins with a sync sample of its track."""


class Head(msgspec.Struct, frozen=True, tag="head", tag_field="line"):
    """The first line. `recorded`: the media is kept after the broadcast."""

    format: int
    channel: str
    broadcast: str
    started_at: float
    target_s: int
    recorded: bool


class Init(msgspec.Struct, frozen=True, tag="init", tag_field="line"):
    """A CMAF header, before the first segment that needs it. `uri` is its name in playlists."""

    uri: str
    track: Track


class Run(msgspec.Struct, frozen=True, tag="run", tag_field="line"):
    """Segments of one track that follow each other in one reel; those of a gap have neither reel nor size.

    Attributes:
        msn: of the first; the others count on.
        offset: of the first in its reel, bytes.
        wall_s: program date and time of the first, seconds since the Unix epoch; the others follow on.
        durations_s, sizes, flags: of each.
    """

    track: str
    session: str
    map_uri: str
    reel: str
    msn: int
    offset: int
    wall_s: float
    durations_s: list[float]
    sizes: list[int]
    flags: list[int]


class End(msgspec.Struct, frozen=True, tag="end", tag_field="line"):
    """The last line: the broadcast ended, and everything that was stored of it is named above."""

    at: float


Line = Head | Init | Run | End
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def encode_lines(lines: Iterable[Line]) -> bytes:
    return b"".join(_encode(line) + b"\n" for line in lines)


def decode_lines(data: bytes) -> tuple[list[Line], int]:
    """The lines that can be read, and how many bytes all whole lines take."""
    whole = data.rfind(b"\n") + 1
    lines: list[Line] = []
    for text in data[:whole].split(b"\n"):
        try:
            line = _decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if not isinstance(line, Run) or _is_sound(line):
            lines.append(line)
    return lines, whole


def _is_sound(run: Run) -> bool:
    count = len(run.durations_s)
    return (
        0 < count == len(run.sizes) == len(run.flags)
        and min(run.msn, run.offset, *run.sizes, *run.flags) >= 0
        and max(*run.sizes, run.offset, run.msn) < 1 << 53
        and all(0 <= each < 1e6 for each in run.durations_s)
        and 0 <= run.wall_s < 1e11
    )


class Place(NamedTuple):
    """Where a segment is; `reel` is empty for a gap."""

    msn: int
    session: str
    map_uri: str
    reel: str
    offset: int
    size: int
    duration_s: float
    wall_s: float
    flags: int


class RunIndex:
    """A run as it is kept in memory: some 25 bytes a segment."""

    __slots__ = (
        "discontinuities", "duration_s", "durations_s", "flags", "map_uri", "msn", "offset", "reel", "session", "sizes",
        "text", "wall_s",
    )  # fmt: skip

    def __init__(self, run: Run) -> None:
        self.msn, self.session, self.map_uri, self.reel = run.msn, run.session, run.map_uri, run.reel
        self.offset, self.wall_s = run.offset, run.wall_s
        self.durations_s = array("d", run.durations_s)
        self.sizes = array("q", run.sizes)
        self.flags = bytes(flag & 0xFF for flag in run.flags)
        self.duration_s = sum(self.durations_s)
        self.discontinuities = sum(flag & DISCONTINUITY for flag in self.flags)
        self.text = ""
        """Its lines in a playlist, once somebody has asked."""

    @property
    def end_msn(self) -> int:
        return self.msn + len(self.durations_s)

    def places(self) -> Iterator[Place]:
        offset, wall_s = self.offset, self.wall_s
        for index, (duration_s, size, flags) in enumerate(
            zip(self.durations_s, self.sizes, self.flags, strict=True)
        ):
            yield Place(
                self.msn + index,
                self.session,
                self.map_uri,
                self.reel,
                offset,
                size,
                duration_s,
                wall_s,
                flags,
            )
            offset += size
            wall_s += duration_s


class TrackIndex:
    """One track: its headers and its runs, oldest first."""

    def __init__(self) -> None:
        self.inits: dict[str, Track] = {}
        self.runs: list[RunIndex] = []
        self._firsts: list[int] = []

    @property
    def track(self) -> Track | None:
        """As it was announced last."""
        return next(reversed(self.inits.values()), None)

    @property
    def next_msn(self) -> int:
        return self.runs[-1].end_msn if self.runs else 0

    def add(self, run: RunIndex) -> None:
        if self.runs and run.msn < self.next_msn:
            return  # told before a kill and once more after it
        self.runs.append(run)
        self._firsts.append(run.msn)

    def find(self, msn: int) -> Place | None:
        index = bisect_right(self._firsts, msn) - 1
        if index < 0 or msn >= self.runs[index].end_msn:
            return None
        return next(place for place in self.runs[index].places() if place.msn == msn)

    def from_msn(self, msn: int) -> list[RunIndex]:
        """Runs that hold `msn` or anything after it."""
        index = bisect_right(self._firsts, msn) - 1
        if index >= 0 and msn >= self.runs[index].end_msn:
            index += 1
        return self.runs[max(0, index) :]

    def since(self, wall_s: float) -> int:
        """The first number of the first run that begins at `wall_s` or later; of the last run where none does."""
        index = bisect_left(self.runs, wall_s, key=lambda run: run.wall_s)
        return self.runs[min(index, len(self.runs) - 1)].msn if self.runs else 0


class Manifest:
    """Everything a manifest has told so far.

    Attributes:
        head: None before the first line.
        ended_at: None while the broadcast runs, or where it was cut off.
        size: bytes of all whole lines read.
        segments: how many there are over all tracks.
    """

    def __init__(self) -> None:
        self.head: Head | None = None
        self.ended_at: float | None = None
        self.tracks: dict[str, TrackIndex] = {}
        self.size = 0
        self.segments = 0

    def feed(self, data: bytes) -> None:
        """What follows after `size` bytes; an incomplete last line is left for the next time."""
        lines, taken = decode_lines(data)
        self.size += taken
        for line in lines:
            self._take(line)

    def _take(self, line: Line) -> None:
        if isinstance(line, Head):
            self.head = self.head or line
        elif isinstance(line, Init):
            self.tracks.setdefault(line.track.name, TrackIndex()).inits[line.uri] = line.track
        elif isinstance(line, Run):
            index = self.tracks.get(line.track)
            if index is not None and line.map_uri in index.inits:
                index.add(RunIndex(line))
                self.segments += len(line.sizes)
        else:
            self.ended_at = line.at

    def find(self, track: str, session: str, msn: int) -> Place | None:
        index = self.tracks.get(track)
        place = index.find(msn) if index is not None else None
        return place if place is not None and place.reel and place.session == session else None

    @property
    def played(self) -> dict[str, TrackIndex]:
        """Tracks that have segments."""
        return {name: index for name, index in self.tracks.items() if index.runs}

    @property
    def duration_s(self) -> float:
        return max((sum(run.duration_s for run in index.runs) for index in self.tracks.values()), default=0.0)

    @property
    def media_bytes(self) -> int:
        return sum(sum(run.sizes) for index in self.tracks.values() for run in index.runs)

    @property
    def gap_s(self) -> float:
        """How much is missing, of the track that misses most."""
        return max(
            (sum(run.duration_s for run in index.runs if not run.reel) for index in self.tracks.values()),
            default=0.0,
        )
