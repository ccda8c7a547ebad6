"""One round's questions, laid together: those over the same facts, time and slices are one query, and where the longest time had
nothing, nothing is asked of a shorter one.

In: all questions of a round, known in advance; then one after the other. Out: to each its own answer, as if it had been asked alone.
"""

from collections.abc import Iterable
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from tidegate.core.errors import TidegateError
from tidegate.governance.indicators.catalogue import IndicatorCatalogue
from tidegate.governance.indicators.types import AnswerColumn, Indicator, IndicatorAnswer, IndicatorQuery
from tidegate.telemetry.contract import TelemetryAwayError

INDICATORS_MAX: Final = 20
"""Most that one question may name."""

Tables = tuple[str, ...]


class IndicatorSource(Protocol):
    """What answers: `IndicatorService`."""

    catalogue: IndicatorCatalogue

    def unit(self, indicator: Indicator) -> str: ...

    async def query(self, query: IndicatorQuery) -> IndicatorAnswer: ...


class Together:
    """Questions of one round. Each names one indicator.

    Attributes:
        asked: queries that were made.
    """

    def __init__(self, source: IndicatorSource, queries: Iterable[IndicatorQuery]) -> None:
        self.asked = 0
        self._source = source
        self._groups: dict[bytes, list[str]] = {}
        self._longest: dict[tuple[Tables, float], IndicatorQuery] = {}
        self._answers: dict[bytes, IndicatorAnswer | TidegateError] = {}
        for query in queries:
            self._plan(query)

    async def answer(self, query: IndicatorQuery) -> IndicatorAnswer:
        """Raises:
        TidegateError: it cannot be asked; that others cannot is no matter.
        """
        tables = self._tables(query)
        if tables is None:
            return await self._ask(query)
        longest = self._longest.get((tables, query.to))
        if longest is not None and _within(query, longest) and await self._is_empty(longest):
            return self._nothing(query)
        return await self._of_group(query, tables)

    def _plan(self, query: IndicatorQuery) -> None:
        tables = self._tables(query)
        if tables is None:
            return
        names = self._groups.setdefault(_key(query, tables), [])
        name = query.indicators[0]
        if name not in names and len(names) < INDICATORS_MAX:
            names.append(name)
        place = (tables, query.to)
        longest = self._longest.get(place)
        if query.by and not query.where and (longest is None or query.from_ < longest.from_):
            self._longest[place] = query

    def _tables(self, query: IndicatorQuery) -> Tables | None:
        """The facts it is about; None of an indicator there is none of: asking says so."""
        try:
            return tuple(sorted(self._source.catalogue.get(query.indicators[0]).tables))
        except TidegateError:
            return None

    async def _is_empty(self, longest: IndicatorQuery) -> bool:
        """Whether there are no facts at all: a slice with facts has a row, whatever the indicator makes of them."""
        tables = self._tables(longest)
        try:
            return tables is not None and not (await self._of_group(longest, tables)).rows
        except TelemetryAwayError:
            raise
        except TidegateError:
            return False

    async def _of_group(self, query: IndicatorQuery, tables: Tables) -> IndicatorAnswer:
        key = _key(query, tables)
        names = self._groups.get(key, [])
        if query.indicators[0] not in names:
            return await self._ask(query)
        try:
            whole = await self._ask(replace(query, indicators=names))
        except TelemetryAwayError:
            raise
        except TidegateError:
            if len(names) == 1:
                raise
            return await self._ask(query)  # one that is too heavy, or gone, does not take the others with it
        return _one_of(whole, query)

    async def _ask(self, query: IndicatorQuery) -> IndicatorAnswer:
        key = msgspec.json.encode(query)
        answer = self._answers.get(key)
        if answer is None:
            self.asked += 1
            try:
                answer = await self._source.query(query)
            except TidegateError as error:
                answer = error
            self._answers[key] = answer
        if isinstance(answer, TidegateError):
            raise answer
        return answer

    def _nothing(self, query: IndicatorQuery) -> IndicatorAnswer:
        indicator = self._source.catalogue.get(query.indicators[0])
        return IndicatorAnswer(
            columns=[
                *(AnswerColumn(name, "text") for name in query.by),
                AnswerColumn(indicator.name, "number", self._source.unit(indicator)),
            ],
            rows=[],
            queries=[],
            from_=query.from_,
            to=query.to,
            step_s=0,
        )


def _key(query: IndicatorQuery, tables: Tables) -> bytes:
    """Alike in questions that can be one query."""
    return msgspec.json.encode((tables, replace(query, indicators=[""])))


def _within(query: IndicatorQuery, longest: IndicatorQuery) -> bool:
    """Whether the other covers more than it."""
    return bool(query.by) and longest.from_ < query.from_ and longest.to == query.to


def _one_of(whole: IndicatorAnswer, query: IndicatorQuery) -> IndicatorAnswer:
    """The answer as if only `query` had been asked."""
    keys, name = len(query.by), query.indicators[0]
    place = next(place for place, column in enumerate(whole.columns) if column.name == name)
    return replace(
        whole,
        columns=[*whole.columns[:keys], whole.columns[place]],
        rows=[[*row[:keys], row[place]] for row in whole.rows],
        queries=[each for each in whole.queries if name in each.indicators],
    )
