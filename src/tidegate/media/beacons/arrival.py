"""A player's clock made the platform's (CTA-5004-A, `ts`). Pure.

In: when a beacon arrived, and the times its reports name. Out: when those happened, by the platform's clock. A player's clock
may be hours off, and be set while it plays; what it says of differences is good. The quickest beacon of a session took next to
no time, so the smallest distance between naming and arriving is how far that clock is off.
"""

from typing import Final

import msgspec

SPREAD_MAX_MS: Final = 10 * 60_000
"""How much older than its newest a beacon's report may be: a network that was away so long has taken the session with it."""
SET_MS: Final = 60_000
"""A clock that moved by so much more, or less, than time did between two beacons was set."""
OFF_MS: Final = 5_000
"""From here on a player's clock counts as wrong."""


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """What a beacon's times come to.

    Attributes:
        offset_ms: to be added to each report's time.
        was_set: by how much the player's clock was set since the beacon before, milliseconds; 0 where it was not.
        oldest_ms: reports older than this, by the player's clock, are too old.
    """

    offset_ms: int
    was_set: int
    oldest_ms: int


class PlayerClock:
    """One session's clock."""

    __slots__ = ("_arrived_ms", "_newest_ms", "_offset_ms")

    def __init__(self) -> None:
        self._offset_ms: int | None = None
        self._newest_ms = self._arrived_ms = 0

    @property
    def is_off(self) -> bool:
        return abs(self._offset_ms or 0) > OFF_MS

    def arrived(self, newest_ms: int, now_ms: int) -> Arrived:
        """A beacon whose newest report names `newest_ms` is here, at `now_ms` of the platform's clock."""
        before, offset, was_set = self._offset_ms, now_ms - newest_ms, 0
        if before is not None:
            moved = (newest_ms - self._newest_ms) - (now_ms - self._arrived_ms)
            late = moved < 0 and newest_ms >= self._newest_ms - SPREAD_MAX_MS
            if moved > SET_MS or (moved < -SET_MS and not late):
                was_set = moved
            else:
                offset = min(before, offset)
        oldest_ms = max(newest_ms, self._newest_ms if was_set == 0 else newest_ms) - SPREAD_MAX_MS
        self._offset_ms = offset
        if was_set or newest_ms >= self._newest_ms:
            self._newest_ms, self._arrived_ms = newest_ms, now_ms
        return Arrived(offset, was_set, oldest_ms)
