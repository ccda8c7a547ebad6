"""Where an edge elsewhere puts its facts: kept in bounded memory, and handed to the platform's door in deliveries.

In: facts, from the loop. Out: deliveries of one table's JSON lines, through a `Post`. What cannot be delivered now is kept and
tried again, later and later; at the bound the oldest of the fullest table give way, and are counted. A delivery keeps its id over all tries, so
that one whose answer was lost is not taken twice.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

import msgspec
import structlog

from tidegate.core.backoff import Backoff
from tidegate.core.facts import TABLES, Fact
from tidegate.core.ids import random_token

KEPT_MAX = 60_000
"""Facts kept, about 300 bytes each as lines: some minutes of an edge with a hundred channels."""
DELIVERY_FACTS = 2000
DELIVERY_BYTES = 768 * 1024
"""Of one delivery at most; the platform's door takes a MiB."""
EVERY_S = 1.0
ID_BITS = 80

Outcome = Literal["taken", "later", "refused"]
"""later: keep it and try again · refused: it will never be taken."""


class Delivery(NamedTuple):
    id: str
    table: str
    lines: bytes
    facts: int


Post = Callable[[Delivery], Awaitable[Outcome]]
"""Hands one delivery over; raises nothing."""

_TABLE_OF = {kind: table for table, kind in TABLES.items()}

_log = structlog.get_logger()


class FactForwarder:
    """A `FactSink`.

    Attributes:
        dropped: facts that gave way, or that the platform refused, since start.
        delivered: facts taken.
    """

    def __init__(self, post: Post, backoff: Backoff) -> None:
        self._post = post
        self._backoff = backoff
        self._kept: dict[str, deque[bytes]] = {table: deque() for table in TABLES}
        self._count = 0
        self._under_way: Delivery | None = None
        self._encoder = msgspec.json.Encoder()
        self._task: asyncio.Task[None] | None = None
        self._away = False
        self.dropped = self.delivered = 0

    def __len__(self) -> int:
        """Facts kept."""
        return self._count + (self._under_way.facts if self._under_way is not None else 0)

    def put(self, fact: Fact) -> None:
        """See `core.ports.FactSink`."""
        if self._count >= KEPT_MAX:
            max(self._kept.values(), key=len).popleft()
            self._count -= 1
            self.dropped += 1
        self._kept[_TABLE_OF[type(fact)]].append(self._encoder.encode(fact))
        self._count += 1

    async def start(self) -> None:
        self._task = asyncio.create_task(self._forward_for_ever(), name="facts-forwarder")

    async def stop(self, deadline_s: float = 2.0) -> None:
        """Deliver what is left, as far as the deadline allows."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                await self.forward()

    async def forward(self) -> bool:
        """Deliver what there is; False where the platform will not have it now."""
        while (delivery := self._under_way or self._next()) is not None:
            self._under_way = delivery
            outcome = await self._post(delivery)
            if outcome == "later":
                return False
            self._under_way = None
            if outcome == "taken":
                self.delivered += delivery.facts
            else:
                self.dropped += delivery.facts
        return True

    def _next(self) -> Delivery | None:
        """The oldest facts of the fullest table."""
        table, kept = max(self._kept.items(), key=lambda each: len(each[1]))
        lines: list[bytes] = []
        size = 0
        while kept and len(lines) < DELIVERY_FACTS and size + len(kept[0]) < DELIVERY_BYTES:
            lines.append(kept.popleft())
            size += len(lines[-1]) + 1
        self._count -= len(lines)
        return Delivery(random_token(ID_BITS), table, b"\n".join(lines), len(lines)) if lines else None

    async def _forward_for_ever(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            while not await self.forward():
                if not self._away:
                    _log.warning("facts_not_delivered", kept=len(self))
                self._away = True
                await asyncio.sleep(self._backoff.next_s())
            if self._away:
                self._away = False
                _log.info("facts_delivered_again", dropped=self.dropped)
            self._backoff.reset()
