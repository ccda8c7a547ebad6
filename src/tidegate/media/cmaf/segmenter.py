"""Where segments begin, the same for all tracks: whoever needs a cut first makes it, the others follow.

In: a track's wish to begin a segment, and when. Out: numbered cuts, each with the wall-clock anchor that every track
uses within it, so that dates map to media times alike on all of them (RFC 8216bis 6.2.4). Pure.
"""

from collections import deque
from typing import NamedTuple

from tidegate.media.cmaf.anchor import Anchor

CUTS_MAX = 64
"""Cuts remembered. A track that is further behind joins at one of these."""

NEAR_S = 1.0
"""A cut up to this much ahead of where a track is may already be the one it is looking for."""


class Cut(NamedTuple):
    """Segment `number` begins at `at_s` on the timeline; `wall_s` + media time = wall time."""

    number: int
    at_s: float
    wall_s: float


class Segmenter:
    """One session's cuts.

    Attributes:
        current: the newest segment.
        stepped: the last cut moved the anchor at once: the broadcast must say discontinuity.
    """

    def __init__(self, anchor: Anchor, wall_base_s: float, start_s: float) -> None:
        self.anchor = anchor
        self._wall_base_s = wall_base_s
        self.current = Cut(0, start_s, anchor.offset_s + wall_base_s)
        self._cuts: deque[Cut] = deque(maxlen=CUTS_MAX)
        self.stepped = False

    def cut(self, behind: Cut, at_s: float) -> Cut:
        """A track in segment `behind` begins another at `at_s`: one that others have begun already, or a new one."""
        self.stepped = False
        if behind.number < self.current.number:
            begun = self.due(behind, at_s + NEAR_S)
            return begun if begun is not behind else self._after(behind)
        self.stepped = self.anchor.turn()
        self.current = Cut(self.current.number + 1, at_s, self.anchor.offset_s + self._wall_base_s)
        self._cuts.append(self.current)
        return self.current

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
