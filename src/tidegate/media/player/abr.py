"""Adaptive bitrate: throughput estimated from transfers, a rendition chosen from it and the buffer. Pure.

The estimate is the smaller of a fast and a slow exponentially weighted mean, as in hls.js and Shaka Player: it
falls quickly and rises slowly.
"""

from collections.abc import Sequence

FAST_HALF_LIFE_S = 2.0
SLOW_HALF_LIFE_S = 6.0

MIN_TRANSFER_S = 0.02
"""A part that arrives in one read tells little: it counts as having taken this long, an honest lower bound."""

MIN_SAMPLE_BYTES = 8 * 1024
"""Smaller bodies measure round trips, not throughput: parts of a low rendition count together until they are so many."""

UP_SHARE = 0.7
DOWN_SHARE = 0.95
"""A rendition must leave 30 % to spare before it is switched to, and only 5 % while it plays: no flapping."""

THIN_S = 0.15
"""With less than this buffered, the next lower rendition is taken whatever the estimate says."""


class Throughput:
    """Two exponentially weighted means over seconds of transfer."""

    def __init__(self) -> None:
        self._fast = _Mean(FAST_HALF_LIFE_S)
        self._slow = _Mean(SLOW_HALF_LIFE_S)
        self._size = 0
        self._transfer_s = 0.0

    def add(self, size: int, transfer_s: float) -> None:
        self._size += size
        self._transfer_s += transfer_s
        if self._size < MIN_SAMPLE_BYTES:
            return
        weight = max(self._transfer_s, MIN_TRANSFER_S)
        rate = self._size * 8 / weight
        self._size, self._transfer_s = 0, 0.0
        self._fast.add(rate, weight)
        self._slow.add(rate, weight)

    @property
    def bps(self) -> float:
        """Bits per second, 0 before anything was measured."""
        return min(self._fast.value, self._slow.value)


class _Mean:
    def __init__(self, half_life_s: float) -> None:
        self._half_life_s = half_life_s
        self._sum = 0.0
        self._weight = 0.0

    def add(self, value: float, weight: float) -> None:
        keep = 0.5 ** (weight / self._half_life_s)
        self._sum = self._sum * keep + value * (1 - keep)
        self._weight = self._weight * keep + (1 - keep)

    @property
    def value(self) -> float:
        return self._sum / self._weight if self._weight else 0.0


def choose(bandwidths_bps: Sequence[int], current: int, estimate_bps: float, buffered_s: float) -> int:
    """The index to play next, of bandwidths in rising order; `current` where nothing is known."""
    if not estimate_bps or len(bandwidths_bps) < 2:
        return current
    if bandwidths_bps[current] > estimate_bps * DOWN_SHARE:
        fitting = [i for i in range(current) if bandwidths_bps[i] <= estimate_bps * DOWN_SHARE]
        return fitting[-1] if fitting else 0
    if buffered_s < THIN_S:
        return max(current - 1, 0)
    return max(
        [
            current,
            *(
                i
                for i in range(current + 1, len(bandwidths_bps))
                if bandwidths_bps[i] <= estimate_bps * UP_SHARE
            ),
        ]
    )
