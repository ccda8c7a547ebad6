"""What every system of record does: read, write in one transaction, hand on what was announced.

In: SQLAlchemy Core statements over the tables in `tables.py`, and work to do in one transaction. Out: rows, and the
outbox's events. Both engines keep the same promises, held by one suite over both (`tests/contract/store`):

- A write that was acknowledged survives the process and the machine going down at any moment.
- Transactions behave as if they ran one after the other (SQL isolation level SERIALIZABLE).
- An event emitted in a transaction exists if and only if the transaction was committed.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, CursorResult, Executable, Row, Select, Table, and_, update

from tidegate.core.clock import Clock
from tidegate.core.ids import new_id
from tidegate.core.nodes import Check
from tidegate.store.errors import VersionConflictError
from tidegate.store.metrics import StoreCounters
from tidegate.store.tables import outbox

T = TypeVar("T")


class OutboxEvent(msgspec.Struct, frozen=True):
    """Something that was announced in the transaction which made it true.

    Attributes:
        id: unique for ever; a consumer that must not act twice remembers it.
        payload: what was given to `Transaction.emit`, decoded from JSON.
        at: wall time of the transaction, seconds since the Unix epoch.
    """

    id: str
    topic: str
    payload: Any
    at: float


class Transaction:
    """One transaction as its work sees it. Valid only while the work runs, on the thread it runs on.

    Attributes:
        now: wall time at which the transaction began, seconds since the Unix epoch; for timestamps.
        region: home region of the rows this node creates.

    Args:
        next_seq: an expression for the next number in the outbox, where the engine does not count by itself.
    """

    def __init__(
        self, connection: Connection, *, now: float, region: str, next_seq: ColumnElement[int] | None = None
    ) -> None:
        self._connection = connection
        self._next_seq = next_seq
        self._emitted: list[dict[str, object]] = []
        self.now = now
        self.region = region

    def execute(self, statement: Executable) -> CursorResult[Any]:
        return self._connection.execute(statement)

    def swap(
        self, table: Table, key: Mapping[str, object], version: int, values: Mapping[str, object]
    ) -> int:
        """Compare and swap: change one row if it still has `version`; returns its new version.

        Args:
            table: one of `tables.py`.
            key: the whole primary key.
            version: what it was when it was read.
            values: columns to change; `version` and `updated_at` are set beside them.

        Raises:
            VersionConflictError: the row has another version by now, or is gone.
        """
        statement = (
            update(table)
            .where(and_(table.c.version == version, *(table.c[name] == value for name, value in key.items())))
            .values({**values, "version": version + 1, "updated_at": self.now})
        )
        if self.execute(statement).rowcount != 1:
            raise VersionConflictError(
                f"This {table.name} row is no longer at version {version}.",
                hint="Read it again and repeat the change.",
                table=table.name,
                version=version,
            )
        return version + 1

    def emit(self, topic: str, payload: object) -> None:
        """Announce something in this transaction's outbox; `payload` is anything msgspec can write as JSON."""
        self._emitted.append(
            {
                "home_region": self.region,
                "id": new_id("evt", self.region),
                "topic": topic,
                "payload": msgspec.json.encode(payload).decode(),
                "version": 1,
                "created_at": self.now,
                "updated_at": self.now,
            }
        )

    def flush(self) -> None:
        """Write what was emitted. Engines call it when the work is done: a row's change is locked by then, so events
        of transactions that touched the same row are numbered in the order in which these were committed.
        """
        for event in self._emitted:
            if self._next_seq is not None:
                event["seq"] = self._next_seq
            self._connection.execute(outbox.insert().values(event))
        self._emitted.clear()


Work = Callable[[Transaction], T]
"""What to do in one transaction. It may run more than once until it is committed, so it must have no other effect."""

Handler = Callable[[OutboxEvent], Awaitable[None]]


class Store(ABC):
    """The system of record. Every method may be called from one event loop only.

    Attributes:
        clock: source of every timestamp.
        region: home region of what this node creates.
        counters: what was done since start, for `metrics.StoreMetrics`.
    """

    def __init__(self, clock: Clock, region: str) -> None:
        self.clock = clock
        self.region = region
        self.counters = StoreCounters()

    @abstractmethod
    async def open(self) -> None:
        """Connect, and bring the schema up to date.

        Raises:
            SchemaTooNewError: the database was written by a newer release.
            StoreUnavailableError: the database cannot be reached or opened.
        """

    @abstractmethod
    async def close(self) -> None:
        """Finish what was accepted, then disconnect. Safe to call twice, or without `open`."""

    @abstractmethod
    async def read(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """Rows as last committed.

        Raises:
            StoreUnavailableError: the database did not answer.
        """

    @abstractmethod
    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction and return its result once that is durable.

        What `work` raises rolls its transaction back and is raised here. A caller that is cancelled while waiting
        does not know whether the transaction was committed.

        Raises:
            StorageFullError: there is no room left; nothing of this transaction was kept.
            StoreUnavailableError: too much is waiting already, or the database is away.
        """

    @abstractmethod
    async def check(self) -> Check:
        """Whether reading and writing work, as one line of the health report. Never raises."""

    async def drain(self, handler: Handler, limit: int = 100) -> int:
        """Hand at most `limit` events to `handler`, oldest first, and forget those it took.

        At least once: an event is forgotten after `handler` has returned, so a crash in between, or another node
        draining at the same time, repeats it. An event that `handler` raises on stays, as do those after it.

        Returns:
            how many were handled; `limit` means that more may wait.
        """
        oldest = (
            outbox.select().where(outbox.c.home_region == self.region).order_by(outbox.c.seq).limit(limit)
        )
        done: list[tuple[int, str]] = []
        try:
            for row in await self.read(oldest):
                await handler(
                    OutboxEvent(row.id, row.topic, msgspec.json.decode(row.payload), row.created_at)
                )
                done.append((row.seq, row.id))
        finally:
            if done:
                gone = outbox.delete().where(
                    outbox.c.home_region == self.region,
                    outbox.c.seq.in_([seq for seq, _ in done]),
                    outbox.c.id.in_(
                        [event_id for _, event_id in done]
                    ),  # an empty outbox numbers from 1 again
                )
                await self.write(lambda transaction: transaction.execute(gone).rowcount)
        self.counters.events += len(done)
        return len(done)
