"""Finds a stream's constant frame rate in timestamps that a protocol has rounded, most often to milliseconds (RTMP).

In: decode times of the first frames and what the bitstream claims. Out: an exact rational rate, or none where the
frames are irregular. Pure.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from tidegate.media.cmaf.types import VIDEO_TIMESCALE

ROUNDING_US = 2_000
"""How far a timestamp may lie from its frame's place: both ends rounded to milliseconds."""

_NTSC = Fraction(1000, 1001)
_NTSC_BASES = (24, 30, 48, 60, 120)
_CANDIDATES = (
    *(Fraction(fps) for fps in range(1, 121)),
    *(_NTSC * fps for fps in _NTSC_BASES),
    Fraction(15, 2),
    Fraction(25, 2),
    *(Fraction(fps) for fps in (144, 165, 240)),
)
_HINT_TOLERANCE = Fraction(1, 4000)
"""A claimed rate within 0.025 % of a standard one means it: 29.97 is 30000/1001, 30 is not."""

_TWO_FRAMES_TELL_US = 400_000
"""Two frames that far apart make a rate by themselves: rounding no longer matters."""


class FrameRate(NamedTuple):
    """Frames per second, exact.

    `ambiguous`: the sibling rate 0.1 % slower fits as well so far, and nothing the stream claims decides.
    """

    fps: Fraction
    ambiguous: bool = False

    @property
    def sibling(self) -> Fraction:
        return self.fps * _NTSC

    def part_frames(self, target_s: float) -> int:
        return max(1, round(target_s * self.fps))

    def part_ticks(self, target_s: float) -> int:
        """The longest a part of whole frames can be, ticks: PART-TARGET."""
        slowest = self.sibling if self.ambiguous else self.fps
        return ceil(self.part_frames(target_s) * VIDEO_TIMESCALE / slowest)


@lru_cache(maxsize=64)
def claimed_rate(fps: float) -> Fraction | None:
    """The exact rate a claim such as 29.97 means; None where it claims nothing usable."""
    if not 1 <= fps <= 240:
        return None
    claim = Fraction(fps).limit_denominator(100_000)
    near = min(_CANDIDATES, key=lambda rate: abs(rate - claim))
    return near if abs(near - claim) <= near * _HINT_TOLERANCE else claim.limit_denominator(1001)


def detect_rate(times_us: Sequence[int], claimed_fps: float) -> FrameRate | None:
    """The constant rate at which `times_us` follow each other, each within `ROUNDING_US` of its place."""
    span_us = times_us[-1] - times_us[0]
    if span_us <= 0:
        return None
    claim = claimed_rate(claimed_fps)
    if claim is not None and _fits(times_us, claim):
        return FrameRate(claim)
    if len(times_us) == 2 and span_us < _TWO_FRAMES_TELL_US:
        return None
    measured = Fraction((len(times_us) - 1) * 1_000_000, span_us)
    near = [rate for rate in _CANDIDATES if abs(rate - measured) <= measured / 50]
    for rate in sorted(near, key=lambda rate: (rate.denominator > 2, abs(rate - measured))):
        if _fits(times_us, rate):
            return FrameRate(rate, ambiguous=rate.denominator == 1 and int(rate) in _NTSC_BASES)
    return None


def _fits(times_us: Sequence[int], rate: Fraction) -> bool:
    first, frame_us = times_us[0], 1_000_000 / float(rate)
    return all(abs(time - first - index * frame_us) <= ROUNDING_US for index, time in enumerate(times_us))
