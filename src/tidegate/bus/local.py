"""The in-process bus: one bounded queue per subscriber in one event loop; no thread, no task, no copy."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tidegate.bus.contract import DEFAULT_CAPACITY, Bus, Lagged, Subscription


class LocalBus(Bus):
    """Publish and subscribe within one process.

    Attributes:
        published, delivered, dropped, lagged: counters since start; `dropped` counts messages, `lagged` the times
            a subscriber passed its bound.
    """

    def __init__(self) -> None:
        self._queues: defaultdict[str, set[_Queue]] = defaultdict(set)
        self._closed = False
        self.published = 0
        self.delivered = 0
        self.dropped = 0
        self.lagged = 0

    @property
    def subscribers(self) -> int:
        """Subscriptions open now."""
        return sum(map(len, self._queues.values()))

    def publish(self, topic: str, message: object) -> None:
        if self._closed:
            return
        self.published += 1
        for queue in self._queues.get(topic, ()):
            if queue.full:
                self.dropped += 1
                self.lagged += queue.missed == 0
            self.delivered += 1
            queue.put(message)

    def subscribe(
        self, topic: str, capacity: int = DEFAULT_CAPACITY
    ) -> AbstractAsyncContextManager[Subscription]:
        return self._subscription(topic, capacity)

    @asynccontextmanager
    async def _subscription(self, topic: str, capacity: int) -> AsyncIterator[Subscription]:
        queue = _Queue(topic, capacity)
        if self._closed:
            queue.close()
        self._queues[topic].add(queue)
        try:
            yield queue
        finally:
            self._queues[topic].discard(queue)
            if not self._queues[topic]:
                del self._queues[topic]

    def close(self) -> None:
        self._closed = True
        for queues in self._queues.values():
            for queue in queues:
                queue.close()


class _Queue:
    """One subscriber's messages, the newest `capacity` of them, and how many it has missed."""

    __slots__ = ("_capacity", "_closed", "_messages", "_topic", "_woken", "missed")

    def __init__(self, topic: str, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a subscription needs room for one message at least, not {capacity}")
        self._topic = topic
        self._capacity = capacity
        self._messages: deque[object] = deque()
        self._woken = asyncio.Event()
        self._closed = False
        self.missed = 0

    @property
    def full(self) -> bool:
        return len(self._messages) >= self._capacity

    def put(self, message: object) -> None:
        if self.full:
            self._messages.popleft()
            self.missed += 1
        self._messages.append(message)
        self._woken.set()

    def close(self) -> None:
        self._closed = True
        self._woken.set()

    def __aiter__(self) -> "_Queue":
        return self

    async def __anext__(self) -> object:
        while True:
            if self.missed:
                missed, self.missed = self.missed, 0
                raise Lagged(self._topic, missed)
            if self._messages:
                return self._messages.popleft()
            if self._closed:
                raise StopAsyncIteration
            self._woken.clear()
            await self._woken.wait()
