"""Steadies timestamps: video snaps to the grid of its constant frame rate, audio counts samples. Pure.

In: times on the broadcast's timeline, microseconds, as rough as a protocol's rounding left them. Out: decode times
in ticks that make parts equally long and never run backwards. Where the source leaves the grid for good, video
follows the source's own times until a constant rate shows again.
"""

from fractions import Fraction

from tidegate.media.cmaf.rates import FrameRate, detect_rate
from tidegate.media.cmaf.types import VIDEO_TIMESCALE

_STRAY_SHARE = Fraction(3, 5)
"""Share of a frame's duration that a frame may stray from its place before it is given another one."""

_MISSES_MAX = 12
"""Misplaced frames, older ones counting half every 32 frames, after which the rate counts as lost."""

_DRIFT_TICKS = 135
_NUDGE_TICKS = 45
"""A source that runs fast by 1.5 ms on average has the grid moved back by half a millisecond. A slow one is left
until a whole frame's place is free: a stretched frame could make a part longer than PART-TARGET."""

_RELOCK_FRAMES = 24
_STEP_MIN_TICKS = 90
"""Frames never follow closer than a millisecond; repeated timestamps are pulled apart by it."""

_DECIDE_S = 4
"""After so long, rounding to milliseconds no longer hides a rate's 0.1 % slower sibling."""


class VideoTimeline:
    """Places one video track's frames, ticks of 1/90000 s.

    Attributes:
        nominal: how long the frame just placed will last, ticks; 0 where only the next one can tell.
        lost: whether the constant rate that was known has been lost.
    """

    def __init__(self, rate: FrameRate | None, claimed_fps: float = 0.0) -> None:
        self._claimed_fps = claimed_fps
        self._recent: list[int] = []
        self._last = -_STEP_MIN_TICKS
        self._started = False
        self._sibling: Fraction | None = None
        self.lost = False
        self.nominal = 0
        self._locked = False
        self._num, self._den, self._num2, self._den2 = 0, 1, 0, 2
        self._base, self._first, self._index, self._stray_max = 0, 0, -1, 0
        self._drift = 0.0
        self._misses = 0
        if rate is not None:
            self._lock(rate.fps, base=0, index=-1)
            self._sibling = rate.sibling if rate.ambiguous else None

    def place(self, dts_us: int, cts_us: int) -> tuple[int, int]:
        """Decode time and composition offset of the next frame, ticks."""
        raw = dts_us * 9 // 100
        if not self._locked:
            return self._free(raw), cts_us * 9 // 100
        if not self._started:
            self._started = True
            self._base = self._first = raw
        index = self._index + 1
        place = self._base + (index * self._num2 + self._den) // self._den2
        stray = raw - place
        if -self._stray_max <= stray <= self._stray_max:
            self._drift += (stray - self._drift) / 16
            if self._drift < -_DRIFT_TICKS:
                self._drift += _NUDGE_TICKS
                self._base -= _NUDGE_TICKS
                place = max(place - _NUDGE_TICKS, self._last + _STEP_MIN_TICKS)
            if not index & 31:
                self._misses >>= 1
                self._decide(raw, index)
        else:
            index, place = self._misplaced(raw, index, stray)
            if self.lost:
                return self._free(raw), cts_us * 9 // 100
        self._index = index
        self._last = place
        self.nominal = self._base + ((index + 1) * self._num2 + self._den) // self._den2 - place
        if cts_us:
            return place, self._composed(index, place, cts_us * 9 // 100)
        return place, 0

    def _composed(self, index: int, place: int, cts: int) -> int:
        frames = round(cts * self._den / self._num)
        shown = self._base + ((index + frames) * self._num2 + self._den) // self._den2
        return shown - place if abs(shown - place - cts) <= self._stray_max else cts

    def _misplaced(self, raw: int, index: int, stray: int) -> tuple[int, int]:
        """A frame far from the next place: places stay empty before it, or it is squeezed in."""
        self._misses += 1
        if stray > VIDEO_TIMESCALE or self._misses > _MISSES_MAX:
            self._restart(raw)
            return 0, self._base
        if stray > 0:
            index += max(1, round(stray * self._den / self._num))
            return index, self._base + (index * self._num2 + self._den) // self._den2
        self._base = max(raw, self._last + _STEP_MIN_TICKS)
        self._sibling = None
        return 0, self._base

    def _restart(self, raw: int) -> None:
        """After a long gap the grid begins anew; after too many misses it is given up until a rate shows."""
        if self._misses > _MISSES_MAX:
            self._locked = False
            self.lost = True
            self._recent.clear()
        self._base = max(raw, self._last + _STEP_MIN_TICKS)
        self._sibling = None

    def _free(self, raw: int) -> int:
        place = max(raw, self._last + _STEP_MIN_TICKS)
        self._last = place
        self.nominal = 0
        self._recent.append(raw)
        if len(self._recent) == _RELOCK_FRAMES:
            rate = detect_rate([tick * 100 // 9 for tick in self._recent], self._claimed_fps)
            if rate is not None:
                self._lock(rate.fps, base=place, index=0)
                self._started = True
            del self._recent[: _RELOCK_FRAMES // 2]
        return place

    def _lock(self, fps: Fraction, *, base: int, index: int) -> None:
        self._locked = True
        self.lost = False
        self._num = VIDEO_TIMESCALE * fps.denominator  # a frame lasts num / den ticks
        self._den = fps.numerator
        self._num2, self._den2 = 2 * self._num, 2 * self._den
        self._stray_max = int(self._num * _STRAY_SHARE / self._den)
        self._base = self._first = base
        self._index = index
        self._drift = 0.0
        self._misses = 0

    def _decide(self, raw: int, index: int) -> None:
        """Settle between a rate and its 0.1 % slower sibling once enough time has passed."""
        if self._sibling is None or raw - self._first < _DECIDE_S * VIDEO_TIMESCALE:
            return
        slower = VIDEO_TIMESCALE / self._sibling
        if abs(raw - self._first - index * slower) < abs(
            raw - self._first - Fraction(index * self._num, self._den)
        ):
            place = self._base + (index * self._num2 + self._den) // self._den2
            self._lock(self._sibling, base=0, index=index)
            self._base = place - (index * self._num2 + self._den) // self._den2
        self._sibling = None


class AudioTimeline:
    """Places one audio track's frames, in samples: each begins where the last ended unless the source insists.

    Attributes:
        dropped: frames that overlapped what was there already.
        gaps: times the track skipped ahead.
    """

    def __init__(self, rate: int, frame: int) -> None:
        self._rate = rate
        self._tolerance = max(frame * 3 // 2, rate // 25)
        self._next = -1
        self.dropped = 0
        self.gaps = 0

    def place(self, time_us: int, samples: int) -> int:
        """First sample of the next frame of `samples`; -1 where it must be dropped, for its time is taken."""
        raw = time_us * self._rate // 1_000_000
        due = self._next
        if due < 0:
            due = max(0, raw)
        elif raw - due > self._tolerance:
            due = raw
            self.gaps += 1
        elif due - raw > self._tolerance:
            self.dropped += 1
            return -1
        self._next = due + samples
        return due
