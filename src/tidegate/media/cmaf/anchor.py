"""Anchors media time to the wall clock, for EXT-X-PROGRAM-DATE-TIME (RFC 8216bis 4.4.4.6). Pure.

In: when media of a given time arrived. Out: what to add to media time to get wall time. The network can only
delay, so the smallest offset seen lately is the truest; it is followed gently, so that dates stay even: by 2 ms per
segment, or by a quarter of a larger error, such as the one an encoder's opening burst leaves. Where media runs away
from the wall clock for good, the anchor is moved at once, rarely, and says so.

After a silence what was seen before it says nothing: either what was held up comes in a burst, and dates were right all along, or the
publisher goes on where it stopped, and all that follows is later. Which of both shows within a part or two, by the pace it comes at;
so the anchor is moved with the next segment, where viewers have just had an interruption, and not when the window has passed.
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

SILENCE_S = 0.7
"""Nothing arrived for so long: more than a part and its jitter, and hardly more than `STEP_S`."""

SETTLED_S = 0.15
"""For so long at least, which is a part, must media have come after a silence before its pace is believed."""

BURST_PACE = 1.3
"""Media that comes at more than this many times its own pace is being made up for."""

SETTLES_WITHIN_S = WINDOW_S
"""Then what has been seen since the silence counts, whatever its pace."""


class Anchor:
    """Offset between media time and wall time, seconds."""

    def __init__(self, arrived_at: float, media_s: float) -> None:
        self.offset_s = arrived_at - media_s
        self._least = self._older = self.offset_s
        self._turned_at = self._stepped_at = arrived_at
        self._arrived_at, self._media_s = arrived_at, media_s
        self._resumed: tuple[float, float] | None = None

    def observe(self, arrived_at: float, media_s: float) -> None:
        """Media of time `media_s` arrived at `arrived_at`."""
        if arrived_at - self._arrived_at > SILENCE_S:
            self._resumed = arrived_at, media_s
            self._older = self._least = arrived_at - media_s
            self._turned_at = arrived_at
        elif arrived_at - self._turned_at > WINDOW_S:
            self._older = self._least
            self._least = arrived_at - media_s
            self._turned_at = arrived_at
        else:
            self._least = min(self._least, arrived_at - media_s)
        self._arrived_at, self._media_s = arrived_at, media_s

    def turn(self) -> bool:
        """A segment begins: follow what was observed. True where the offset had to be moved at once."""
        if self._is_making_up():
            return False
        error = min(self._least, self._older) - self.offset_s
        if abs(error) > STEP_S and self._turned_at - self._stepped_at > STEP_EVERY_S:
            self.offset_s += error
            self._stepped_at = self._turned_at
            return True
        most = max(SLEW_S, CATCH_UP * abs(error))
        self.offset_s += min(most, max(-most, error))
        return False

    def _is_making_up(self) -> bool:
        """Whether it is still open what the last silence has changed."""
        if self._resumed is None:
            return False
        arrived_at, media_s = self._resumed
        came_s, played_s = self._arrived_at - arrived_at, self._media_s - media_s
        if came_s < SETTLES_WITHIN_S and (came_s < SETTLED_S or played_s > came_s * BURST_PACE):
            return True
        self._resumed = None
        return False
