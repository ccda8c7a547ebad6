"""Holds a video track's first frames until its frame rate shows: at most one part and a little. Pure.

In: packets. Out: whether they suffice, and then the rate, or that there is none. Frames before the first keyframe
are dropped: nothing can decode them.
"""

from itertools import pairwise

from tidegate.media.cmaf.rates import FrameRate, claimed_rate, detect_rate
from tidegate.media.cmaf.types import VIDEO_TIMESCALE
from tidegate.media.types import Packet

SLOW_S = 1.2
"""How long frames too far apart to make a rate are waited for."""

FRAMES_MAX = 256
"""Frames held at most; a rate that has not shown by then will not."""

_IRREGULAR_STRETCH = 1.25
"""Irregular frames cannot fill a part exactly: PART-TARGET gets room, so that 85 % of it is the wanted length."""

_IRREGULAR_MAX_S = 1.0


class VideoProbe:
    """The first frames of a video track.

    Attributes:
        frames: those held, the first a keyframe.
        dropped: frames that came before a keyframe.
    """

    def __init__(self, claimed_fps: float, part_target_s: float) -> None:
        self._claimed_fps = claimed_fps
        self._part_target_s = part_target_s
        claim = claimed_rate(claimed_fps)
        self._claimed_frames = max(2, FrameRate(claim).part_frames(part_target_s)) if claim is not None else 0
        self.frames: list[Packet] = []
        self.dropped = 0
        self.done = False
        self.rate: FrameRate | None = None

    def offer(self, packet: Packet) -> bool:
        """Hold one more frame; True once the frames suffice."""
        if not self.frames and not packet.keyframe:
            self.dropped += 1
            return False
        self.frames.append(packet)
        if not self.done:
            self.done = self._suffices()
        return self.done

    def _suffices(self) -> bool:
        times = [packet.dts_us for packet in self.frames]
        span_s = (times[-1] - times[0]) / 1e6
        if self._claimed_frames and len(times) >= self._claimed_frames:
            self.rate = detect_rate(times, self._claimed_fps)
            if self.rate is not None:
                return True
        if len(times) > 1 and span_s + span_s / (len(times) - 1) >= self._part_target_s * 0.97:
            self.rate = detect_rate(times, self._claimed_fps)
            if self.rate is not None:
                return True
            return len(times) >= 3 or span_s >= SLOW_S
        return len(times) >= FRAMES_MAX or span_s < 0

    def part_ticks(self) -> int:
        """PART-TARGET for this track, ticks of 1/90000 s."""
        if self.rate is not None:
            return self.rate.part_ticks(self._part_target_s)
        times = [packet.dts_us for packet in self.frames]
        longest_s = max((b - a for a, b in pairwise(times)), default=0) / 1e6
        wanted_s = max(self._part_target_s * _IRREGULAR_STRETCH, longest_s * _IRREGULAR_STRETCH)
        return round(min(wanted_s, _IRREGULAR_MAX_S) * VIDEO_TIMESCALE)
