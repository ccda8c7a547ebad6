"""Prometheus' side, made of the same files: recording rules that give an indicator its value, and how to scrape. Pure.

A rule takes the sums of numerators and of denominators, over whatever is asked, and divides last. Where several processes
expose the same telemetry, each series counts once (`max by`). `honor_labels` keeps our own `region` and `node`: otherwise a target
label of that name would take their place, and ours would be called `exported_region`.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from tidegate.governance.indicators.exposition import (
    EVERY_S,
    WHOLE,
    metric_denominator,
    metric_numerator,
    metric_quantile,
)
from tidegate.governance.indicators.types import Indicator, Quantile

RULES_FILE: Final = "tidegate.rules.yml"
SCRAPE_FILE: Final = "prometheus.yml"
JOB: Final = "tidegate"

MADE_BY: Final = "# Made by `tidegate observability prometheus`; make it anew after an upgrade or a change of indicators.\n"


def recorded(name: str, dimension: str = "") -> str:
    """The recorded series with an indicator's value: over everything, or by one dimension it is exported by."""
    return f"tidegate:{name}:by_{dimension}" if dimension else f"tidegate:{name}"


def expression(indicator: Indicator, dimension: str = "") -> str:
    """PromQL of an indicator's value: over everything, or by a dimension; empty where there is none."""
    formula = indicator.formula
    if isinstance(formula, Quantile):
        return _quantile(indicator, dimension)
    above = _summed("sum", metric_numerator(indicator.name), indicator.export, dimension)
    if not formula.denominator and not formula.elapsed:
        return above
    gather = "max" if formula.elapsed else "sum"
    below = _summed(gather, metric_denominator(indicator.name), indicator.export, dimension)
    return f"{above} / ({below} > 0)"


def _quantile(indicator: Indicator, dimension: str) -> str:
    if not dimension:
        return f"max({metric_quantile(indicator.name)}{WHOLE})"
    if indicator.export == (dimension,):
        return f"max by ({dimension}) ({metric_quantile(indicator.name)})"
    return ""  # those of several groups cannot be made one


def _summed(gather: str, metric: str, export: tuple[str, ...], dimension: str) -> str:
    by = f" by ({dimension})" if dimension else ""
    each = f"max by ({', '.join(export)}) ({metric})" if export else f"max({metric})"
    return f"{gather}{by} ({each})"


def rules(indicators: Iterable[Indicator]) -> str:
    """The rules file, YAML."""
    lines = [MADE_BY + "groups:", f"  - name: {JOB}-indicators", f"    interval: {EVERY_S:g}s", "    rules:"]
    for record, text in recordings(indicators):
        lines += [f"      - record: {record}", f"        expr: {json.dumps(text)}"]
    return "\n".join(lines) + "\n"


def recordings(indicators: Iterable[Indicator]) -> Iterator[tuple[str, str]]:
    """Each recorded series with its PromQL."""
    for indicator in indicators:
        for dimension in ("", *indicator.export):
            if text := expression(indicator, dimension):
                yield recorded(indicator.name, dimension), text


def scrape(target: str, credentials_file: str, rules_file: str = RULES_FILE) -> str:
    """A whole configuration, YAML.

    Args:
        target: host and port of Tidegate's HTTP door.
        credentials_file: a file with the admin token, for Prometheus to read; empty where `/metrics` is public.
        rules_file: as Prometheus finds it from this file.
    """
    secret = (
        f"    authorization:\n      credentials_file: {json.dumps(credentials_file)}\n"
        if credentials_file
        else ""
    )
    return (
        f"{MADE_BY}global:\n  scrape_interval: {EVERY_S:g}s\n  evaluation_interval: {EVERY_S:g}s\n"
        f"rule_files:\n  - {json.dumps(rules_file)}\n"
        f"scrape_configs:\n  - job_name: {JOB}\n    honor_labels: true\n    metrics_path: /metrics\n{secret}"
        f"    static_configs:\n      - targets: [{json.dumps(target)}]\n"
    )
