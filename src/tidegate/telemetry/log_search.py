"""Finds log lines in telemetry, page by page, newest first."""

from typing import Any, Final

import msgspec

from tidegate.core.clock import Clock
from tidegate.core.facts import LogFact
from tidegate.telemetry.contract import QueryLimits, Telemetry
from tidegate.telemetry.log_query import LINES_MAX, LogQuery, compile_query, place

AHEAD_S: Final = 60.0
LIMITS = QueryLimits(seconds=10.0, rows=LINES_MAX)


class LogPage(msgspec.Struct, frozen=True):
    """Lines, newest first.

    Attributes:
        next: given as `before`, asks for older lines; empty where there are none.
        sql: the query that found them, with `params`.
    """

    items: list[LogFact]
    next: str
    sql: str
    params: dict[str, Any]


class LogSearch:
    """Over one engine."""

    def __init__(self, telemetry: Telemetry, clock: Clock) -> None:
        self._telemetry = telemetry
        self._clock = clock

    def now(self) -> float:
        """Up to when there may be lines: a moment from now, since nodes' clocks differ."""
        return self._clock.wall() + AHEAD_S

    async def search(self, query: LogQuery) -> LogPage:
        """Lines that match.

        Raises:
            LogQueryError: it is no search.
            TelemetryAwayError, QueryTooHeavyError: it cannot be answered now, or at this price.
        """
        sql, params = compile_query(query)
        found = await self._telemetry.query(sql, params, LIMITS)
        names = [column.name for column in found.columns]
        lines = [dict(zip(names, row, strict=True)) for row in found.rows]
        full = len(lines) == params["limit"]
        return LogPage(
            items=[_fact(line) for line in lines],
            next=place(int(lines[-1]["at_ms"]), lines[-1]["tie"]) if full else "",
            sql=sql,
            params=dict(params),
        )


def _fact(line: dict[str, Any]) -> LogFact:
    values = {name: line[name] for name in LogFact.__struct_fields__ if name != "at"}
    return LogFact(at=int(line["at_ms"]) / 1000, **{**values, "arms": tuple(values["arms"])})
