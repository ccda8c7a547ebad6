"""When each frame is due: at its own time since the first, and not sooner. Pure."""

from math import ceil

FAR_BEHIND_S = 1.0
"""Later than this, the missed frames are given up instead of being sent in a burst."""


_SAME_FRAME = 1e-6
"""Of a frame: what dividing and multiplying by the rate may cost."""


class Pace:
    """The timetable of a constant frame rate.

    Frames are numbered from the clock's zero on, so that cards drawn at the same moment carry the same number whichever
    process draws them, and what a restarted one left out is counted as missing. From then on each frame is one more.

    Attributes:
        number: of the next frame.
    """

    def __init__(self, fps: int, now_s: float, wall_s: float) -> None:
        """`now_s` monotonic and `wall_s` wall-clock seconds, of the same moment."""
        self._fps = fps
        self.number = ceil(wall_s * fps - _SAME_FRAME)
        self._began_s = now_s + self.number / fps - wall_s
        self._sent = 0

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next frame is due, 0 where it is late. Far too late, the timetable moves."""
        late_s = now_s - (self._began_s + self._sent / self._fps)
        if late_s > FAR_BEHIND_S:
            self._began_s += late_s
            return 0.0
        return max(0.0, -late_s)

    def sent(self) -> None:
        self._sent += 1
        self.number += 1
