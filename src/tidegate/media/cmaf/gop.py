"""How far keyframes are apart, whatever parts and segments make of them. Pure."""


class KeyframeInterval:
    """Measured from one keyframe to the next.

    Attributes:
        ticks: between the last two, 0 while unknown.
    """

    __slots__ = ("_last", "ticks")

    def __init__(self) -> None:
        self.ticks = 0
        self._last = -1

    def keyframe(self, at: int) -> None:
        """One belongs `at` this many ticks."""
        if 0 <= self._last < at:
            self.ticks = at - self._last
        self._last = at

    def restart(self) -> None:
        """The next one has nothing to do with those before."""
        self._last = -1
