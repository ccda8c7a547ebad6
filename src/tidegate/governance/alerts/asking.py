"""Asks the indicators what rules have to know, and lays the answers together as one look at each slice.

Questions that several rules share are asked once a round; a band's history once in `HISTORY_S`, since it hardly moves.
"""

from typing import Final, Protocol

import msgspec

from tidegate.governance.alerts.conditions import Reading
from tidegate.governance.alerts.grouping import Look
from tidegate.governance.alerts.questions import questions, values
from tidegate.governance.alerts.types import AlertRule, Slice
from tidegate.governance.indicators.types import IndicatorAnswer, IndicatorQuery

HISTORY_S: Final = 300
"""Whole minutes: of weeks ago nothing finer is kept."""
HISTORIES_MAX: Final = 200
"""Answers of earlier days that are remembered; at the bound all are asked anew."""


class IndicatorSource(Protocol):
    """What answers: `IndicatorService`."""

    async def query(self, query: IndicatorQuery) -> IndicatorAnswer: ...


class Asker:
    """Attributes:
    cut: looks that had more slices than are looked at, since start.
    """

    def __init__(self, source: IndicatorSource) -> None:
        self._source = source
        self._round: dict[bytes, IndicatorAnswer] = {}
        self._histories: dict[bytes, IndicatorAnswer] = {}
        self.cut = 0

    def begin_round(self) -> None:
        """Forget what was asked in the round before."""
        self._round.clear()

    async def look(self, rule: AlertRule, now: float, lag_s: float) -> Look:
        """Everything one rule has to know now.

        Raises:
            TidegateError: it cannot be asked.
        """
        wanted = questions(rule, now, lag_s)
        answer = await self._ask(wanted.value)
        self.cut += answer.more
        found = values(answer, rule.by)
        before = values(await self._ask(wanted.before), rule.by) if wanted.before else {}
        histories = [values(await self._ask_history(query), rule.by) for query in wanted.history]
        slices = [slice_ for slice_, value in found.items() if value is not None]
        if rule.guard is not None and wanted.guard is not None:
            guard = values(await self._ask(wanted.guard), rule.by)
            least = rule.guard.at_least
            slices = [slice_ for slice_, value in guard.items() if value is not None and value >= least]
        elif wanted.expected is not None:
            expected = values(await self._ask(wanted.expected), rule.by)
            slices += [
                each for each, value in expected.items() if value is not None and found.get(each) is None
            ]
        readings: dict[Slice, Reading] = {
            slice_: Reading(
                value=found.get(slice_),
                before=before.get(slice_),
                history=[value for each in histories if (value := each.get(slice_)) is not None],
            )
            for slice_ in slices
        }
        return Look(rule, answer.columns[-1].unit, readings, now, query=next(iter(answer.queries), None))

    async def _ask(self, query: IndicatorQuery) -> IndicatorAnswer:
        key = msgspec.json.encode(query)
        answer = self._round.get(key)
        if answer is None:
            answer = self._round[key] = await self._source.query(query)
        return answer

    async def _ask_history(self, query: IndicatorQuery) -> IndicatorAnswer:
        """The same for all times within `HISTORY_S`."""
        moved = query.to % HISTORY_S
        query = msgspec.structs.replace(query, from_=query.from_ - moved, to=query.to - moved)
        key = msgspec.json.encode(query)
        answer = self._histories.get(key)
        if answer is None:
            if len(self._histories) >= HISTORIES_MAX:
                self._histories.clear()
            answer = self._histories[key] = await self._source.query(query)
        return answer
