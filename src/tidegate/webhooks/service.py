"""Endpoints, and getting events to them: what others may call.

In: endpoints; the outbox's events, each of which becomes a row a delivery in one transaction before the outbox forgets it.
Out: signed requests, at least once; a log. So an event that was committed is delivered whatever is killed in between, and what
is sent twice carries the same id. Events of one channel go to one endpoint one after the other, as `schedule.py` says.
"""

import asyncio
import contextlib
import hashlib
from random import Random
from typing import Any

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import ConflictError, InvalidError, NotFoundError, TidegateError
from tidegate.core.ids import channel_name, new_id
from tidegate.store import OutboxEvent, Store, Transaction
from tidegate.webhooks import rows
from tidegate.webhooks.deliverer import Deliverer
from tidegate.webhooks.events import TEST, TYPES, Event, event, event_of
from tidegate.webhooks.sealing import Seal
from tidegate.webhooks.sender import Sender
from tidegate.webhooks.signing import new_secret
from tidegate.webhooks.signing_secrets import GRACE_MAX_S, GRACE_S, SigningSecrets, parse_secrets
from tidegate.webhooks.types import CreatedWebhook, Delivery, Webhook

WEBHOOKS_MAX = 100
WAITING_MAX = 10_000
"""Deliveries that wait for one endpoint; at the bound further events are noted as failed, and can be replayed."""
KEPT_S = 7 * 86_400.0
KEPT_MAX = 20_000
"""Finished deliveries in the log: for a week, and no more than so many."""
PRUNE_EVERY_S = 3600.0
_DESCRIPTION_MAX = 200

_log = structlog.get_logger()


class WebhookNotFoundError(NotFoundError):
    code = "webhook-not-found"


class DeliveryNotFoundError(NotFoundError):
    code = "delivery-not-found"


class TooManyWebhooksError(ConflictError):
    code = "too-many-webhooks"


class WebhookInvalidError(InvalidError):
    code = "webhook-invalid"


class WebhookService:
    """Keeps endpoints and delivers."""

    def __init__(
        self, store: Store, clock: Clock, seal: Seal, sender: Sender, chance: Random | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self._webhooks: dict[str, Webhook] = {}
        self._seq = 0
        self._pruning: asyncio.Task[None] | None = None
        self.deliverer = Deliverer(store, clock, sender, chance or Random())  # noqa: S311  spreads retries

    async def start(self) -> None:
        """Read the endpoints, and go on with what waits.

        Raises:
            StoreUnavailableError: the store did not answer.
        """
        await self.load()
        self.deliverer.start()
        self._pruning = asyncio.create_task(self._prune_for_ever(), name="webhook-log-pruning")

    async def stop(self) -> None:
        if self._pruning is not None:
            self._pruning.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pruning
        await self.deliverer.stop()

    async def load(self) -> None:
        """Read the endpoints as the store has them: at start, and when another node may have changed one."""
        found = await self._store.read(rows.ALL)
        secrets = {row.id: self._secrets(row) for row in found}
        self._webhooks = {row.id: self._shown(rows.to_webhook(row), secrets[row.id]) for row in found}
        self.deliverer.endpoints = {row.id: (row.url, secrets[row.id]) for row in found if row.enabled}

    async def keep_current(self, every_s: float) -> None:
        """Load again and again, for a store that other nodes write too. Ends by cancellation."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.load()
            except TidegateError as error:
                _log.warning("webhooks_not_refreshed", reason=error.message)

    def webhooks(self) -> list[Webhook]:
        return list(self._webhooks.values())

    def get(self, webhook_id: str) -> Webhook:
        """One endpoint.

        Raises:
            WebhookNotFoundError: there is none of this id.
        """
        found = self._webhooks.get(webhook_id)
        if found is None:
            raise WebhookNotFoundError(f"There is no webhook {webhook_id[:64]!r}.", hint="List them.")
        return found

    async def add(
        self, url: str, events: tuple[str, ...] = (), channel: str = "", description: str = ""
    ) -> CreatedWebhook:
        """Tell one more endpoint. Its secret is in this answer only.

        Raises:
            WebhookUrlError, WebhookInvalidError: what is wrong with it.
            TooManyWebhooksError: there are as many as there may be.
        """
        webhook_id = new_id("whk", self._store.region)
        webhook = Webhook(webhook_id, url, description, events, channel, True, self._clock.wall())
        _check(webhook)
        secret = new_secret()

        def work(transaction: Transaction) -> None:
            if rows.count(transaction) >= WEBHOOKS_MAX:
                raise TooManyWebhooksError(
                    f"There are {WEBHOOKS_MAX} webhooks, the most there may be.", hint="Remove one."
                )
            rows.add(transaction, webhook, self._seal.seal(secret, webhook_id))

        await self._store.write(work)
        await self.load()
        return CreatedWebhook(webhook, secret)

    async def change(self, webhook_id: str, changes: dict[str, Any]) -> Webhook:
        """Give an endpoint other values; raises as `get` and `add` do."""
        webhook = msgspec.structs.replace(self.get(webhook_id), **changes)
        _check(webhook)
        await self._store.write(lambda transaction: rows.change(transaction, webhook))
        await self.load()
        return self.get(webhook_id)

    async def rotate(self, webhook_id: str, grace_s: float = GRACE_S) -> CreatedWebhook:
        """Give an endpoint a new secret, which is in this answer only. For `grace_s` more seconds requests are signed with
        the old one as well, so that no receiver misses any; 0: it counts no more.

        Raises:
            WebhookNotFoundError: there is none of this id.
            WebhookInvalidError: no such grace may be given.
            SealedSecretError: what it is signed with now cannot be read; with no grace it need not be.
        """
        if not 0 <= grace_s <= GRACE_MAX_S:
            raise WebhookInvalidError(
                f"The old secret cannot count for {grace_s:g} s.",
                hint=f"Give 0 to {GRACE_MAX_S:.0f} s.",
                field="grace_s",
            )

        def work(transaction: Transaction) -> str:
            sealed = rows.sealed_secret(transaction, webhook_id)
            if sealed is None:
                raise WebhookNotFoundError(f"There is no webhook {webhook_id[:64]!r}.", hint="List them.")
            before = parse_secrets(self._seal.open(sealed, webhook_id)) if grace_s else SigningSecrets("")
            secrets = before.rotated(self._clock.wall(), grace_s)
            rows.set_secret(transaction, webhook_id, self._seal.seal(secrets.text(), webhook_id))
            return secrets.current

        secret = await self._store.write(work)
        await self.load()
        _log.info("webhook_secret_rotated", webhook=webhook_id, grace_s=grace_s)
        return CreatedWebhook(self.get(webhook_id), secret)

    async def remove(self, webhook_id: str) -> None:
        """Tell it nothing more, and forget what was told; raises as `get` does."""
        self.get(webhook_id)
        await self._store.write(lambda transaction: rows.remove(transaction, webhook_id))
        await self.load()

    async def test(self, webhook_id: str) -> Delivery:
        """Send an event that says it is a test; raises as `get` does."""
        webhook = self.get(webhook_id)
        made = event(
            new_id("evt", self._store.region),
            TEST,
            webhook.channel,
            self._clock.wall(),
            {"webhook": webhook.id},
        )
        if made is None:
            raise WebhookNotFoundError("There is no test event.")
        delivery_id = delivery_id_of(made.id, webhook_id)
        await self._store.write(
            lambda transaction: rows.put_delivery(
                transaction, delivery_id, webhook_id, made, self._next_seq()
            )
        )
        self.deliverer.poke()
        return await self.delivery(delivery_id)

    async def deliveries(self, webhook_id: str = "", state: str = "", limit: int = 50) -> list[Delivery]:
        """The log, newest first."""
        found = await self._store.read(rows.log_of(webhook_id, state, min(limit, rows.ONE_PAGE)))
        return [rows.to_delivery(row) for row in found]

    async def delivery(self, delivery_id: str) -> Delivery:
        """One delivery.

        Raises:
            DeliveryNotFoundError: there is none of this id, or no longer.
        """
        found = await self._store.read(rows.delivery(delivery_id))
        if not found:
            raise DeliveryNotFoundError(
                f"There is no delivery {delivery_id[:64]!r}.", hint="The log keeps a week."
            )
        return rows.to_delivery(found[0])

    async def replay(self, delivery_id: str) -> Delivery:
        """Make a delivery once more, with the same id and body; raises as `delivery` does."""
        await self.delivery(delivery_id)
        await self._store.write(lambda transaction: rows.again(transaction, delivery_id))
        self.deliverer.poke()
        return await self.delivery(delivery_id)

    async def take(self, found: OutboxEvent) -> None:
        """Make an outbox event the endpoints' own; when this returns, the outbox may forget it.

        Raises:
            StoreUnavailableError: it was not taken.
        """
        told = event_of(found)
        receivers = [webhook.id for webhook in self._webhooks.values() if told and _wants(webhook, told)]
        if told is None or not receivers:
            return

        def work(transaction: Transaction) -> None:
            for webhook_id in receivers:
                full = rows.waiting(transaction, webhook_id) >= WAITING_MAX
                refused = f"{WAITING_MAX} deliveries wait for this endpoint already." if full else ""
                rows.put_delivery(
                    transaction,
                    delivery_id_of(told.id, webhook_id),
                    webhook_id,
                    told,
                    self._next_seq(),
                    refused,
                )

        await self._store.write(work)
        self.deliverer.poke()

    def _secrets(self, row: Any) -> SigningSecrets | None:
        try:
            return parse_secrets(self._seal.open(bytes(row.secret), row.id))
        except TidegateError as error:
            _log.error("webhook_secret_unreadable", webhook=row.id, reason=error.message)
            return None

    @staticmethod
    def _shown(webhook: Webhook, secrets: SigningSecrets | None) -> Webhook:
        until = secrets.old_until if secrets is not None else 0.0
        return msgspec.structs.replace(webhook, old_secret_until=until)

    def _next_seq(self) -> int:
        """Grows through restarts, as wall time does; within one process whatever the clock."""
        self._seq = max(self._seq + 1, int(self._clock.wall() * 1e6))
        return self._seq

    async def _prune_for_ever(self) -> None:
        while True:
            before = self._clock.wall() - KEPT_S
            try:
                await self._store.write(lambda transaction, at=before: rows.prune(transaction, at, KEPT_MAX))  # type: ignore[misc]
            except TidegateError as error:
                _log.warning("webhook_log_not_pruned", reason=error.message)
            await asyncio.sleep(PRUNE_EVERY_S)


def delivery_id_of(event_id: str, webhook_id: str) -> str:
    """The same for the same event and endpoint, so that an event taken twice is one delivery."""
    return f"dlv_{hashlib.sha256(f'{event_id} {webhook_id}'.encode()).hexdigest()[:24]}"


def _wants(webhook: Webhook, told: Event) -> bool:
    return (
        webhook.enabled
        and (not webhook.events or told.type in webhook.events)
        and (not webhook.channel or told.channel == webhook.channel)
    )


def _check(webhook: Webhook) -> None:
    from tidegate.webhooks.outgoing import checked_url  # noqa: PLC0415  its client would delay each start

    checked_url(webhook.url)
    unknown = [kind for kind in webhook.events if kind not in TYPES]
    if unknown:
        raise WebhookInvalidError(
            f"There is no event {unknown[0][:64]!r}.", hint=f"Known: {', '.join(TYPES)}.", field="events"
        )
    if webhook.channel:
        channel_name(webhook.channel)
    if len(webhook.description) > _DESCRIPTION_MAX:
        raise WebhookInvalidError(
            f"The description is longer than {_DESCRIPTION_MAX} characters.",
            hint="Shorten it.",
            field="description",
        )
