"""When each frame is due: at its own time since the first, and not sooner. Pure."""

FAR_BEHIND_S = 1.0
"""Later than this, the missed frames are given up instead of being sent in a burst."""


class Pace:
    """The timetable of a constant frame rate."""

    def __init__(self, fps: int, now_s: float) -> None:
        self._fps = fps
        self._began_s = now_s
        self.frame = 0

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next frame is due, 0 where it is late. Far too late, the timetable moves."""
        late_s = now_s - (self._began_s + self.frame / self._fps)
        if late_s > FAR_BEHIND_S:
            self._began_s += late_s
            return 0.0
        return max(0.0, -late_s)

    def sent(self) -> None:
        self.frame += 1
