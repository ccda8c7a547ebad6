"""Percentiles of any number of readings in bounded memory: a histogram of logarithmic buckets, exact to 1 %. Pure."""

from math import log

from tidegate.media.player.types import Percentiles

SMALLEST = 1e-4
_GROWTH = 1.02
_LOG_GROWTH = log(_GROWTH)
_BUCKETS = 900
"""0.1 ms to well over an hour in steps of 2 %, so that a bucket's middle is within 1 % of what fell into it."""


class Histogram:
    """Counts readings; those below `SMALLEST`, negative ones too, count as `SMALLEST`."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0

    def add(self, value: float) -> None:
        index = int(log(value / SMALLEST) / _LOG_GROWTH) + 1 if value > SMALLEST else 0
        index = min(index, _BUCKETS)
        self._counts[index] = self._counts.get(index, 0) + 1
        self.count += 1

    def merge(self, other: "Histogram") -> None:
        for index, count in other._counts.items():  # noqa: SLF001 - of its own kind
            self._counts[index] = self._counts.get(index, 0) + count
        self.count += other.count

    def quantile(self, share: float) -> float:
        """The value that `share` of the readings do not exceed, 0 without readings."""
        if not self.count:
            return 0.0
        wanted, seen = share * self.count, 0
        for index in sorted(self._counts):
            seen += self._counts[index]
            if seen >= wanted:
                return 0.0 if index == 0 else SMALLEST * _GROWTH ** (index - 0.5)
        return 0.0

    def percentiles(self) -> Percentiles:
        return Percentiles(round(self.quantile(0.5), 4), round(self.quantile(0.95), 4))
