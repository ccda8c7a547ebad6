"""An engine in memory that keeps the contract: for what must happen at a moment no real one can be brought to."""

import asyncio
from collections.abc import Mapping

import msgspec

from tidegate.core.facts import TABLES
from tidegate.core.nodes import Check
from tidegate.telemetry.contract import (
    LIMITS,
    Param,
    QueryLimits,
    QueryRefusedError,
    Rows,
    TelemetryAwayError,
)


class MemoryEngine:
    """Stores lines once a token; away, slow or strict as it is told.

    Attributes:
        away: raise this instead of storing.
        forgetful: store, and then say that it could not be known; so often.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, object]]] = {table: [] for table in TABLES}
        self.order: list[str] = []
        self.away: Exception | None = None
        self.forgetful = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self._tokens: set[tuple[str, str]] = set()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def keep(self, retention: object) -> None: ...

    async def insert(self, table: str, lines: bytes, token: str) -> None:
        await self.hold.wait()
        if self.away is not None:
            raise self.away
        names, *values = map(msgspec.json.decode, lines.splitlines())
        rows = [dict(zip(names, row, strict=True)) for row in values]
        if any(row.get("error") == "bad" for row in rows):
            raise QueryRefusedError("A line is bad.")
        if (table, token) not in self._tokens:
            self._tokens.add((table, token))
            self.rows[table] += rows
            self.order.append(token)
        if self.forgetful:
            self.forgetful -= 1
            raise TelemetryAwayError("It cannot be known.")

    async def query(
        self, sql: str, params: Mapping[str, Param] | None = None, limits: QueryLimits = LIMITS
    ) -> Rows:
        raise NotImplementedError

    async def check(self) -> Check:
        return Check("telemetry", "ok", "It runs.")
