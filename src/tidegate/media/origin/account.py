"""What came of one broadcast since it was last asked: plain counts, added to on the way and read by `report`. Pure.

In: parts as they come, changes of state, notes. Out: amounts since the last reading, which begins them anew.
"""

from typing import NamedTuple

from tidegate.core.chunks import Chunk

LATE_LENGTHS = 1.5
"""A part is late that comes more than its length and a half after the one before it."""


class Received:
    """One track's: what arrived from whoever makes it.

    Attributes:
        bytes, parts, frames: as they are stored; `media_s`: seconds of the track's own timeline.
        late: parts that came late.
        keyframe_at: when a part that begins with a keyframe last came, monotonic seconds; 0 before the first.
    """

    __slots__ = ("_last_at", "bytes", "frames", "keyframe_at", "late", "media_s", "parts")

    def __init__(self) -> None:
        self._last_at = self.keyframe_at = 0.0
        self.clear()

    def clear(self) -> None:
        """These have been told."""
        self.bytes = self.parts = self.frames = self.late = 0
        self.media_s = 0.0

    def begin(self) -> None:
        """Somebody else sends from now on, or another kind of media: the next part is late for nothing."""
        self._last_at = 0.0

    def add(self, chunk: Chunk, timescale: int, now: float) -> None:
        """A part has come at `now`, monotonic seconds."""
        duration_s = chunk.duration / timescale
        self.parts += 1
        self.bytes += len(chunk.data)
        self.frames += chunk.samples
        self.media_s += duration_s
        if self._last_at and now - self._last_at > LATE_LENGTHS * duration_s:
            self.late += 1
        self._last_at = now
        if chunk.independent:
            self.keyframe_at = now


class Happened(NamedTuple):
    """Of one broadcast: how long a publisher was due to deliver, how long it was live, and what broke."""

    due_s: float
    live_s: float
    jumps: int
    discontinuities: int


class Account:
    """One broadcast's, beside its tracks'.

    Attributes:
        jumps: of the publisher's timestamps.
        discontinuities: in the playlist.
    """

    def __init__(self, now: float) -> None:
        self.jumps = self.discontinuities = 0
        self._since = now
        self._due = self._live = False
        self._due_s = self._live_s = 0.0

    def turn(self, now: float, *, due: bool, live: bool) -> None:
        """From `now` on, monotonic seconds, a publisher is due to deliver or not, and the stream live or not."""
        self._settle(now)
        self._due, self._live = due, live

    def owe(self, seconds: float) -> None:
        """A publisher was due for so long before it was known to be."""
        self._due_s += seconds

    def take(self, now: float) -> Happened:
        """What has happened since this was last called."""
        self._settle(now)
        happened = Happened(self._due_s, self._live_s, self.jumps, self.discontinuities)
        self._due_s = self._live_s = 0.0
        self.jumps = self.discontinuities = 0
        return happened

    def _settle(self, now: float) -> None:
        if self._due:
            self._due_s += now - self._since
        if self._live:
            self._live_s += now - self._since
        self._since = now
