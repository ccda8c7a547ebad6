"""What single responses say of transfers, gathered until a fact can carry it. Pure.

In: responses that a player reports one by one (CMCD `rr`), of which no fact is kept. Out: their `Transfers`, with the next fact of
the session. So a player that knows no sums of its own is measured at the cost of its reports, and at no fact each.
"""

from typing import Final

from tidegate.media.beacons.types import Report, Transfers

COUNT_MAX: Final = 10_000
"""Responses gathered for one fact; further ones are let go until it is made."""


class Gathered:
    """One session's: nothing is made of it while nothing is reported."""

    __slots__ = ("_count", "_last_s", "_seconds")

    def __init__(self) -> None:
        self._count = 0
        self._seconds = self._last_s = 0.0

    def add(self, response: Report) -> None:
        """Count a response of media whose first and last byte are known."""
        first_ms, last_ms = response.first_byte_ms, response.last_byte_ms
        if not response.is_media or first_ms is None or last_ms is None or last_ms < first_ms:
            return
        if self._count < COUNT_MAX:
            self._count += 1
            self._last_s = (last_ms - first_ms) / 1000
            self._seconds += self._last_s

    def take(self) -> Transfers | None:
        if not self._count:
            return None
        taken = Transfers(self._count, self._seconds, 0, self._last_s)
        self._count, self._seconds = 0, 0.0
        return taken
