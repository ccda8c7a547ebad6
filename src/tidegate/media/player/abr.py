"""Adaptive bitrate: which rendition to play next. Pure; time is an argument.

Flows in: the throughput's estimate, stalls, and how long a transfer has been going on. Flows out: an index into bandwidths
in rising order. It goes down at once and up with patience: a rung that did not hold is waited for twice as long the next time.
No buffer is asked: a second from the live edge it is thin for each late part, and for each hiccup of the machine; what the network is
short of shows in throughput and in stalls.
"""

from collections.abc import Sequence

START_BPS = 1_000_000.0
"""Throughput assumed before any was measured, as Shaka Player does: what is too little is known after a second, what is
too much stalls."""

UP_SHARE = 0.65
DOWN_SHARE = 0.85
"""A rendition must leave 35 % to spare before it is switched to, and 15 % while it plays: no flapping. hls.js allows itself 30 % and
5 % (`abrBandWidthUpFactor`, `abrBandWidthFactor`), with many seconds of buffer to lean on; here there is none."""

START_DWELL_S = 1.0
"""How long the first rendition plays at least: some parts to measure by."""

DWELL_S = 6.0
"""How long after a switch, or a stall, before the next one up."""

DWELL_MOST_S = 60.0
"""A rung that did not hold is waited for twice as long each time, up to this."""

HELD_S = 60.0
"""A rung left again sooner than this did not hold."""

UNHURRIED_S = 0.5
UNHURRIED_TIMES = 0.5
"""A transfer is given up after this long and so many times its media's duration on top: a player a second from the live edge
is about to stall by then. hls.js looks from half the duration on, too."""


class RenditionChoice:
    """One viewer's."""

    def __init__(self, bandwidths_bps: Sequence[int], now_s: float) -> None:
        """`bandwidths_bps`: bits per second in rising order, at least one."""
        self._bandwidths_bps = bandwidths_bps
        self._dwell_s = [DWELL_S] * len(bandwidths_bps)
        self._up_from_s = now_s + START_DWELL_S
        self._since_s = now_s
        self._stalls = 0
        self.current = self._highest(START_BPS * UP_SHARE, len(bandwidths_bps))

    def _highest(self, most_bps: float, below: int) -> int:
        """The highest of the first `below` that takes no more than that; else the lowest."""
        return max((i for i in range(below) if self._bandwidths_bps[i] <= most_bps), default=0)

    def decide(self, now_s: float, estimate_bps: float, stalls: int) -> int:
        """Choose after a transfer; `stalls` is how many there were in all. 0 bits per second: nothing is known."""
        stalled, self._stalls = stalls > self._stalls, stalls
        if stalled:
            self._up_from_s = max(self._up_from_s, now_s + DWELL_S)
        if not estimate_bps:
            return self.current
        share = UP_SHARE if stalled else DOWN_SHARE
        if self.current and self._bandwidths_bps[self.current] > estimate_bps * share:
            self._go_down(now_s, self._highest(estimate_bps * UP_SHARE, self.current))
        elif now_s >= self._up_from_s:
            self._go_up(now_s, self._highest(estimate_bps * UP_SHARE, len(self._bandwidths_bps)))
        return self.current

    def gives_up(self, waited_s: float, duration_s: float) -> bool:
        """Whether a transfer of so much media that has taken so long is to be given up for a lower rendition."""
        return self.current > 0 and waited_s > UNHURRIED_S + UNHURRIED_TIMES * duration_s

    def give_up(self, now_s: float, estimate_bps: float) -> int:
        """Choose after a transfer was given up: what fits an estimate that has heard of it, at least one lower."""
        self._go_down(now_s, self._highest(estimate_bps * UP_SHARE, self.current))
        return self.current

    def _go_down(self, now_s: float, index: int) -> None:
        if now_s - self._since_s < HELD_S:
            self._dwell_s[self.current] = min(DWELL_MOST_S, self._dwell_s[self.current] * 2)
        self._settle(now_s, index)

    def _go_up(self, now_s: float, index: int) -> None:
        while index > self.current and now_s - self._since_s < self._patience_s(index):
            index -= 1
        if index > self.current:
            self._settle(now_s, index)

    def _patience_s(self, index: int) -> float:
        """What a rung is waited for that has been tried: one that has not is there to be tried."""
        waited_s = self._dwell_s[index]
        return waited_s if waited_s > DWELL_S else 0.0

    def _settle(self, now_s: float, index: int) -> None:
        if now_s - self._since_s >= DWELL_MOST_S:
            self._dwell_s[self.current] = DWELL_S
        self.current, self._since_s = index, now_s
        self._up_from_s = now_s + DWELL_S
