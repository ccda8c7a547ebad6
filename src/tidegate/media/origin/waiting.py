"""Requests that wait for something to exist: a playlist's next part, a hinted part, a stream's first picture.

In: what would answer, asked again whenever something changed. Out: a future per request. Bound: the broadcast
counts all that wait for it and refuses more (`Broadcast.room`); every wait ends at its deadline.
"""

import asyncio
from collections.abc import Callable

from tidegate.core.delivery import LiveResponse

Answer = Callable[[], LiveResponse | None]
"""The response, or None while there is none yet."""


class Waiters:
    """Requests that wait for one track, or for the whole stream."""

    def __init__(self) -> None:
        self._waiting: list[
            tuple[asyncio.Future[LiveResponse], Answer, Callable[[], LiveResponse], float]
        ] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(
        self, answer: Answer, late: Callable[[], LiveResponse], deadline: float
    ) -> asyncio.Future[LiveResponse]:
        """Wait for `answer` to be one until `deadline` (monotonic seconds), then take what `late` says."""
        future: asyncio.Future[LiveResponse] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, answer, late, deadline))
        return future

    def wake(self) -> None:
        """Something changed: answer those who can be."""
        if not self._waiting:
            return
        still = []
        for each in self._waiting:
            future, answer, _, _ = each
            if future.done():  # the asker has gone
                continue
            response = answer()
            if response is None:
                still.append(each)
            else:
                future.set_result(response)
        self._waiting = still

    def expire(self, now: float) -> int:
        """Answer those whose time is over; returns how many there were."""
        over = [each for each in self._waiting if each[3] <= now]
        if over:
            self._waiting = [each for each in self._waiting if each[3] > now]
        for future, _, late, _ in over:
            if not future.done():
                future.set_result(late())
        return len(over)

    def dismiss(self, response: LiveResponse) -> None:
        """Answer everyone with `response`."""
        waiting, self._waiting = self._waiting, []
        for future, *_ in waiting:
            if not future.done():
                future.set_result(response)
