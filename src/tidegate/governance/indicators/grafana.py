"""Grafana's side, made of the same files: dashboards whose panels ask Prometheus for the recorded indicators. Pure.

One over everything, and one for each dimension that indicators are exported by. What viewers see stands above what machines
do. Needs grafana-foundation-sdk (`pip install tidegate[grafana]`); nothing else does.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableOption, VariableRefresh

from tidegate.governance.indicators.exposition import WINDOW_S
from tidegate.governance.indicators.prometheus import expression, recorded
from tidegate.governance.indicators.types import Group, Indicator, Unit

UNITS: Final[dict[Unit, str]] = {
    "s": "s",
    "ratio": "percentunit",
    "bit/s": "bps",
    "1/s": "cps",
    "1/h": "short",
    "GB": "decgbytes",
    "h": "h",
    "count": "short",
    "per part": "short",
    "money": "short",
    "money/h": "short",
    "money/GB": "short",
}
"""Grafana's names of our units; money has no sign there, since the currency is a setting."""

TITLES: Final[dict[Group, str]] = {
    "viewers": "What viewers see",
    "delivery": "What edges send",
    "supply": "What publishers send",
    "nodes": "What machines use",
    "economics": "What it costs",
    "telemetry": "How far to trust this",
}
"""Rows, from symptoms to causes."""

_DATASOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
_WIDTH: Final = 8
_HEIGHT: Final = 7


def dashboards(indicators: Iterable[Indicator]) -> dict[str, str]:
    """Dashboards as JSON, by file name."""
    known = list(indicators)
    dimensions = sorted({dimension for each in known for dimension in each.export})
    made = {"tidegate.json": _dashboard("Tidegate", "tidegate", known, "")}
    for dimension in dimensions:
        those = [each for each in known if dimension in each.export and expression(each, dimension)]
        made[f"tidegate-by-{dimension}.json"] = _dashboard(
            f"Tidegate by {dimension}", f"tidegate-by-{dimension}", those, dimension
        )
    return made


def query(indicator: Indicator, dimension: str) -> str:
    """What a panel asks: the recorded series."""
    chosen = f'{{{dimension}=~"${dimension}"}}' if dimension else ""
    return f"{recorded(indicator.name, dimension)}{chosen}"


def _dashboard(title: str, uid: str, indicators: Sequence[Indicator], dimension: str) -> str:
    builder = (
        dashboard.Dashboard(title)
        .uid(uid)
        .tags(["tidegate"])
        .refresh("10s")
        .time("now-1h", "now")
        .timezone("browser")
        .with_variable(dashboard.DatasourceVariable("datasource").type("prometheus").label("Data source"))
    )
    if dimension:
        builder.with_variable(_variable(dimension))
    number = 0
    for group, row in TITLES.items():
        those = [each for each in indicators if each.group == group]
        if those:
            builder.with_row(dashboard.Row(row))
        for each in those:
            number += 1
            builder.with_panel(_panel(each, dimension).id(number))
    return JSONEncoder(sort_keys=True, indent=2).encode(builder.build()) + "\n"


def _variable(dimension: str) -> dashboard.QueryVariable:
    """Chooses among the dimension's values, as the recorded series have them."""
    return (
        dashboard.QueryVariable(dimension)
        .label(dimension.capitalize())
        .datasource(_DATASOURCE)
        .query(f'label_values({{__name__=~"{recorded(".+", dimension)}"}}, {dimension})')
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(VariableOption(selected=True, text="All", value="$__all"))
    )


def _panel(indicator: Indicator, dimension: str) -> timeseries.Panel:
    target = (
        prometheus.Dataquery()
        .expr(query(indicator, dimension))
        .legend_format(f"{{{{{dimension}}}}}" if dimension else indicator.title)
        .datasource(_DATASOURCE)
        .ref_id("A")
    )
    panel = (
        timeseries.Panel()
        .title(indicator.title)
        .description(
            f"{indicator.sentence}\n\n**Worry:** {indicator.worry}\n\nEach point is over {WINDOW_S} s."
        )
        .unit(UNITS[indicator.unit])
        .min(0)
        .datasource(_DATASOURCE)
        .span(_WIDTH)
        .height(_HEIGHT)
        .fill_opacity(8)
        .line_width(2)
        .show_points(VisibilityMode.NEVER)
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .show_legend(show_legend=bool(dimension))
            .placement(LegendPlacement.BOTTOM)
        )
        .with_target(target)
    )
    return panel.max(1) if indicator.unit == "ratio" and indicator.direction == "up" else panel
