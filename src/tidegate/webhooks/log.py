"""What streams do, written to the store's outbox without anybody on the media path waiting for the store.

In: a call for each change of state. Out: events in the outbox, in order. While the store is away they are kept in memory; at
the bound the oldest are dropped, counted and said. What was not yet written when a process is killed is lost: some milliseconds.
"""

import asyncio
import contextlib
from collections import deque
from typing import Any

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.core.nodes import Check
from tidegate.core.streams import StreamEvent, StreamState
from tidegate.store import Store, Transaction
from tidegate.webhooks.events import TOPIC, Told

WAITING_MAX = 10_000
BATCH = 200
AGAIN_S = 1.0
STREAMS_MAX = 100_000

_log = structlog.get_logger()


class EventLog:
    """Writes events in order by one task.

    Attributes:
        dropped: events lost at the bound since start.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: deque[Told] = deque()
        self._states: dict[str, StreamState] = {}
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._away = ""
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._write_for_ever(), name="event-log")

    async def stop(self) -> None:
        """Write what waits if the store takes it now."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TidegateError):
            while self._waiting:
                await self._write()

    def stream(self, event: StreamEvent) -> None:
        """A stream's state, as the origin tells it; what is no change for a receiver is not told."""
        before = self._states.get(event.channel)
        if len(self._states) >= STREAMS_MAX:
            self._states.clear()
        self._states[event.channel] = event.state
        kind = stream_type(before, event.state)
        if kind:
            data = {"channel": event.channel, "broadcast": event.broadcast, "reason": event.reason}
            self.tell(kind, event.channel, event.at, data)

    def tell(self, kind: str, channel: str, at: float, data: dict[str, Any]) -> None:
        """Something that receivers shall know. Plain and quick."""
        if len(self._waiting) >= WAITING_MAX:
            self._waiting.popleft()
            self.dropped += 1
            if self.dropped % 1000 == 1:
                _log.error("events_dropped", dropped=self.dropped)
        self._waiting.append(Told(kind, channel, at, data))
        self._some.set()

    def check(self) -> Check:
        """Whether events are written, as one line of the health report."""
        if not self._away:
            return Check("events", "ok", "Events are written.")
        return Check(
            "events",
            "degraded",
            f"{len(self)} events wait for the store: {self._away}",
            "Bring it back; they follow.",
        )

    async def _write_for_ever(self) -> None:
        while True:
            await self._some.wait()
            try:
                await self._write()
                self._away = ""
            except TidegateError as error:
                self._away = error.message
                _log.warning("events_not_written", waiting=len(self), reason=error.message)
                await asyncio.sleep(AGAIN_S)
            if not self._waiting:
                self._some.clear()

    async def _write(self) -> None:
        batch = [self._waiting[number] for number in range(min(BATCH, len(self._waiting)))]
        dropped = self.dropped

        def work(transaction: Transaction) -> None:
            for told in batch:
                transaction.emit(TOPIC, told)

        await self._store.write(work)
        for _ in range(len(batch) - (self.dropped - dropped)):
            self._waiting.popleft()


def stream_type(before: StreamState | None, now: StreamState) -> str:
    """The event of a change of state, empty where receivers are told nothing."""
    if now == before:
        return ""
    if now == "live":
        return "stream.resumed" if before == "interrupted" else "stream.started"
    return {"interrupted": "stream.interrupted", "ended": "stream.ended"}.get(now, "")
