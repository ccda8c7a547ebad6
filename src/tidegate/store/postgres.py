"""PostgreSQL, or a database that speaks its protocol, as the system of record, through asyncpg.

Every write is one SERIALIZABLE transaction. Where the database finds that two cannot be put one after the other it
aborts one (SQLSTATE 40001, or 40P01 for a deadlock), and that one's work is run again after a short random pause.
No advisory locks, no LISTEN/NOTIFY, no SKIP LOCKED: distributed databases of this protocol lack them or stall on them.

At most `MAX_WAITING` calls wait for one of `POOL_SIZE` connections; the next is refused.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy import URL, Connection, Row, Select, literal, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from tidegate.core.clock import Clock
from tidegate.core.errors import UnavailableError
from tidegate.core.nodes import Check
from tidegate.store.contract import Store, T, Transaction, Work
from tidegate.store.errors import StoreUnavailableError
from tidegate.store.migrate import upgrade
from tidegate.store.postgres_errors import (
    DEADLOCK_DETECTED,
    SERIALIZATION_FAILURE,
    UNIQUE_VIOLATION,
    sqlstate,
    translated,
)

POOL_SIZE = 8
"""Connections of one node. Control work is light, and a database has to serve every node's."""

MAX_WAITING = 1024
"""Calls running or waiting for a connection."""

CONNECT_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_S = 10.0

ATTEMPTS = 16
"""Times a transaction is tried. With a pause that doubles up to `_LONGEST_PAUSE_S` this is about 3 s."""

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.4

_RUN_AGAIN: Final = frozenset({SERIALIZATION_FAILURE, DEADLOCK_DETECTED})

_MIGRATION_RACE: Final = frozenset({UNIQUE_VIOLATION, "42P07", "42701", *_RUN_AGAIN})
"""Also duplicate_table and duplicate_column: another node is a step ahead with the same migration."""


class PostgresStore(Store):
    """Any number of nodes may share one database."""

    def __init__(self, url: URL, *, clock: Clock, region: str, rng: random.Random | None = None) -> None:
        super().__init__(clock, region)
        self._url = url.set(drivername="postgresql+asyncpg")
        self._random = random.Random() if rng is None else rng  # noqa: S311  spreads retries, guards nothing
        self._engine: AsyncEngine | None = None
        self._busy = 0

    async def open(self) -> None:
        with self._translating():
            await asyncio.to_thread(
                asyncio.run, self._migrate()
            )  # Alembic computes for a while: not on this loop
        self._engine = self._connect(pool_size=POOL_SIZE, max_overflow=0, pool_timeout=CONNECT_TIMEOUT_S)

    def _connect(self, **pool: Any) -> AsyncEngine:
        return create_async_engine(
            self._url,
            isolation_level="SERIALIZABLE",
            pool_pre_ping=True,  # a connection from before the database's restart is replaced, not used
            connect_args={"timeout": CONNECT_TIMEOUT_S, "command_timeout": STATEMENT_TIMEOUT_S},
            **pool,
        )

    async def _migrate(self) -> None:
        engine = self._connect(poolclass=NullPool)
        try:
            await self._transact(engine, upgrade, _MIGRATION_RACE)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    async def read(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        with self._turn() as engine:
            committed = engine.execution_options(isolation_level="AUTOCOMMIT")
            async with committed.connect() as connection:
                rows: Sequence[Row[Any]] = (await connection.execute(statement)).all()
        self.counters.reads += 1
        return rows

    async def write(self, work: Work[T]) -> T:
        def run(connection: Connection) -> T:
            transaction = Transaction(connection, now=self.clock.wall(), region=self.region)
            result = work(transaction)
            transaction.flush()
            return result

        self.counters.waiting += 1
        try:
            with self._turn() as engine:
                result = await self._transact(engine, run, _RUN_AGAIN)
        finally:
            self.counters.waiting -= 1
        self.counters.writes += 1
        self.counters.commits += 1
        return result

    async def check(self) -> Check:
        try:
            await self.read(select(literal(1)))
        except UnavailableError as error:
            return Check("store", "failing", error.message, error.hint)
        return Check("store", "ok", f"PostgreSQL, {self.counters.waiting} writes waiting.")

    async def _transact(
        self, engine: AsyncEngine, run: Callable[[Connection], T], again: frozenset[str]
    ) -> T:
        """Run in one transaction; anew while it fails with a state of `again`, up to `ATTEMPTS` times."""
        for attempt in range(1, ATTEMPTS):
            try:
                return await _once(engine, run)
            except DBAPIError as error:
                if sqlstate(error) not in again:
                    raise
            self.counters.retries += 1
            pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
            await asyncio.sleep(pause_s * self._random.random())
        return await _once(engine, run)

    @contextmanager
    def _turn(self) -> Iterator[AsyncEngine]:
        """Bound how many are at it."""
        if self._engine is None:
            raise StoreUnavailableError("The store is not open.", hint="Wait until the server has started.")
        if self._busy >= MAX_WAITING:
            self.counters.refused += 1
            raise StoreUnavailableError(
                f"{MAX_WAITING} calls are waiting for the database already.", hint="Try again in a moment."
            )
        self._busy += 1
        try:
            with self._translating():
                yield self._engine
        finally:
            self._busy -= 1

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Turn what driver and database raise into the store's errors."""
        try:
            yield
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            self.counters.failures += 1
            raise translated(error) from error


async def _once(engine: AsyncEngine, run: Callable[[Connection], T]) -> T:
    async with engine.begin() as connection:
        return await connection.run_sync(run)
