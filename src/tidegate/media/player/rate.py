"""The live-rate controller: how fast to play so that latency meets its target and the buffer never runs dry. Pure.

The same law with the same limits as the watch page's `rate.ts`, so that what is measured here is what a browser does.
Flows in: time, latency and forward buffer, seconds. Flows out: a playback rate, and rarely a jump to the edge.
"""

from math import ceil
from typing import Literal

import msgspec


class RateLimits(msgspec.Struct, frozen=True):
    """Limits of the law, seconds.

    Attributes:
        target_s: latency to hold.
        band_s: begin to catch up this much behind the target; stop when it is reached.
        safe_buffer_s: catch up only while more than this is buffered: one 200 ms part in flight, 150 ms of jitter.
        thin_buffer_s: below it, play a little slower.
        jump_s: further behind than this, jump.
        jump_pause_s: at least this long between two jumps.
        stall_step_s: each stall moves the target back by this, at most to `max_target_s`.
        forgive_s: a step is taken back after so long without a stall.
    """

    target_s: float = 0.65
    band_s: float = 0.04
    safe_buffer_s: float = 0.35
    thin_buffer_s: float = 0.08
    catch_up_rate: float = 1.05
    slow_rate: float = 0.97
    jump_s: float = 3.0
    jump_pause_s: float = 4.0
    stall_step_s: float = 0.15
    max_target_s: float = 2.0
    forgive_s: float = 30.0


class RateController:
    """Decides anew at every `update`."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._mode: Literal["hold", "catch-up", "slow"] = "hold"
        self._stalls = 0
        self._last_stall_s = float("-inf")
        self._last_jump_s = float("-inf")

    @property
    def target_s(self) -> float:
        """Latency aimed at now: the limit's, moved back by recent stalls."""
        limits = self._limits
        return min(limits.max_target_s, limits.target_s + self._stalls * limits.stall_step_s)

    def stalled(self, now_s: float) -> None:
        """Playback stopped for want of media: keep a little more distance for a while."""
        limits = self._limits
        self._last_stall_s = now_s
        most = max(0, ceil((limits.max_target_s - limits.target_s) / limits.stall_step_s))
        self._stalls = min(self._stalls + 1, most)

    def update(
        self, now_s: float, latency_s: float | None, buffer_s: float, *, edge_moving: bool
    ) -> tuple[float, bool]:
        """The rate to play at until the next update, and whether to jump to the live edge now.

        `latency_s` is None where the stream carries no wall clock; `edge_moving` is whether new media keeps arriving.
        """
        self._forgive(now_s)
        limits = self._limits
        if latency_s is None:
            self._mode = "hold"
            return 1.0, False
        if latency_s > limits.jump_s + max(0.0, limits.target_s - RateLimits().target_s) and edge_moving:
            self._mode = "hold"
            return 1.0, self._may_jump(now_s)
        self._mode = self._next(latency_s - self.target_s, buffer_s, edge_moving=edge_moving)
        if self._mode == "catch-up":
            return limits.catch_up_rate, False
        return (limits.slow_rate if self._mode == "slow" else 1.0), False

    def _next(
        self, behind_s: float, buffer_s: float, *, edge_moving: bool
    ) -> Literal["hold", "catch-up", "slow"]:
        limits = self._limits
        if not edge_moving:
            return "hold"  # slowing down would only stretch the last picture
        if behind_s > limits.band_s and buffer_s > limits.safe_buffer_s:
            return "catch-up"
        if self._mode == "catch-up" and behind_s > 0 and buffer_s > limits.thin_buffer_s:
            return "catch-up"
        still_thin = self._mode == "slow" and buffer_s < 2 * limits.thin_buffer_s
        if buffer_s < limits.thin_buffer_s or behind_s < -limits.band_s or still_thin:
            return "slow"
        return "hold"

    def _may_jump(self, now_s: float) -> bool:
        if now_s - self._last_jump_s < self._limits.jump_pause_s:
            return False
        self._last_jump_s = now_s
        return True

    def _forgive(self, now_s: float) -> None:
        if self._stalls and now_s - self._last_stall_s >= self._limits.forgive_s:
            self._stalls -= 1
            self._last_stall_s = now_s
