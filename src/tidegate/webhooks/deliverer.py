"""The one pool that makes deliveries: due ones out of the store, requests out, what became of them back into the store.

Bounds: `AT_ONCE` requests at once, `PER_ENDPOINT` to one endpoint, so that a slow one holds nobody else up; `LOOKED_AT` rows are read
a turn. An endpoint that fails is asked less often by itself: each delivery has its own schedule.
"""

import asyncio
import contextlib
from collections import Counter
from random import Random

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.store import Store
from tidegate.webhooks import rows, schedule, signing
from tidegate.webhooks.sender import Outcome, Sender
from tidegate.webhooks.signing_secrets import SigningSecrets
from tidegate.webhooks.types import Delivery, DeliveryState

AT_ONCE = 32
PER_ENDPOINT = 4
LOOKED_AT = 2000
TURN_S = 1.0

_log = structlog.get_logger()


class Deliverer:
    """Makes deliveries until stopped.

    Attributes:
        endpoints: address and secret of each that is enabled, by id.
        outcomes: attempts since start: `delivered`, `again` or `failed`.
    """

    def __init__(self, store: Store, clock: Clock, sender: Sender, chance: Random) -> None:
        self._store = store
        self._clock = clock
        self._sender = sender
        self._chance = chance
        self._running: dict[asyncio.Task[None], Delivery] = {}
        self._poked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.endpoints: dict[str, tuple[str, SigningSecrets | None]] = {}
        self.outcomes: Counter[str] = Counter()

    @property
    def running(self) -> int:
        """Requests under way."""
        return len(self._running)

    def start(self) -> None:
        self._task = asyncio.create_task(self._deliver_for_ever(), name="webhook-deliverer")

    async def stop(self) -> None:
        """Cut what is under way: it is made again after the next start."""
        tasks = [*self._running, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._sender.close()

    def poke(self) -> None:
        """Something may be due."""
        self._poked.set()

    async def _deliver_for_ever(self) -> None:
        while True:
            self._poked.clear()
            try:
                await self._turn()
            except TidegateError as error:
                _log.warning("webhooks_not_delivered", reason=error.message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TURN_S):  # `wait_for` may swallow a cancellation on Python 3.11
                    await self._poked.wait()

    async def _turn(self) -> None:
        if len(self._running) >= AT_ONCE:
            return
        waiting = [rows.to_delivery(row) for row in await self._store.read(rows.due(LOOKED_AT))]
        for delivery in ready(waiting, list(self._running.values()), set(self.endpoints), self._clock.wall()):
            if len(self._running) >= AT_ONCE:
                break
            task = asyncio.create_task(self._attempt(delivery), name=f"webhook {delivery.id}")
            self._running[task] = delivery
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self.poke()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("webhook_attempt_failed", reason=str(error))

    async def _attempt(self, delivery: Delivery) -> None:
        url, secrets = self.endpoints.get(delivery.webhook, ("", None))
        body = delivery.body.encode()
        if secrets is None:
            outcome = Outcome(0, "", "The endpoint's secret cannot be read: make the endpoint anew.", 0.0)
        else:
            now = self._clock.wall()
            headers = signing.headers(secrets.valid(now), delivery.event, int(now), body)
            outcome = await self._sender.post(url, headers, body)
        attempts = delivery.attempts + 1
        next_at = self._clock.wall() + schedule.delay_s(attempts, self._chance)
        state: DeliveryState = "pending"
        if outcome.delivered:
            state = "delivered"
        elif schedule.gives_up(delivery.created_at, next_at, outcome.status):
            state = "failed"
        self.outcomes["again" if state == "pending" else state] += 1
        values = {
            "attempts": attempts,
            "next_at": next_at if state == "pending" else 0.0,
            "status": outcome.status,
            "response": outcome.response,
            "error": outcome.error,
            "duration_s": outcome.duration_s,
        }
        await self._store.write(lambda transaction: rows.finish(transaction, delivery.id, state, values))


def ready(
    waiting: list[Delivery], running: list[Delivery], endpoints: set[str], now: float
) -> list[Delivery]:
    """Which of `waiting`, oldest first, may be made now: due, with room at their endpoint, and none of their channel before
    them that is still to be waited for. Pure.
    """
    under_way = {delivery.id for delivery in running}
    lanes = {(delivery.webhook, delivery.channel) for delivery in running}
    load = Counter(delivery.webhook for delivery in running)
    found = []
    for delivery in waiting:
        lane = (delivery.webhook, delivery.channel)
        if delivery.id in under_way or delivery.webhook not in endpoints or lane in lanes:
            continue
        if delivery.next_at > now:
            if delivery.attempts < schedule.ORDERED_ATTEMPTS:
                lanes.add(lane)
            continue
        if load[delivery.webhook] >= PER_ENDPOINT:
            continue
        lanes.add(lane)
        load[delivery.webhook] += 1
        found.append(delivery)
    return found
