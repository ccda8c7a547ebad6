"""Console sessions: an opaque cookie for the browser, its SHA-256 with an end in the store."""

import hashlib
from enum import StrEnum

import msgspec
from sqlalchemy import delete, func, insert, select

from tidegate.core.clock import Clock
from tidegate.core.ids import random_token
from tidegate.store import Store, Transaction
from tidegate.store.tables import sessions as table

LIFETIME_S = 12 * 3600
"""A working day; then the token is asked for again."""

MAX_SESSIONS = 1000
"""Sessions open at once. At the bound a sign-in ends the one that would have ended first."""

_BITS = 160


class Role(StrEnum):
    """What someone may do."""

    ADMIN = "admin"


class Session(msgspec.Struct, frozen=True):
    """A fresh session: `cookie` is what the browser keeps, shown this once."""

    cookie: str
    role: Role


class Sessions:
    """Opens, finds and ends sessions. Raises `StoreUnavailableError` while the store is away."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def start(self, role: Role) -> Session:
        cookie = random_token(_BITS)

        def work(transaction: Transaction) -> None:
            transaction.execute(delete(table).where(table.c.expires_at <= transaction.now))
            _make_room(transaction)
            row = {
                "home_region": transaction.region,
                "digest": _digest(cookie),
                "role": role.value,
                "version": 1,
                "created_at": transaction.now,
                "updated_at": transaction.now,
                "expires_at": transaction.now + LIFETIME_S,
            }
            transaction.execute(insert(table).values(row))

        await self._store.write(work)
        return Session(cookie, role)

    async def role(self, cookie: str) -> Role | None:
        """Whose session `cookie` is; None where there is none or it has ended."""
        found = await self._store.read(
            select(table.c.role).where(
                table.c.digest == _digest(cookie), table.c.expires_at > self._clock.wall()
            )
        )
        return Role(found[0].role) if found else None

    async def end(self, cookie: str) -> None:
        ended = delete(table).where(table.c.digest == _digest(cookie))
        await self._store.write(lambda transaction: transaction.execute(ended).rowcount)


def _make_room(transaction: Transaction) -> None:
    count = transaction.execute(select(func.count()).select_from(table)).scalar_one()
    if count >= MAX_SESSIONS:
        first = select(table.c.digest).order_by(table.c.expires_at).limit(count - MAX_SESSIONS + 1)
        transaction.execute(delete(table).where(table.c.digest.in_(first)))


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).digest()
