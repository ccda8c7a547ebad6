"""One upstream request and everyone who waits for it.

A viewer that hangs up leaves the waiters and nothing else: the flight belongs to the edge, not to whoever asked
first. Waiters are called back in the order they came, within one turn of the loop and without a task each.
"""

import asyncio
from collections.abc import Callable, Generator

import structlog

from tidegate.media.edge.answers import Answer

log = structlog.get_logger()

Callback = Callable[[Answer], None]
Choose = Callable[[Answer, bytes], Answer]
"""Picks what one viewer gets of the shared answer, given its If-None-Match: the answer itself, or a 304."""


class Flight:
    """An upstream request under way. `joined`: viewers that asked for the same since."""

    __slots__ = ("_choose", "asked_at", "joined", "task", "waiters")

    def __init__(self, asked_at: float, choose: Choose) -> None:
        self.asked_at = asked_at
        self.waiters: dict[Pending, None] = {}
        self.joined = 0
        self.task: asyncio.Task[None] | None = None
        self._choose = choose

    def wait(self, if_none_match: bytes) -> "Pending":
        """Join the waiters."""
        pending = Pending(self, if_none_match)
        self.waiters[pending] = None
        return pending

    def land(self, answer: Answer) -> None:
        """Give every waiter its answer. One that fails fails alone."""
        waiters, self.waiters = self.waiters, {}
        for pending in waiters:
            mine = answer if not pending.if_none_match else self._choose(answer, pending.if_none_match)
            try:
                pending.resolve(mine)
            except Exception:
                log.exception("edge_waiter_failed")


class Pending:
    """One viewer's place in a flight: give it a callback with `then`, or await it; not both."""

    __slots__ = ("_answer", "_callback", "_flight", "if_none_match")

    def __init__(self, flight: Flight, if_none_match: bytes) -> None:
        self._flight = flight
        self._answer: Answer | None = None
        self._callback: Callback | None = None
        self.if_none_match = if_none_match

    def then(self, callback: Callback) -> None:
        """Have `callback` called with the answer, once, from the loop."""
        if self._answer is not None:
            callback(self._answer)
        else:
            self._callback = callback

    def cancel(self) -> None:
        """Leave; the flight goes on for the others and for the cache."""
        self._callback = None
        self._flight.waiters.pop(self, None)

    def resolve(self, answer: Answer) -> None:
        self._answer = answer
        if self._callback is not None:
            self._callback(answer)

    def __await__(self) -> Generator[object, None, Answer]:
        if self._answer is None:
            landed: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            self._callback = lambda answer: None if landed.done() else landed.set_result(answer)
            try:
                yield from landed
            finally:
                self.cancel()
        if self._answer is None:
            raise asyncio.CancelledError
        return self._answer
