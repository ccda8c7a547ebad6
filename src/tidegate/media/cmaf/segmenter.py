"""Where segments begin, the same for all tracks: one track leads, the others follow its cuts.

In: the leader's decision to cut, and when. Out: numbered cuts, each with the wall-clock anchor that every track
uses within it, so that dates map to media times alike on all of them (RFC 8216bis 6.2.4). Pure.
"""

from collections import deque
from typing import NamedTuple

from tidegate.media.cmaf.anchor import Anchor

CUTS_MAX = 64
"""Cuts a follower may be behind. Older ones are forgotten: it then joins at a later segment."""


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
        self._pending: deque[Cut] = deque(maxlen=CUTS_MAX)
        self.stepped = False

    def cut(self, at_s: float) -> Cut:
        """A new segment begins at `at_s`."""
        self.stepped = self.anchor.turn()
        self.current = Cut(self.current.number + 1, at_s, self.anchor.offset_s + self._wall_base_s)
        self._pending.append(self.current)
        return self.current

    def due(self, behind: Cut, until_s: float) -> Cut:
        """The newest cut at or before `until_s`, for a follower that is in `behind`."""
        pending = self._pending
        while pending and pending[0].at_s <= until_s:
            behind = max(behind, pending.popleft())
        return behind
