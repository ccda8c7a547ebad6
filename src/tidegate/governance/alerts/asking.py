"""Asks the indicators what rules have to know, and lays the answers together as one look at each slice.

What all rules ask in a round is laid together (`together.py`); what some rules ask besides, only where there is a value to hold it
against, and a band's history once in `HISTORY_S`, since it hardly moves.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from tidegate.governance.alerts.conditions import Reading
from tidegate.governance.alerts.grouping import Look
from tidegate.governance.alerts.questions import questions, values
from tidegate.governance.alerts.together import IndicatorSource, Together
from tidegate.governance.alerts.types import AlertRule, Slice
from tidegate.governance.indicators.types import IndicatorAnswer, IndicatorQuery

HISTORY_S: Final = 300
"""Whole minutes: of weeks ago nothing finer is kept."""
HISTORIES_MAX: Final = 200
"""Answers of earlier days that are remembered; at the bound all are asked anew."""


class Asker:
    """Attributes:
    cut: looks that had more slices than are looked at, since start.
    """

    def __init__(self, source: IndicatorSource) -> None:
        self._source = source
        self._round = Together(source, ())
        self._at = (0.0, 0.0)
        self._histories: dict[bytes, IndicatorAnswer] = {}
        self._asked = 0
        self.cut = 0

    @property
    def asked(self) -> int:
        return self._asked + self._round.asked

    def begin_round(self, rules: Iterable[AlertRule], now: float, lag_s: float) -> None:
        """Say which rules will be looked at, all as of `now`; what was asked in the round before is forgotten."""
        self._asked += self._round.asked
        self._at = (now, lag_s)
        wanted = [questions(rule, now, lag_s) for rule in rules]
        planned = [query for each in wanted for query in (each.value, each.guard, each.expected)]
        self._round = Together(self._source, [query for query in planned if query is not None])

    async def look(self, rule: AlertRule) -> Look:
        """Everything one rule has to know in this round.

        Raises:
            TidegateError: it cannot be asked.
        """
        now, lag_s = self._at
        wanted = questions(rule, now, lag_s)
        answer = await self._round.answer(wanted.value)
        self.cut += answer.more
        found = values(answer, rule.by)
        slices = [slice_ for slice_, value in found.items() if value is not None]
        if rule.guard is not None and wanted.guard is not None:
            guard = values(await self._round.answer(wanted.guard), rule.by)
            least = rule.guard.at_least
            slices = [slice_ for slice_, value in guard.items() if value is not None and value >= least]
        elif wanted.expected is not None:
            expected = values(await self._round.answer(wanted.expected), rule.by)
            slices += [
                each for each, value in expected.items() if value is not None and found.get(each) is None
            ]
        before: dict[Slice, float | None] = {}
        histories: list[dict[Slice, float | None]] = []
        if slices:
            before = values(await self._round.answer(wanted.before), rule.by) if wanted.before else {}
            histories = [values(await self._ask_history(query), rule.by) for query in wanted.history]
        readings: dict[Slice, Reading] = {
            slice_: Reading(
                value=found.get(slice_),
                before=before.get(slice_),
                history=[value for each in histories if (value := each.get(slice_)) is not None],
            )
            for slice_ in slices
        }
        return Look(rule, answer.columns[-1].unit, readings, now, query=next(iter(answer.queries), None))

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
