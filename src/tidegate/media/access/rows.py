"""Signing keys as rows of the store: the only place of this folder that speaks SQL."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from tidegate.media.access.tokens import read_public_key
from tidegate.media.access.types import Issuer, SigningKey
from tidegate.store import Transaction
from tidegate.store.tables import signing_keys as table

ALL = select(table).order_by(table.c.created_at)


def to_key(row: Row[Any]) -> SigningKey:
    return SigningKey(
        id=row.id,
        name=row.name,
        issuer=row.issuer,
        algorithm=read_public_key(row.id, row.public_key).algorithm,
        public_key=row.public_key,
        created_at=row.created_at,
        retires_at=row.retires_at,
    )


def exists(transaction: Transaction, key_id: str) -> bool:
    return transaction.execute(select(table.c.id).where(table.c.id == key_id)).first() is not None


def count(transaction: Transaction) -> int:
    return len(transaction.execute(select(table.c.id)).all())


def add(transaction: Transaction, key_id: str, name: str, issuer: Issuer, public_key: str) -> None:
    row = {
        "home_region": transaction.region,
        "id": key_id,
        "name": name,
        "issuer": issuer,
        "public_key": public_key,
        "version": 1,
        "created_at": transaction.now,
        "updated_at": transaction.now,
        "retires_at": 0.0,
    }
    transaction.execute(insert(table).values(row))


def retire(transaction: Transaction, key_id: str, at: float) -> None:
    """Have a key's tokens end at `at`, wall seconds."""
    changed = {"retires_at": at, "updated_at": transaction.now, "version": table.c.version + 1}
    transaction.execute(update(table).where(table.c.id == key_id).values(changed))


def remove(transaction: Transaction, key_id: str) -> bool:
    return transaction.execute(delete(table).where(table.c.id == key_id)).rowcount > 0


def remove_retired(transaction: Transaction) -> None:
    transaction.execute(delete(table).where(table.c.retires_at > 0, table.c.retires_at <= transaction.now))
