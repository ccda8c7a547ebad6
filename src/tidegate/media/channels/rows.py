"""Channels and keys as rows of the store: the only place of this folder that speaks SQL."""

from typing import Any

from sqlalchemy import Row, and_, delete, insert, select

from tidegate.media.channels.keys import StreamKey
from tidegate.media.channels.types import Channel
from tidegate.store import Transaction
from tidegate.store.tables import channels, stream_keys

ALL = select(
    channels.c.name,
    channels.c.title,
    channels.c.home_region,
    channels.c.created_at,
    channels.c.version,
    stream_keys.c.id.label("key_id"),
    stream_keys.c.digest.label("key_digest"),
    stream_keys.c.hint.label("key_hint"),
).select_from(
    channels.outerjoin(
        stream_keys,
        and_(
            stream_keys.c.home_region == channels.c.home_region,
            stream_keys.c.channel == channels.c.name,
        ),
    )
)
"""Every channel with its key."""


def to_channel(row: Row[Any]) -> Channel:
    return Channel(
        name=row.name,
        title=row.title,
        home_region=row.home_region,
        created_at=row.created_at,
        key_hint=row.key_hint or "",
        version=row.version,
    )


def to_key(row: Row[Any]) -> StreamKey | None:
    if row.key_id is None:
        return None
    return StreamKey(row.key_id, row.name, bytes(row.key_digest), row.key_hint)


def find(transaction: Transaction, name: str) -> Channel | None:
    row = transaction.execute(ALL.where(channels.c.name == name)).first()
    return to_channel(row) if row else None


def add(transaction: Transaction, name: str, title: str, key: StreamKey) -> Channel:
    row = {
        "home_region": transaction.region,
        "name": name,
        "title": title,
        "version": 1,
        "created_at": transaction.now,
        "updated_at": transaction.now,
    }
    transaction.execute(insert(channels).values(row))
    channel = Channel(name, title, transaction.region, transaction.now, key.hint, 1)
    _add_key(transaction, channel, key)
    return channel


def change(transaction: Transaction, channel: Channel, values: dict[str, object]) -> int:
    """Change `channel` if it is still as it was read; returns its new version."""
    key = {"home_region": channel.home_region, "name": channel.name}
    return transaction.swap(channels, key, channel.version, values)


def replace_key(transaction: Transaction, channel: Channel, key: StreamKey) -> None:
    _remove_keys(transaction, channel)
    _add_key(transaction, channel, key)


def remove(transaction: Transaction, channel: Channel) -> None:
    _remove_keys(transaction, channel)
    transaction.execute(
        delete(channels).where(channels.c.home_region == channel.home_region, channels.c.name == channel.name)
    )


def _add_key(transaction: Transaction, channel: Channel, key: StreamKey) -> None:
    row = {
        "home_region": channel.home_region,
        "id": key.id,
        "channel": channel.name,
        "digest": key.digest,
        "hint": key.hint,
        "version": 1,
        "created_at": transaction.now,
        "updated_at": transaction.now,
    }
    transaction.execute(insert(stream_keys).values(row))


def _remove_keys(transaction: Transaction, channel: Channel) -> None:
    transaction.execute(
        delete(stream_keys).where(
            stream_keys.c.home_region == channel.home_region, stream_keys.c.channel == channel.name
        )
    )
