"""How often one address may be wrong: a token bucket per address, in a bounded table.

Only wrong secrets take from it; a right one never asks. An IPv6 address counts as its /64, which is what one
household or server is given, so that a single customer does not own 2⁶⁴ buckets.
"""

from collections import OrderedDict

from tidegate.core.addresses import network_of
from tidegate.core.clock import Clock

DEFAULT_BURST = 10
"""Wrong tries in a row before the first is refused unseen: more than a person mistypes, far fewer than a guesser
needs."""

DEFAULT_PER_S = 0.2
"""Wrong tries that come back per second: one every five seconds."""

MAX_ADDRESSES = 4096
"""Addresses remembered. At the bound the one longest unseen is forgotten, which gives it a full bucket again."""


class AddressThrottle:
    """Token buckets by address.

    Attributes:
        refused: tries over the limit since start.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        burst: int = DEFAULT_BURST,
        per_s: float = DEFAULT_PER_S,
        max_addresses: int = MAX_ADDRESSES,
    ) -> None:
        self._clock = clock
        self._burst = burst
        self._per_s = per_s
        self._max_addresses = max_addresses
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self.refused = 0

    def adjust(self, burst: int, per_s: float) -> None:
        """Allow so much from now on. An address that has more left keeps no more than the new burst."""
        self._burst, self._per_s = burst, per_s

    def __len__(self) -> int:
        return len(self._buckets)

    def allow(self, address: str) -> bool:
        """Count one wrong try from `address`; False where it was one too many."""
        key = network_of(address)
        now = self._clock.monotonic()
        tokens, at = self._buckets.pop(key, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - at) * self._per_s)
        allowed = tokens >= 1.0
        self._buckets[key] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > self._max_addresses:
            self._buckets.popitem(last=False)
        if not allowed:
            self.refused += 1
        return allowed

    def retry_after_s(self, address: str) -> int:
        """Whole seconds until `address` may be wrong once more."""
        tokens, at = self._buckets.get(network_of(address), (float(self._burst), 0.0))
        tokens += (self._clock.monotonic() - at) * self._per_s
        return max(0, -int(-(1.0 - tokens) // self._per_s))
