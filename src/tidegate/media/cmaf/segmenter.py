"""Where segments begin, the same for all tracks: whoever needs a cut first makes it, the others follow.

In: a track's wish to begin a segment, and when. Out: numbered cuts, each with the wall-clock anchor that every track
uses within it, so that dates map to media times alike on all of them (RFC 8216bis 6.2.4). Pure.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from tidegate.media.cmaf.anchor import Anchor

CUTS_MAX = 64
"""Cuts remembered. A track that is further behind joins at one of these."""

NEAR_S = 1.0
"""A cut up to this much ahead of where a track is may already be the one it is looking for."""


CLOCK_SET_S = 1.0
"""A wall clock that is off by more than this has been set, not steered."""

LASTING_CUTS = 8
"""Segments for which it must stay so, before dates follow: 8 to 16 s. A clock set back and forth moves no viewer."""

CLOCK_SLEW_S = 0.002
"""What dates follow a smaller error by, per segment: as gently as they follow jitter (`anchor.SLEW_S`)."""


class Cut(NamedTuple):
    """Segment `number` begins at `at_s` on the timeline; `wall_s` + media time = wall time."""

    number: int
    at_s: float
    wall_s: float


class Segmenter:
    """One session's cuts.

    Attributes:
        current: the newest segment.
        stepped: the last cut moved dates at once: the broadcast must say discontinuity.
        clock_set: it did because the machine's wall clock was set.
    """

    def __init__(self, anchor: Anchor, wall_base: Callable[[], float], start_s: float) -> None:
        """`wall_base` tells wall minus monotonic time, seconds, as it is now."""
        self.anchor = anchor
        self._wall_base = wall_base
        self._wall_base_s = wall_base()
        self._off_for = 0
        self.current = Cut(0, start_s, anchor.offset_s + self._wall_base_s)
        self._cuts: deque[Cut] = deque(maxlen=CUTS_MAX)
        self.stepped = self.clock_set = False

    def cut(self, behind: Cut, at_s: float) -> Cut:
        """A track in segment `behind` begins another at `at_s`: one that others have begun already, or a new one."""
        self.stepped = False
        if behind.number < self.current.number:
            begun = self.due(behind, at_s + NEAR_S)
            return begun if begun is not behind else self._after(behind)
        self.clock_set = self._follow_clock()
        self.stepped = self.anchor.turn() or self.clock_set
        self.current = Cut(self.current.number + 1, at_s, self.anchor.offset_s + self._wall_base_s)
        self._cuts.append(self.current)
        return self.current

    def _follow_clock(self) -> bool:
        """Follow the machine's wall clock: gently where it is steered, at once where it was set and stays so."""
        error_s = self._wall_base() - self._wall_base_s
        if abs(error_s) <= CLOCK_SET_S:
            self._off_for = 0
            self._wall_base_s += min(CLOCK_SLEW_S, max(-CLOCK_SLEW_S, error_s))
            return False
        self._off_for += 1
        if self._off_for < LASTING_CUTS:
            return False
        self._off_for = 0
        self._wall_base_s += error_s
        return True

    def due(self, behind: Cut, until_s: float) -> Cut:
        """The newest cut at or before `until_s`; `behind`, where the track is, if there is none since."""
        if behind.number == self.current.number:
            return behind
        for cut in reversed(self._cuts):
            if cut.number <= behind.number:
                break
            if cut.at_s <= until_s:
                return cut
        return behind

    def _after(self, behind: Cut) -> Cut:
        return next(cut for cut in self._cuts if cut.number > behind.number)
