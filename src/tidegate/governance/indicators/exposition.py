"""The indicators on `/metrics`, for Prometheus: numerators and denominators, so that it can add them up over any slice itself.

In: answers to our own questions, asked every `EVERY_S` by `keep_current`, as long as somebody scrapes. Out: gauges over the last
`WINDOW_S`; a scrape reads what is there and asks nothing, so that the first one in a while finds none. While telemetry is away, or
what is there is older than `STALE_S`, there are none either: no data is not 0.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import structlog
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.governance.indicators.compiler import DENOMINATOR, NUMERATOR
from tidegate.governance.indicators.service import IndicatorService
from tidegate.governance.indicators.types import Indicator, IndicatorQuery, Quantile

EVERY_S: Final = 10.0
RETRY_S: Final = 2.0
"""How soon to ask again where telemetry did not answer."""
WINDOW_S: Final = 60
"""How much each gauge is about."""
SETTLE_S: Final = 10
"""How long facts have to arrive before they are counted: the window ends so long ago."""
STALE_S: Final = 60.0
UNSCRAPED_S: Final = 300.0
"""Nothing is asked once nobody has scraped for so long: as long as Prometheus itself looks back for a sample."""
GROUPS_MAX: Final = 200
"""Most groups an indicator has here; what further ones amount to is in one more, `OTHERS`."""
OTHERS: Final = "(others)"
TOGETHER_MAX: Final = 20
"""How many indicators are asked for in one question."""

PREFIX: Final = "tidegate_indicator_"
WHOLE: Final = "_whole"
"""Ends the name of a quantile over everything: those of groups cannot be made one."""

_log = structlog.get_logger()


def metric_numerator(name: str) -> str:
    return f"{PREFIX}{name}_numerator"


def metric_denominator(name: str) -> str:
    return f"{PREFIX}{name}_denominator"


def metric_quantile(name: str) -> str:
    return f"{PREFIX}{name}"


class IndicatorExposition(Collector):
    """Attributes:
    failures: times that indicators could not be had.
    resting: nobody has scraped for a while, and nothing is asked.
    """

    def __init__(self, service: IndicatorService, clock: Clock, groups_max: int = GROUPS_MAX) -> None:
        self._groups_max = groups_max
        self._service = service
        self._clock = clock
        self._metrics: list[Metric] = []
        self._until = 0
        self._at = float("-inf")
        self._scraped_at = float("-inf")
        self._scraped = asyncio.Event()
        self.failures = 0
        self.resting = False

    async def keep_current(self) -> None:
        """Ask again and again while somebody scrapes, until cancelled."""
        failing = False
        while True:
            if self._clock.monotonic() - self._scraped_at > UNSCRAPED_S:
                self._scraped.clear()
                self.resting = True
                await self._scraped.wait()
                self.resting = False
            try:
                await self.refresh()
                failing = False
            except TidegateError as error:
                self.failures += 1
                if not failing and self._at > 0:  # at first telemetry is opening
                    _log.warning("indicators_not_exposed", code=error.code, reason=error.message)
                failing = True
            await asyncio.sleep(RETRY_S if failing else EVERY_S)

    async def refresh(self) -> None:
        """Ask once.

        Raises:
            TelemetryAwayError, QueryTooHeavyError: what was there stays, until it is stale.
        """
        until = int(self._clock.wall() - SETTLE_S) // 10 * 10
        metrics: list[Metric] = []
        for export, indicators in _together(self._service.catalogue):
            metrics += await self._ask(export, indicators, until)
        self._metrics, self._until, self._at = metrics, until, self._clock.monotonic()

    def collect(self) -> Iterable[Metric]:
        """A scrape, on the event loop that `keep_current` runs in."""
        self._scraped_at = self._clock.monotonic()
        self._scraped.set()
        yield CounterMetricFamily(
            "tidegate_indicators_failures", "Times that the indicators could not be had.", value=self.failures
        )
        if self._clock.monotonic() - self._at > STALE_S:
            return
        yield GaugeMetricFamily(
            "tidegate_indicators_until_seconds",
            f"Where the {WINDOW_S} s end that the indicators are about, seconds since the Unix epoch.",
            value=self._until,
        )
        yield from self._metrics

    async def _ask(
        self, export: tuple[str, ...], indicators: Sequence[Indicator], until: int
    ) -> Iterator[Metric]:
        names = [each.name for each in indicators]
        query = IndicatorQuery(
            indicators=names,
            from_=until - WINDOW_S,
            to=until,
            by=list(export),
            limit=self._groups_max,
            parts=True,
        )
        answer = await self._service.query(query)
        places = {column.name: place for place, column in enumerate(answer.columns)}
        rows = answer.rows
        quantiles = [each for each in indicators if isinstance(each.formula, Quantile)]
        whole: list[Any] = []
        if export and (quantiles or answer.more):
            totals = await self._service.query(
                IndicatorQuery(indicators=names, from_=until - WINDOW_S, to=until, parts=True)
            )
            whole = [*export, *totals.rows[0]] if totals.rows else []
            if answer.more and whole:
                rows = [*rows, _others(indicators, places, rows, whole, len(export))]
        return self._families(indicators, export, places, rows, whole or (rows[0] if rows else []))

    def _families(
        self,
        indicators: Sequence[Indicator],
        export: tuple[str, ...],
        places: dict[str, int],
        rows: list[list[Any]],
        whole: list[Any],
    ) -> Iterator[Metric]:
        labels = list(export)
        for each in indicators:
            unit = self._service.unit(each)
            about = f"{each.title}, over {WINDOW_S} s ({unit})"
            if isinstance(each.formula, Quantile):
                place = places[each.name]
                yield _gauge(metric_quantile(each.name), f"{about}.", labels, rows, place)
                yield _gauge(
                    metric_quantile(each.name) + WHOLE,
                    f"{about}, of all.",
                    [],
                    [whole] if whole else [],
                    place,
                )
                continue
            above, below = (f"{each.name}{end}" for end in (NUMERATOR, DENOMINATOR))
            yield _gauge(metric_numerator(each.name), f"{about}: numerator.", labels, rows, places[above])
            if each.formula.denominator or each.formula.elapsed:
                yield _gauge(
                    metric_denominator(each.name), f"{about}: denominator.", labels, rows, places[below]
                )


def _together(
    indicators: Iterable[Indicator],
) -> Iterator[tuple[tuple[str, ...], list[Indicator]]]:
    """Indicators that are exported by the same dimensions, some at a time."""
    by_export: dict[tuple[str, ...], list[Indicator]] = {}
    for indicator in indicators:
        by_export.setdefault(indicator.export, []).append(indicator)
    for export, those in by_export.items():
        for begin in range(0, len(those), TOGETHER_MAX):
            yield export, those[begin : begin + TOGETHER_MAX]


def _gauge(name: str, text: str, labels: list[str], rows: list[list[Any]], place: int) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=labels)
    for row in rows:
        if row[place] is not None:
            gauge.add_metric([str(value) for value in row[: len(labels)]], row[place])
    return gauge


def _others(
    indicators: Sequence[Indicator],
    places: dict[str, int],
    rows: list[list[Any]],
    whole: list[Any],
    keys: int,
) -> list[Any]:
    """What the listed groups leave of the whole: of amounts the rest; of quantiles nothing can be said."""
    others: list[Any] = [OTHERS] * keys + [None] * (len(whole) - keys)
    for indicator in indicators:
        if isinstance(indicator.formula, Quantile):
            continue
        for end in (NUMERATOR, DENOMINATOR):
            place = places[f"{indicator.name}{end}"]
            total = whole[place]
            if total is None or (end == DENOMINATOR and indicator.formula.elapsed):
                others[place] = total
            else:
                others[place] = max(total - sum(row[place] or 0 for row in rows), 0)
    return others
