"""What a media source buffer holds, as time ranges: pure. Seconds on the viewer's own timeline."""

HOLE_S = 0.1
"""Two ranges closer than this play as one, as browsers and hls.js do (`maxBufferHole`)."""

MAX_RANGES = 64
"""More holes than any playlist window can make; beyond it the oldest range goes."""


class TrackBuffer:
    """Ranges of one track, in order, not overlapping."""

    def __init__(self) -> None:
        self._ranges: list[tuple[float, float]] = []
        self.complete = False
        """Whether the playlist has ended and nothing more will come."""

    def append(self, start_s: float, end_s: float) -> None:
        """Add media; it joins a range it touches or overlaps. Earlier than the last range is allowed, once."""
        if end_s <= start_s:
            return
        kept = []
        for low, high in self._ranges:
            if high + HOLE_S < start_s or low - HOLE_S > end_s:
                kept.append((low, high))
            else:
                start_s, end_s = min(start_s, low), max(end_s, high)
        kept.append((start_s, end_s))
        kept.sort()
        self._ranges = kept[-MAX_RANGES:]

    def ahead(self, at_s: float) -> float:
        """Seconds that can play from `at_s` without a stop; a small hole just ahead counts as bridged."""
        for low, high in self._ranges:
            if low - HOLE_S <= at_s < high:
                return high - at_s
        return 0.0

    def next_start(self, at_s: float) -> float | None:
        """Where media goes on behind `at_s`: there, or after a hole; None where there is no more."""
        for low, high in self._ranges:
            if high > at_s:
                return max(low, at_s)
        return None

    def trim(self, before_s: float) -> None:
        """Forget what has been played."""
        while self._ranges and self._ranges[0][1] < before_s:
            del self._ranges[0]

    @property
    def start_s(self) -> float | None:
        return self._ranges[0][0] if self._ranges else None

    @property
    def end_s(self) -> float | None:
        return self._ranges[-1][1] if self._ranges else None
