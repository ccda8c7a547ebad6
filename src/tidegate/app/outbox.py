"""Hands the store's outbox on: to the webhooks, which make it their own durably, then to the bus, once it is committed."""

import asyncio
import contextlib

import structlog

from tidegate.bus import Bus
from tidegate.core.errors import UnavailableError
from tidegate.store import Handler, OutboxEvent, Store

INTERVAL_S = 1.0
BATCH = 100

_log = structlog.get_logger()


class OutboxPump:
    """One task that drains the outbox, batch after batch while there is more. An event that `take` raises on stays."""

    def __init__(self, store: Store, bus: Bus, take: Handler) -> None:
        self._store = store
        self._bus = bus
        self._take = take
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._pump_for_ever(), name="outbox-pump")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _pump_for_ever(self) -> None:
        while True:
            try:
                while await self._store.drain(self._tell, BATCH) == BATCH:
                    pass
            except UnavailableError as error:
                _log.warning("outbox-not-drained", reason=error.message)
            await asyncio.sleep(INTERVAL_S)

    async def _tell(self, event: OutboxEvent) -> None:
        await self._take(event)
        self._bus.publish(event.topic, event)
