"""What both engines do: take batches of facts, answer queries in ClickHouse's SQL."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from tidegate.core.errors import InvalidError, TidegateError, UnavailableError
from tidegate.core.nodes import Check

Param = str | int | float | bool | Sequence[str]
"""What a `{name:Type}` in a query's text may stand for. No text from outside ever becomes SQL."""


class TelemetryAwayError(UnavailableError):
    """The engine does not answer now; facts wait in the spill, queries fail."""

    code: ClassVar[str] = "telemetry-away"


class TelemetryFullError(UnavailableError):
    """The engine's disk is full; facts wait in the spill as long as that has room."""

    code: ClassVar[str] = "telemetry-full"


class QueryTooHeavyError(InvalidError):
    """The query was stopped at one of its limits; the message names it."""

    code: ClassVar[str] = "query-too-heavy"


class QueryRefusedError(TidegateError):
    """The engine does not understand the query. The message is the engine's own first sentence."""

    code: ClassVar[str] = "query-refused"
    status: ClassVar[int] = 422


class Column(msgspec.Struct, frozen=True):
    """`type` as ClickHouse spells it, such as `Float64`."""

    name: str
    type: str


class Rows(msgspec.Struct, frozen=True):
    """A query's answer. `read_rows` and `elapsed_s` are the engine's own account of its work.

    Values are JSON's: numbers, texts, null, lists; times are texts as ClickHouse writes them, UTC. A ratio of nothing by
    nothing is null.
    """

    columns: tuple[Column, ...]
    rows: list[list[Any]]
    read_rows: int = 0
    elapsed_s: float = 0.0


class QueryLimits(msgspec.Struct, frozen=True):
    """What one query may cost before it is stopped."""

    seconds: float = 10.0
    rows: int = 10_000
    memory_bytes: int = 1 << 30


LIMITS = QueryLimits()


class Telemetry(Protocol):
    """One engine. All calls are safe from one event loop, at once."""

    async def start(self) -> None:
        """Open it and bring its tables up to date; returns when it answers.

        Raises:
            TelemetryAwayError: it cannot be reached or opened; it goes on trying by itself.
        """
        ...

    async def stop(self) -> None: ...

    async def insert(self, table: str, lines: bytes, token: str) -> None:
        """Store facts of one table, durably once this returns.

        Args:
            table: a key of `core.facts.TABLES`.
            lines: a JSON list of fields' names, then a JSON list of a fact's values a line; or a JSON object a line.
            token: of this batch; a batch given twice under one token, also after a crash, is stored once.

        Raises:
            TelemetryAwayError, TelemetryFullError: not stored; or it cannot be known: give it again under the same token.
            QueryRefusedError: the engine will never take it.
        """
        ...

    async def query(
        self, sql: str, params: Mapping[str, Param] | None = None, limits: QueryLimits = LIMITS
    ) -> Rows:
        """Answer one SELECT.

        Raises:
            TelemetryAwayError, QueryTooHeavyError, QueryRefusedError.
        """
        ...

    async def check(self) -> Check: ...
