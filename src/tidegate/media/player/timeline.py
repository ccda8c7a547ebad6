"""The viewer's own timeline: where each piece of media plays, and which wall time it was made at. Pure.

All tracks of a viewer share it. Inside one discontinuity, positions follow PROGRAM-DATE-TIME, so that audio and video
stay together; at a discontinuity the next piece plays right where the one before ended, whatever its date says.
"""

from collections import deque

BACK_S = 1.0
"""Dates that step back further than this inside a discontinuity are a clock set anew, not media played again."""

KEPT = 16
"""Discontinuities remembered; a player holds seconds of media, so older ones have been played long ago."""


class Timeline:
    def __init__(self) -> None:
        self._offsets: deque[tuple[float, int, float]] = deque(
            maxlen=KEPT
        )  # (position, discontinuity, offset)

    def place(self, discontinuity: int, pdt: float | None, previous_end_s: float | None) -> float:
        """Where media of this discontinuity and date begins to play, seconds on the timeline.

        `previous_end_s` is where its track's media before it ends, None for the first.
        """
        if pdt is None:
            return previous_end_s or 0.0
        for _, known, offset in reversed(self._offsets):
            if known == discontinuity:
                if previous_end_s is None or pdt - offset > previous_end_s - BACK_S:
                    return pdt - offset
                break
        position = previous_end_s or 0.0
        self._offsets.append((position, discontinuity, pdt - position))
        return position

    def wall(self, position_s: float) -> float | None:
        """PROGRAM-DATE-TIME of what plays at this position, None where the stream has none."""
        for start, _, offset in reversed(self._offsets):
            if start <= position_s + 1e-6:
                return position_s + offset
        return None
