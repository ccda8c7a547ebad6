"""SQLite as the system of record: one writing thread (`sqlite_writer.py`), a few reading ones, WAL, synchronous=FULL.

Writes queue for one thread, which takes all that are waiting into one transaction and commits them with one fsync:
throughput grows with the load, nobody ever waits for a lock, and a write is acknowledged when it is on the disk.
Reads go to read-only connections of their own and see what is committed.

At most `sqlite_writer.MAX_QUEUED` writes and `MAX_READS` reads wait; the next is refused.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, create_engine, delete, insert, literal, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from tidegate.core.clock import Clock
from tidegate.core.errors import UnavailableError
from tidegate.core.nodes import Check
from tidegate.store.contract import Store, T, Transaction, Work
from tidegate.store.errors import StoreUnavailableError
from tidegate.store.sqlite_errors import translated
from tidegate.store.sqlite_writer import BUSY_TIMEOUT_S, Writer
from tidegate.store.tables import outbox

READERS = 4
"""Reading threads. SQLite reads in parallel; more of them would only wait for Python's lock."""

MAX_READS = 1024
"""Reads running or waiting. At about 0.1 ms each the last one waits a tenth of a second."""

_PROBE_BYTES = 64 * 1024
"""More than fits into pages that are half empty."""


class SqliteStore(Store):
    """One process should own the file. A second one works, but then each waits for the other's transactions."""

    def __init__(self, path: Path, *, clock: Clock, region: str) -> None:
        super().__init__(clock, region)
        self.path = path
        self._writer: Writer | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._engine: Engine | None = None
        self._reading = 0
        self._last_write_failed: UnavailableError | None = None

    async def open(self) -> None:
        writer = Writer(self.path, clock=self.clock, region=self.region, counters=self.counters)
        await writer.start()
        self._writer = writer
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._engine = create_engine(
            "sqlite://",
            creator=self._connect_to_read,
            poolclass=QueuePool,
            pool_size=READERS,
            isolation_level="AUTOCOMMIT",
        )

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        readers, self._readers = self._readers, None
        engine, self._engine = self._engine, None
        if readers is not None:
            await asyncio.to_thread(readers.shutdown)
        if engine is not None:
            engine.dispose()
        if writer is not None:
            await writer.stop()  # last: the connection that closes last folds the log into the database

    async def read(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        engine, readers = self._engine, self._readers
        if engine is None or readers is None:
            raise _not_open()
        if self._reading >= MAX_READS:
            self.counters.refused += 1
            raise StoreUnavailableError(
                f"{MAX_READS} reads are waiting for the database already.", hint="Try again in a moment."
            )
        self._reading += 1
        try:
            rows = await asyncio.get_running_loop().run_in_executor(readers, _fetch, engine, statement)
        except (SQLAlchemyError, sqlite3.Error) as error:
            self.counters.failures += 1
            raise translated(error, self.path) from error
        finally:
            self._reading -= 1
        self.counters.reads += 1
        return rows

    async def write(self, work: Work[T]) -> T:
        if self._writer is None:
            raise _not_open()
        try:
            result = await self._writer.write(work)
        except UnavailableError as error:
            self._last_write_failed = error
            raise
        self._last_write_failed = None
        return result

    async def check(self) -> Check:
        try:
            await self.read(select(literal(1)))
        except UnavailableError as error:
            return Check("store", "failing", error.message, error.hint)
        if self._last_write_failed is not None:
            try:
                await self.write(_try_writing)
            except UnavailableError as error:
                return Check("store", "degraded", f"Nothing can be saved: {error.message}", error.hint)
        return Check("store", "ok", f"SQLite, {self.counters.waiting} writes waiting.")

    def _connect_to_read(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            check_same_thread=False,  # the pool hands it from one reading thread to another, never to two at once
        )


def _fetch(engine: Engine, statement: Select[Any]) -> Sequence[Row[Any]]:
    with engine.connect() as connection:
        return connection.execute(statement).all()


def _try_writing(transaction: Transaction) -> None:
    """Write something and take it back: after a full disk only that tells whether there is room again."""
    row = {
        "home_region": "-",
        "seq": 0,
        "id": "-",
        "topic": "-",
        "payload": "-" * _PROBE_BYTES,
        "version": 1,
        "created_at": transaction.now,
        "updated_at": transaction.now,
    }
    transaction.execute(insert(outbox).values(row))
    transaction.execute(delete(outbox).where(outbox.c.home_region == "-"))


def _not_open() -> StoreUnavailableError:
    return StoreUnavailableError("The store is not open.", hint="Wait until the server has started.")
