"""What an MP4 file of a recording is made from, and what it is then: its head, and which bytes of which reel follow."""

from bisect import bisect_right
from typing import NamedTuple

from tidegate.core.chunks import Track
from tidegate.media.recordings.samples import SampleTable


class Span(NamedTuple):
    """Bytes of the file that are bytes of a reel. `at` counts from the beginning of the media."""

    at: int
    track: str
    reel: str
    offset: int
    size: int


class SegmentPlace(NamedTuple):
    """A segment to go into the file; an empty `reel` for one that is missing."""

    reel: str
    offset: int
    size: int
    duration_s: float
    map_uri: str


class Mp4Track(NamedTuple):
    """One track: its headers by name, its segments, and the samples in them."""

    name: str
    inits: dict[str, Track]
    segments: list[SegmentPlace]
    samples: SampleTable


class Mp4(NamedTuple):
    """The whole file: `head`, then the spans one after the other."""

    head: bytes
    spans: list[Span]
    size: int

    def pieces(self, start: int, end: int) -> "list[bytes | Span]":
        """What makes up the bytes from `start` to, not including, `end`."""
        pieces: list[bytes | Span] = []
        if start < len(self.head):
            pieces.append(self.head[start:end])
        begin, stop = max(0, start - len(self.head)), end - len(self.head)
        index = bisect_right(self.spans, begin, key=lambda span: span.at) - 1
        for span in self.spans[max(0, index) :]:
            if span.at >= stop:
                break
            first, last = max(begin, span.at), min(stop, span.at + span.size)
            if first < last:
                pieces.append(Span(first, span.track, span.reel, span.offset + first - span.at, last - first))
        return pieces
