"""Puts a decoder's frames onto the places of the source's samples, so that parts of a rendition are those of the source. Pure.

In: the source's samples in decode order, chunk by chunk, and frames in presentation order. Out: for each frame its
`Place`: the decode time and duration that the source's sample of the same rank has, and the part it belongs to. So a
rendition without reordered frames has the source's decode times, durations and part boundaries by construction, and its
composition offsets put each frame where the source shows it. A frame that the decoder lost leaves its place empty.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterable

import msgspec

from tidegate.media.cmaf.reader import SourceSample

PLACES_MAX = 4096
"""Places that wait for frames; a decoder that gives none back for so long has lost them, and all are forgotten."""

KEY_EVERY_S = 0.5
"""Keyframes of the source that follow each other faster are not all made keyframes of the renditions."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where one frame goes; ticks.

    Attributes:
        part: counts parts; begins at `part_start`, ends before `part_end`.
        opens: the part begins a segment.
        key: the frame must be a keyframe.
        last: no further frame comes for this part.
    """

    dts: int
    duration: int
    part: int
    part_start: int
    part_end: int
    opens: bool
    key: bool
    last: bool


class Aligner:
    """One source, from its first keyframe on."""

    def __init__(self, timescale: int) -> None:
        self._places: deque[Place] = deque()
        self._shown: list[int] = []
        self._part = 0
        self._key_every = round(KEY_EVERY_S * timescale)
        self._key_dts = -self._key_every
        self.lost = 0
        """Places that no frame came for, and frames that had none."""

    def chunk(self, samples: Iterable[SourceSample], *, opens: bool) -> None:
        """The source's next chunk."""
        taken = list(samples)
        if not taken:
            return
        if len(self._places) > PLACES_MAX:
            self.lost += len(self._places)
            self._places.clear()
            self._shown.clear()
        start, end = taken[0].dts, taken[-1].dts + taken[-1].duration
        key = opens or (taken[0].sync and start - self._key_dts >= self._key_every)
        if key:
            self._key_dts = start
        for index, sample in enumerate(taken):
            self._places.append(
                Place(
                    sample.dts, sample.duration, self._part, start, end, opens,
                    key and index == 0, index == len(taken) - 1,
                )
            )  # fmt: skip
            insort(self._shown, sample.dts + sample.cts)
        self._part += 1

    def place(self, pts: int) -> Place | None:
        """Where the frame shown at `pts` goes; None where no sample is shown then."""
        tolerance = (self._places[0].duration // 2) if self._places else 0
        key = False
        while self._shown and self._shown[0] < pts - tolerance:
            self._shown.pop(0)
            key |= self._places.popleft().key
            self.lost += 1
        if not self._shown or self._shown[0] > pts + tolerance:
            self.lost += 1
            return None
        self._shown.pop(0)
        place = self._places.popleft()
        return msgspec.structs.replace(place, key=True) if key and not place.key else place
