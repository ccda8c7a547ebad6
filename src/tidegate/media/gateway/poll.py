"""One timer that reads many sources together: waking up for each small read would cost more than the reading."""

import asyncio
from collections.abc import Callable

from tidegate.core.clock import Clock

Read = Callable[[float], None]
"""Reads what there is, `now` in monotonic seconds. Must not wait and must not raise."""


class Poll:
    """Runs while it has anything to read. The more there is, the rarer it looks, between two bounds."""

    def __init__(
        self, clock: Clock, *, interval_s: float, each_s: float = 0.0, longest_s: float = 0.0
    ) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._each_s = each_s
        self._longest_s = max(interval_s, longest_s)
        self._reads: dict[Read, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, read: Read) -> None:
        self._reads[read] = None
        if self._timer is None:
            self._later()

    def discard(self, read: Read) -> None:
        self._reads.pop(read, None)

    def stop(self) -> None:
        self._reads.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _later(self) -> None:
        interval_s = min(self._longest_s, self._interval_s + len(self._reads) * self._each_s)
        self._timer = asyncio.get_running_loop().call_later(interval_s, self._turn)

    def _turn(self) -> None:
        now = self._clock.monotonic()
        for read in tuple(self._reads):
            read(now)
        self._timer = None
        if self._reads:
            self._later()
