"""Endpoints and deliveries as rows of the store: the only place of this folder that speaks SQL."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, select, update

from tidegate.store import Transaction
from tidegate.store.tables import webhook_deliveries as deliveries
from tidegate.store.tables import webhooks
from tidegate.webhooks.events import Event
from tidegate.webhooks.types import Delivery, DeliveryState, Webhook

ALL = select(webhooks).order_by(webhooks.c.created_at)
ONE_PAGE = 200


def to_webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        description=row.description,
        events=tuple(msgspec.json.decode(row.events)),
        channel=row.channel,
        enabled=bool(row.enabled),
        created_at=row.created_at,
    )


def to_delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{name: getattr(row, name) for name in Delivery.__struct_fields__})


def due(limit: int) -> Select[Any]:
    """Deliveries that are still to be made, oldest first."""
    return select(deliveries).where(deliveries.c.state == "pending").order_by(deliveries.c.seq).limit(limit)


def log_of(webhook: str, state: str, limit: int) -> Select[Any]:
    """An endpoint's deliveries (of all, where `webhook` is empty), newest first."""
    found = select(deliveries).order_by(deliveries.c.seq.desc()).limit(limit)
    if webhook:
        found = found.where(deliveries.c.webhook == webhook)
    return found.where(deliveries.c.state == state) if state else found


def delivery(delivery_id: str) -> Select[Any]:
    return select(deliveries).where(deliveries.c.id == delivery_id)


def add(transaction: Transaction, webhook: Webhook, secret: bytes) -> None:
    row = {
        **_values(webhook),
        "home_region": transaction.region,
        "id": webhook.id,
        "secret": secret,
        "version": 1,
        "created_at": webhook.created_at,
        "updated_at": transaction.now,
    }
    transaction.execute(insert(webhooks).values(row))


def change(transaction: Transaction, webhook: Webhook) -> bool:
    values = {**_values(webhook), "updated_at": transaction.now, "version": webhooks.c.version + 1}
    return (
        transaction.execute(update(webhooks).where(webhooks.c.id == webhook.id).values(values)).rowcount > 0
    )


def sealed_secret(transaction: Transaction, webhook_id: str) -> bytes | None:
    found = transaction.execute(
        select(webhooks.c.secret).where(webhooks.c.id == webhook_id)
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


def set_secret(transaction: Transaction, webhook_id: str, sealed: bytes) -> None:
    values = {"secret": sealed, "updated_at": transaction.now, "version": webhooks.c.version + 1}
    transaction.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(values))


def remove(transaction: Transaction, webhook_id: str) -> bool:
    transaction.execute(delete(deliveries).where(deliveries.c.webhook == webhook_id))
    return transaction.execute(delete(webhooks).where(webhooks.c.id == webhook_id)).rowcount > 0


def count(transaction: Transaction) -> int:
    return int(transaction.execute(select(func.count()).select_from(webhooks)).scalar_one())


def waiting(transaction: Transaction, webhook_id: str) -> int:
    found = select(func.count()).select_from(deliveries)
    found = found.where(deliveries.c.webhook == webhook_id, deliveries.c.state == "pending")
    return int(transaction.execute(found).scalar_one())


def put_delivery(
    transaction: Transaction, delivery_id: str, webhook: str, event: Event, seq: int, refused: str = ""
) -> None:
    """A delivery that is to be made, or, where `refused` says why, one that will not be; nothing where it is there already."""
    if transaction.execute(select(deliveries.c.id).where(deliveries.c.id == delivery_id)).first() is not None:
        return
    row = {
        "home_region": transaction.region,
        "id": delivery_id,
        "webhook": webhook,
        "event": event.id,
        "type": event.type,
        "channel": event.channel,
        "body": event.body.decode(),
        "state": "failed" if refused else "pending",
        "attempts": 0,
        "next_at": 0.0 if refused else transaction.now,
        "status": 0,
        "response": "",
        "error": refused,
        "duration_s": 0.0,
        "seq": seq,
        "version": 1,
        "created_at": transaction.now,
        "updated_at": transaction.now,
    }
    transaction.execute(insert(deliveries).values(row))


def finish(
    transaction: Transaction, delivery_id: str, state: DeliveryState, values: dict[str, object]
) -> None:
    """What became of an attempt."""
    changed = {**values, "state": state, "updated_at": transaction.now, "version": deliveries.c.version + 1}
    transaction.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(changed))


def again(transaction: Transaction, delivery_id: str) -> bool:
    """Have a delivery made once more, now."""
    values = {
        "state": "pending",
        "next_at": transaction.now,
        "created_at": transaction.now,  # its day begins anew
        "attempts": 0,
        "updated_at": transaction.now,
        "version": deliveries.c.version + 1,
    }
    return (
        transaction.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(values)).rowcount
        > 0
    )


def prune(transaction: Transaction, before: float, most: int) -> int:
    """Forget finished deliveries older than `before`, and the oldest beyond `most`."""
    finished = deliveries.c.state != "pending"
    gone = transaction.execute(delete(deliveries).where(finished, deliveries.c.updated_at < before)).rowcount
    edge: Sequence[Row[Any]] = transaction.execute(
        select(deliveries.c.seq).where(finished).order_by(deliveries.c.seq.desc()).offset(most).limit(1)
    ).all()
    if edge:
        gone += transaction.execute(
            delete(deliveries).where(finished, deliveries.c.seq <= edge[0].seq)
        ).rowcount
    return int(gone)


def _values(webhook: Webhook) -> dict[str, object]:
    return {
        "url": webhook.url,
        "description": webhook.description,
        "events": msgspec.json.encode(webhook.events).decode(),
        "channel": webhook.channel,
        "enabled": webhook.enabled,
    }
