"""One viewer's line to the world: real answers, given to the player when its network would have brought them.

Flows in: answers that have come over the loopback, and when. Flows out: the same, later, one after the other as through a
queue before the slowest hop; a throttle on the viewer's region counts from the moment it is set. Nothing is sent twice and no
socket is opened for it: a request's way there and the answer's way back are added to when the player sees it.
"""

import asyncio
from collections import deque
from math import inf
from random import Random

from tidegate.core.clock import Clock
from tidegate.media.crowd.networks import Trace
from tidegate.media.player.exchange import Response
from tidegate.media.player.types import RequestError

SOON_S = 0.0005
"""A wait shorter than that is none: timers are not finer than a millisecond."""


class Throttle:
    """What a region's viewers may receive each, bits per second; infinite where nothing is wrong."""

    def __init__(self) -> None:
        self.cap_bps = inf
        self._links: set[Link] = set()

    def set(self, cap_bps: float) -> None:
        for link in self._links:
            link.settle(self.cap_bps)
        self.cap_bps = cap_bps
        for link in self._links:
            link.replan()

    def join(self, link: "Link") -> None:
        self._links.add(link)

    def leave(self, link: "Link") -> None:
        self._links.discard(link)


class _Transfer:
    """An answer on its way."""

    __slots__ = (
        "begin_s", "bits", "end_s", "least_s", "ready_s", "response", "started_s", "timer", "until_s", "waiter",
    )  # fmt: skip

    def __init__(
        self,
        ready_s: float,
        least_s: float,
        until_s: float,
        response: Response,
        waiter: "asyncio.Future[Response]",
    ) -> None:
        self.ready_s = ready_s
        self.least_s = least_s
        self.bits = response.size * 8.0
        self.until_s = until_s
        self.response = response
        self.waiter = waiter
        self.begin_s = self.end_s = 0.0
        self.started_s = inf
        self.timer: asyncio.TimerHandle | None = None


class Link:
    """Implements `player.exchange.Link`. `distance_s` is what the way to the viewer's region adds to a round trip."""

    def __init__(
        self, trace: Trace, throttle: Throttle, clock: Clock, chance: Random, *, distance_s: float = 0.0
    ) -> None:
        self._trace = trace
        self._throttle = throttle
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._chance = chance
        self._rtt_s = trace.rtt_s + distance_s
        # viewers of one trace are at different places of it
        self._origin_s = clock.monotonic() - chance.uniform(0.0, len(trace.bps) * trace.step_s)
        self._queue: deque[_Transfer] = deque()
        self._free_s = 0.0
        throttle.join(self)

    def deliver(
        self,
        response: Response,
        asked_at: float,
        until: float,
        waiter: "asyncio.Future[Response]",
        *,
        fresh: bool,
    ) -> None:
        """Give `waiter` the answer once it is here; `fresh`: a connection was made for it, which takes a round trip more."""
        first_s = response.at - response.transfer_s
        ready_s = max(first_s + self._rtt_s / 2, asked_at + self._rtt_s * (2 if fresh else 1))
        if self._trace.jitter_s:
            ready_s += self._chance.expovariate(1 / self._trace.jitter_s)
        transfer = _Transfer(ready_s, response.at + self._rtt_s / 2, until, response, waiter)
        self._queue.append(transfer)
        self._plan(transfer)

    def forget(self, waiter: "asyncio.Future[Response]") -> None:
        """Nobody waits for it any more: then the rest comes the sooner."""
        for transfer in self._queue:
            if transfer.waiter is waiter:
                self._queue.remove(transfer)
                if transfer.timer is not None:
                    transfer.timer.cancel()
                self.settle(self._throttle.cap_bps)
                self.replan()
                return

    def settle(self, cap_bps: float) -> None:
        """Account for what has come so far at the old rate; `replan` follows."""
        now = self._clock.monotonic()
        for transfer in self._queue:
            if transfer.begin_s < now:
                came = self._trace.carried(transfer.begin_s - self._origin_s, now - self._origin_s, cap_bps)
                transfer.bits = max(0.0, transfer.bits - came)
                transfer.started_s = min(transfer.started_s, transfer.begin_s)
                transfer.ready_s = max(transfer.ready_s, now)

    def replan(self) -> None:
        """The rate has changed: work out anew when what is on its way is here."""
        self._free_s = 0.0
        for transfer in list(self._queue):
            if transfer.timer is not None:
                transfer.timer.cancel()
            self._plan(transfer)

    def _plan(self, transfer: _Transfer) -> None:
        transfer.begin_s = max(transfer.ready_s, self._free_s)
        end_s = self._origin_s + self._trace.finish(
            transfer.begin_s - self._origin_s, transfer.bits, self._throttle.cap_bps
        )
        transfer.end_s = end_s = max(end_s, transfer.least_s)
        self._free_s = min(end_s, transfer.until_s)
        wait_s = self._free_s - self._clock.monotonic()
        if wait_s > SOON_S:
            transfer.timer = self._loop.call_later(wait_s, self._ring, transfer)
        else:
            self._ring(transfer)

    def _ring(self, transfer: _Transfer) -> None:
        self._queue.remove(transfer)  # nearly always the first
        if transfer.waiter.done():
            return
        if transfer.end_s > transfer.until_s:
            transfer.waiter.set_exception(
                RequestError("The network was too slow: no whole answer before its time was over.")
            )
            return
        response, began_s = transfer.response, min(transfer.started_s, transfer.begin_s)
        transfer.waiter.set_result(
            Response(
                response.status, response.headers, response.body, response.size,
                transfer.end_s - began_s, transfer.end_s, response.address,
            )
        )  # fmt: skip

    def close(self) -> None:
        self._throttle.leave(self)
