"""What others call: the indicators there are, and their numbers."""

import asyncio
from typing import Any

from tidegate.core.clock import Clock
from tidegate.core.settings import SettingsBook
from tidegate.governance.indicators import bounds
from tidegate.governance.indicators.catalogue import IndicatorCatalogue
from tidegate.governance.indicators.compiler import DENOMINATOR, NUMERATOR, Compiled, compile_query
from tidegate.governance.indicators.settings import CURRENCY, PRICES
from tidegate.governance.indicators.types import (
    AnswerColumn,
    Indicator,
    IndicatorAnswer,
    IndicatorQuery,
    RunQuery,
)
from tidegate.telemetry.contract import QueryLimits, Telemetry
from tidegate.telemetry.settings import retention

HOUR_S = 3600.0
LIMITS = QueryLimits(seconds=10.0, rows=bounds.POINTS_MAX + 1)


class IndicatorService:
    """Answers questions about indicators.

    Args:
        book: for prices, and for how long telemetry keeps what.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        catalogue: IndicatorCatalogue,
        book: SettingsBook,
        clock: Clock,
    ) -> None:
        self.catalogue = catalogue
        self._telemetry = telemetry
        self._book = book
        self._clock = clock

    @property
    def currency(self) -> str:
        """What money is in."""
        return self._book.value(CURRENCY)

    def unit(self, indicator: Indicator) -> str:
        """An indicator's unit in words of its own: money by its currency."""
        return indicator.unit.replace("money", self.currency) if "money" in indicator.unit else indicator.unit

    def compiled(self, query: IndicatorQuery) -> tuple[bounds.Window, list[Compiled]]:
        """The SQL that answers a question, without running it.

        Raises:
            IndicatorNotFoundError, IndicatorQueryError.
        """
        indicators = [self.catalogue.get(name) for name in query.indicators]
        window = bounds.window(query, self._clock.wall())
        bounds.check(query, window)
        prices = {name: self._book.value(setting) for name, setting in PRICES.items()}
        kept = retention(self._book)
        return window, compile_query(
            indicators, query, window, prices, lambda table: kept.hours(table) * HOUR_S
        )

    async def query(self, query: IndicatorQuery) -> IndicatorAnswer:
        """The numbers that are asked for.

        Raises:
            IndicatorNotFoundError, IndicatorQueryError: the question is not one.
            TelemetryAwayError, QueryTooHeavyError: it cannot be answered now, or at this price.
        """
        window, queries = self.compiled(query)
        answers = await asyncio.gather(
            *(self._telemetry.query(each.sql, each.params, LIMITS) for each in queries)
        )
        columns = self._columns(query, window.step_s)
        keys = len(query.by) + bool(window.step_s)
        merged = _merged(
            columns, keys, [(one, answer.rows) for one, answer in zip(queries, answers, strict=True)]
        )
        rows, more = _limited(merged, slice(bool(window.step_s), keys), query.limit if query.by else 1)
        return IndicatorAnswer(
            columns=columns,
            rows=rows,
            queries=[RunQuery(list(each.indicators), each.sql, each.params, each.table) for each in queries],
            from_=window.start,
            to=window.end,
            step_s=window.step_s,
            more=bool(query.by) and more,
        )

    def _columns(self, query: IndicatorQuery, step_s: int) -> list[AnswerColumn]:
        columns = [AnswerColumn("at", "time", "s")] if step_s else []
        columns += [AnswerColumn(dimension, "text") for dimension in query.by]
        for name in query.indicators:
            columns.append(AnswerColumn(name, "number", self.unit(self.catalogue.get(name))))
            if query.parts:
                columns += [AnswerColumn(f"{name}{end}", "number") for end in (NUMERATOR, DENOMINATOR)]
        return columns


def _merged(
    columns: list[AnswerColumn], keys: int, answers: list[tuple[Compiled, list[list[Any]]]]
) -> list[list[Any]]:
    """Rows of several queries laid together by their first `keys` columns; what one does not have is null."""
    places = {column.name: place for place, column in enumerate(columns)}
    merged: dict[tuple[Any, ...], list[Any]] = {}
    for query, rows in answers:
        for row in rows:
            key = tuple(row[:keys])
            whole = merged.setdefault(key, [*key, *[None] * (len(columns) - keys)])
            for name, value in zip(query.values, row[keys:], strict=True):
                whole[places[name]] = value
    together = list(merged.values())
    if keys and columns[0].type == "time" and len(answers) > 1:
        together.sort(key=lambda row: row[:keys])
    return together


def _limited(rows: list[list[Any]], group: slice, limit: int) -> tuple[list[list[Any]], bool]:
    """Rows of the first `limit` groups, and whether there may be more."""
    kept = list(dict.fromkeys(tuple(row[group]) for row in rows))[:limit]
    chosen = frozenset(kept)
    return [row for row in rows if tuple(row[group]) in chosen], len(kept) >= limit
