"""Anchors media time to the wall clock, for EXT-X-PROGRAM-DATE-TIME (RFC 8216bis 4.4.4.6). Pure.

In: when media of a given time arrived. Out: what to add to media time to get wall time. The network can only
delay, so the smallest offset seen lately is the truest; it is followed gently, so that dates stay even: by 2 ms per
segment, or by a quarter of a larger error, such as the one an encoder's opening burst leaves. Where media runs away
from the wall clock for good, the anchor is moved at once, rarely, and says so.
"""

SLEW_S = 0.002
"""What the offset moves per segment at the least: jitter's error is smaller, and stays unseen."""

CATCH_UP = 0.25
"""Share of the error it moves otherwise: a wrong date is a wrong latency for every viewer, so it must not last."""

STEP_S = 0.5
"""An error larger than this cannot be slewed away in a viewer's lifetime."""

STEP_EVERY_S = 10.0
"""Steps follow each other no faster, for each one is a discontinuity."""

WINDOW_S = 8.0
"""How long an observation counts, at most twice this."""


class Anchor:
    """Offset between media time and wall time, seconds."""

    def __init__(self, arrived_at: float, media_s: float) -> None:
        self.offset_s = arrived_at - media_s
        self._least = self._older = self.offset_s
        self._turned_at = self._stepped_at = arrived_at

    def observe(self, arrived_at: float, media_s: float) -> None:
        """Media of time `media_s` arrived at `arrived_at`."""
        if arrived_at - self._turned_at > WINDOW_S:
            self._older = self._least
            self._least = arrived_at - media_s
            self._turned_at = arrived_at
        else:
            self._least = min(self._least, arrived_at - media_s)

    def turn(self) -> bool:
        """A segment begins: follow what was observed. True where the offset had to be moved at once."""
        error = min(self._least, self._older) - self.offset_s
        if abs(error) > STEP_S and self._turned_at - self._stepped_at > STEP_EVERY_S:
            self.offset_s += error
            self._stepped_at = self._turned_at
            return True
        most = max(SLEW_S, CATCH_UP * abs(error))
        self.offset_s += min(most, max(-most, error))
        return False
