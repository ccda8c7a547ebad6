"""A slate on air: a loop's chunks, one after the other, as if a publisher sent them. Pure.

In: a `Loop` made beforehand, and time. Out: chunks at their place on the broadcast's timeline; only their decode times
and numbers are written anew. Nothing is encoded, and a part costs the copy of its bytes.
"""

from collections.abc import Iterator

import msgspec

from tidegate.core.chunks import Chunk, Loop, LoopTrack
from tidegate.media.origin.retime import retimed

LEAD_S = 0.6
"""Media listed at once when a slate goes on air: what players keep buffered at the live edge."""


class Slate:
    """What a `session.Session` is on air, for media that nobody sends; `began` is its first chunk's wall time.

    Attributes:
        short, first_msn, newest, tracks, shift_s, is_ready, fed_at: as a session's.
    """

    def __init__(
        self, loop: Loop, *, short: str, first_msn: int, start_s: float, now: float, wall_s: float
    ) -> None:
        self.loop = loop
        self.short = short
        self.first_msn = first_msn
        self.newest = -1
        self.tracks: set[str] = set()
        self.shift_s = 0.0
        self.is_ready = True
        self.fed_at = now
        self._zero = now - LEAD_S
        lead = loop.tracks[0]
        self._segment_s = sum(chunk.duration for chunk in lead.chunks) / lead.track.timescale
        self._reels = [_Reel(track, start_s, wall_s - LEAD_S, self._segment_s) for track in loop.tracks]

    def due(self, now: float) -> Iterator[Chunk]:
        """What has come due by `now`, monotonic seconds, in the order a publisher would send it."""
        self.fed_at = now
        while True:
            reel = min(self._reels, key=lambda each: each.next_end_s)
            if reel.next_end_s > now - self._zero + 1e-6:
                return
            yield reel.next()


class _Reel:
    """One track, at the chunk that comes next."""

    def __init__(self, looped: LoopTrack, start_s: float, wall_s: float, segment_s: float) -> None:
        self._chunks = looped.chunks
        self._timescale = looped.track.timescale
        self._start = round(start_s * self._timescale)
        self._wall_s = wall_s
        self._segment_s = segment_s
        self._index = 0
        self._elapsed = 0

    @property
    def next_end_s(self) -> float:
        """When the next chunk is over, seconds since the slate began."""
        return (self._elapsed + self._chunks[self._index % len(self._chunks)].duration) / self._timescale

    def next(self) -> Chunk:
        chunk = self._chunks[self._index % len(self._chunks)]
        at_s = self._elapsed / self._timescale
        dts = self._start + self._elapsed
        middle_s = at_s + chunk.duration / self._timescale / 2
        self._index += 1
        self._elapsed += chunk.duration
        return msgspec.structs.replace(
            chunk,
            dts=dts,
            segment=int(middle_s / self._segment_s),
            arrived_at=self._wall_s + at_s,
            data=retimed(chunk.data, dts, self._index),
        )
