"""The one way in for time: every part that needs it takes a `Clock`, so that tests and simulations own it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings that must not be mixed."""

    def wall(self) -> float:
        """Seconds since the Unix epoch. May jump; only for what people and other hosts see."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary point. Never jumps; for every duration, deadline and media timeline."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to; both readings move together, `jump` moves the wall alone."""

    def __init__(self, wall: float = 1_700_000_000.0) -> None:
        self._wall = wall
        self._monotonic = 0.0

    def wall(self) -> float:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._wall += seconds
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Move the wall clock alone, as an operator or a broken NTP server would."""
        self._wall += seconds
