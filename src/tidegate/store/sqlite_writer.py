"""The one thread that writes to SQLite, and its group commit.

In: works, from the event loop, through a bounded queue. Out: their results, told to the loop in one call per group.
Each work runs in a savepoint, so that one which raises takes nothing of its neighbours with it. A group whose commit
fails was not acknowledged to anyone, and fails as a whole.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.pool import StaticPool

from tidegate.core.clock import Clock
from tidegate.core.errors import UnavailableError
from tidegate.store.contract import T, Transaction, Work
from tidegate.store.errors import StoreUnavailableError
from tidegate.store.metrics import StoreCounters
from tidegate.store.migrate import upgrade
from tidegate.store.sqlite_errors import translated
from tidegate.store.tables import outbox

MAX_QUEUED = 4096
"""Works that may wait. At about 0.1 ms each the last one waits less than half a second."""

MAX_GROUP = 256
"""Works in one commit, so that the first of a group does not wait long for the last."""

BUSY_TIMEOUT_S = 5.0
"""How long to wait for another process that holds the database. Within this one nobody ever waits."""

OPEN_TIMEOUT_S = 30.0
"""The same while opening: the first of several processes makes the tables, which takes seconds on a busy machine."""

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # every commit is on the disk before it is acknowledged
    "fullfsync=ON",  # where fsync alone only reaches the disk's cache (macOS)
    "foreign_keys=ON",
    "journal_size_limit=67108864",  # a burst's log shrinks back to 64 MiB
)

_NEXT_SEQ = select(func.coalesce(func.max(outbox.c.seq), 0) + 1).scalar_subquery()
"""SQLite numbers only single-column keys by itself; with one writer this cannot race."""


class _Job(msgspec.Struct):
    work: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Writer:
    """Owns the writing connection and its thread."""

    def __init__(self, path: Path, *, clock: Clock, region: str, counters: StoreCounters) -> None:
        self._path = path
        self._clock = clock
        self._region = region
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._queue: queue.Queue[_Job | None] = queue.Queue(MAX_QUEUED)
        self._stopping = False
        self._drained = False
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="store-write", daemon=True)

    async def start(self) -> None:
        """Open the database, making it where there is none, and bring its schema up to date."""
        self._thread.start()
        await self._started

    async def stop(self) -> None:
        """Finish what was accepted, then close."""
        self._stopping = True
        await asyncio.to_thread(self._queue.put, None)
        await asyncio.to_thread(self._thread.join)

    async def write(self, work: Work[T]) -> T:
        if self._stopping:
            raise StoreUnavailableError("The store is closing.")
        future: asyncio.Future[T] = self._loop.create_future()
        try:
            self._queue.put_nowait(_Job(work, future))
        except queue.Full:
            self._counters.refused += 1
            raise StoreUnavailableError(
                f"{MAX_QUEUED} writes are waiting for the database already.", hint="Try again in a moment."
            ) from None
        self._counters.waiting += 1
        return await future

    # Everything below runs on the writer's own thread, but for `_settle`.

    def _run(self) -> None:
        try:
            connection = _connect(self._path)
        except Exception as error:  # noqa: BLE001  whatever it is, the caller of `start` waits for it
            self._tell(self._started.set_exception, translated(error, self._path))
            return
        self._tell(self._started.set_result, None)
        try:
            while group := self._next_group():
                self._commit(connection, group)
                self._tell(self._settle, group)
        finally:
            connection.close()
            connection.engine.dispose()

    def _next_group(self) -> list[_Job]:
        """Wait for a work, then take what else is waiting. Empty once `stop` was asked and all was taken."""
        group: list[_Job] = []
        if self._drained:
            return group
        job = self._queue.get()
        while job is not None:
            group.append(job)
            if len(group) == MAX_GROUP:
                return group
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return group
        self._drained = True
        return group

    def _commit(self, connection: Connection, group: list[_Job]) -> None:
        raw = _raw(connection)
        try:
            raw.execute("BEGIN IMMEDIATE")
            for job in group:
                self._run_job(connection, raw, job)
            raw.execute("COMMIT")
            self._counters.commits += 1
        except Exception as error:  # noqa: BLE001  it belongs to the callers, and this thread must live
            raw.rollback()
            for job in group:
                if job.error is None:
                    job.error = translated(error, self._path)

    def _run_job(self, connection: Connection, raw: sqlite3.Connection, job: _Job) -> None:
        transaction = Transaction(connection, now=self._clock.wall(), region=self._region, next_seq=_NEXT_SEQ)
        raw.execute("SAVEPOINT work")
        try:
            job.result = job.work(transaction)
            transaction.flush()
        except Exception as error:
            job.error = translated(error, self._path)
            if not raw.in_transaction:  # a full disk may end the whole transaction, with all its savepoints
                raise
            raw.execute("ROLLBACK TO work")
        raw.execute("RELEASE work")

    def _settle(self, group: list[_Job]) -> None:
        for job in group:
            self._counters.waiting -= 1
            if job.future.done():  # its caller was cancelled
                continue
            if job.error is None:
                self._counters.writes += 1
                job.future.set_result(job.result)
            else:
                self._counters.failures += isinstance(job.error, UnavailableError)
                job.future.set_exception(_raisable(job.error))

    def _tell(self, callback: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
            self._loop.call_soon_threadsafe(callback, *arguments)


def _raisable(error: Exception) -> Exception:
    """A future takes anything but StopIteration, which would end the generator that waits for it."""
    return RuntimeError("a work raised StopIteration") if isinstance(error, StopIteration) else error


def _connect(path: Path) -> Connection:
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(path, timeout=OPEN_TIMEOUT_S),
        poolclass=StaticPool,
        isolation_level="AUTOCOMMIT",  # this module says BEGIN and COMMIT itself
    )
    connection = engine.connect()
    try:
        raw = _raw(connection)
        for pragma in _PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("BEGIN IMMEDIATE")
        upgrade(connection)
        raw.execute("COMMIT")
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000:.0f}")
    except BaseException:
        connection.close()
        engine.dispose()
        raise
    return connection


def _raw(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)
