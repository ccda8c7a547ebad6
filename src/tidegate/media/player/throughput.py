"""How much the network carries, estimated from what came through it. Pure.

Flows in: bytes and the seconds they took from first byte to last. Waiting for a part that is still being made, and the round
trip, are no part of it: at a live edge they would make every network look as slow as the stream (A. Bentaleb et al.,
"Bandwidth Prediction in Low-Latency Chunked Streaming", ACM NOSSDAV 2019). Flows out: bits per second, the smaller of a fast and
a slow exponentially weighted mean, as in hls.js and Shaka Player: it falls quickly and rises slowly.
"""

FAST_HALF_LIFE_S = 1.0
SLOW_HALF_LIFE_S = 3.0
"""Of seconds of weight, which are fewer than seconds of playing: media of a live edge comes in bursts."""

TRANSFER_LEAST_S = 0.01
"""A part that arrives in one read tells little: it counts as having taken this long, an honest lower bound."""

WEIGHT_LEAST_S = 0.1
"""A quick transfer tells as much as half a part's time does; else a minute of them would not outweigh one slow second."""

WEIGHT_MOST_S = 1.0
"""And a slow one no more than this, so that one outage is not remembered for long."""

SAMPLE_LEAST_BYTES = 16 * 1024
"""Smaller bodies measure round trips, not throughput: parts of a low rendition count together until they are so many."""


class Throughput:
    """Two exponentially weighted means over transfers."""

    def __init__(self) -> None:
        self._fast = _Mean(FAST_HALF_LIFE_S)
        self._slow = _Mean(SLOW_HALF_LIFE_S)
        self._size = 0
        self._transfer_s = 0.0

    def add(self, size: int, transfer_s: float) -> None:
        """Count a transfer: bytes, and seconds from the first to the last of them."""
        self._size += size
        self._transfer_s += transfer_s
        if self._size >= SAMPLE_LEAST_BYTES:
            self._take(self._size * 8 / max(self._transfer_s, TRANSFER_LEAST_S), self._transfer_s)

    def add_unfinished(self, size: int, waited_s: float) -> None:
        """Count a transfer given up after `waited_s`, of about `size` bytes whole: the network carries less than that."""
        most_bps = size * 8 / max(waited_s, TRANSFER_LEAST_S)
        if not self.bps or most_bps < self.bps:
            self._take(most_bps, waited_s)

    def _take(self, rate_bps: float, transfer_s: float) -> None:
        weight_s = min(max(transfer_s, WEIGHT_LEAST_S), WEIGHT_MOST_S)
        self._size, self._transfer_s = 0, 0.0
        self._fast.add(rate_bps, weight_s)
        self._slow.add(rate_bps, weight_s)

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
