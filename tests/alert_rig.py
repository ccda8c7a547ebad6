"""Rules, and indicators that answer what a test says."""

from collections.abc import Callable, Mapping
from typing import Any

from tidegate.governance.alerts import rows
from tidegate.governance.alerts.conditions import Reading
from tidegate.governance.alerts.grouping import Look, advance
from tidegate.governance.alerts.types import Alert, AlertRule, Condition, Slice, Threshold
from tidegate.governance.indicators.catalogue import load
from tidegate.governance.indicators.types import (
    AnswerColumn,
    Indicator,
    IndicatorAnswer,
    IndicatorQuery,
    RunQuery,
)
from tidegate.store import Store

START = 1_764_000_000.0

Numbers = Mapping[Slice, float | None]


HIGH = Threshold(above=0.02, clear=0.01)


def rule(condition: Condition = HIGH, **more: Any) -> AlertRule:
    """One that looks at rebuffering by region and channel, and groups by region."""
    values: dict[str, Any] = {
        "name": "rebuffering",
        "title": "Pictures stand still",
        "indicator": "rebuffer_ratio",
        "by": ("region", "channel"),
        "group": ("region",),
        "for_s": 60,
        "calm_s": 60,
        "severity": "error",
        "no_data": "keep",
        "sentence": "{value} stood still in {slice}; {limit} is the limit.",
        "fix": "Look at the edge.",
    }
    return AlertRule(condition=condition, **{**values, **more})


def at(region: str, channel: str) -> Slice:
    return (("region", region), ("channel", channel))


class ScriptedIndicators:
    """Answers each indicator with what `numbers` has for it now, or what a function makes of the question."""

    def __init__(self) -> None:
        self.numbers: dict[str, Numbers | Callable[[IndicatorQuery], Numbers]] = {}
        self.asked: list[IndicatorQuery] = []
        self.broken: Exception | None = None
        self.catalogue = load()

    async def query(self, query: IndicatorQuery) -> IndicatorAnswer:
        if self.broken is not None:
            raise self.broken
        self.asked.append(query)
        found: dict[Slice, dict[str, float | None]] = {}
        for name in query.indicators:
            numbers = self.numbers.get(name, {})
            for slice_, number in (numbers(query) if callable(numbers) else numbers).items():
                found.setdefault(slice_, {})[name] = number
        return IndicatorAnswer(
            columns=[
                *(AnswerColumn(each, "text") for each in query.by),
                *(AnswerColumn(name, "number", "ratio") for name in query.indicators),
            ],
            rows=[
                [*(value for _, value in slice_), *(row.get(name) for name in query.indicators)]
                for slice_, row in found.items()
            ],
            queries=[RunQuery(query.indicators, "SELECT 1", {}, "playback_10s")],
            from_=query.from_,
            to=query.to,
            step_s=0,
        )

    def unit(self, indicator: Indicator) -> str:
        return indicator.unit


async def an_alert(store: Store) -> Alert:
    """One that fires, as the evaluator would have left it."""
    readings = {at("eu", "demo"): Reading(0.05)}
    (alert,) = advance(Look(rule(for_s=0), "ratio", readings, START), ()).kept
    await store.write(lambda transaction: rows.put_alert(transaction, alert, None))
    return alert
