"""What a rule has to know, as questions about indicators. Pure: a rule and the time in, queries out."""

from typing import Final

import msgspec
from msgspec.structs import replace

from tidegate.governance.alerts.types import Absent, AlertRule, Band, Rate, Slice
from tidegate.governance.indicators.types import IndicatorAnswer, IndicatorQuery

GRAIN_S: Final = 10
"""Ranges begin and end at whole buckets of this length, so that sums kept already answer them."""
SLICES_MAX: Final = 1000
"""Slices that a rule looks at: those with most behind them. The most an indicator answers."""
DAY_S: Final = 86_400
PERIOD_S: Final = {"day": DAY_S, "week": 7 * DAY_S}


class Questions(msgspec.Struct, frozen=True):
    """Attributes:
    before: the value some time earlier, for a rate.
    history: the value at the same time of earlier days or weeks, for a band.
    guard: the guard's value.
    expected: over a longer time: slices that should have data.
    """

    value: IndicatorQuery
    before: IndicatorQuery | None = None
    history: tuple[IndicatorQuery, ...] = ()
    guard: IndicatorQuery | None = None
    expected: IndicatorQuery | None = None


def questions(rule: AlertRule, now: float, lag_s: float) -> Questions:
    """Everything `rule` has to know at `now`; facts of the last `lag_s` seconds may be under way."""
    end = (now - lag_s) // GRAIN_S * GRAIN_S
    value = IndicatorQuery(
        indicators=[rule.indicator],
        from_=end - rule.window_s,
        to=end,
        by=list(rule.by),
        where={name: list(values) for name, values in rule.where.items()},
        limit=SLICES_MAX,
    )
    condition, guard, expected = rule.condition, None, None
    before = shifted(value, condition.over_s) if isinstance(condition, Rate) else None
    history: tuple[IndicatorQuery, ...] = ()
    if isinstance(condition, Band):
        period_s = PERIOD_S[condition.every]
        history = tuple(shifted(value, period_s * (number + 1)) for number in range(condition.periods))
    if rule.guard is not None:
        guard = replace(value, indicators=[rule.guard.indicator])
    elif isinstance(condition, Absent) or rule.no_data == "fire":
        expected = replace(value, from_=end - rule.expect_s)
    return Questions(value, before, history, guard, expected)


def shifted(query: IndicatorQuery, by_s: float) -> IndicatorQuery:
    """The same question of so much earlier."""
    return replace(query, from_=query.from_ - by_s, to=query.to - by_s)


def values(answer: IndicatorAnswer, by: tuple[str, ...]) -> dict[Slice, float | None]:
    """An answer's last column by slice."""
    places = [next(n for n, column in enumerate(answer.columns) if column.name == name) for name in by]
    found: dict[Slice, float | None] = {}
    for row in answer.rows:
        slice_ = tuple((name, str(row[place])) for name, place in zip(by, places, strict=True))
        found[slice_] = None if row[-1] is None else float(row[-1])
    return found
