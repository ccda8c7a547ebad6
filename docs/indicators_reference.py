"""Makes `docs/indicators.md` from the files of indicators; `docs.check` says when it is not current.

Run as `make reference`.
"""

from itertools import groupby
from pathlib import Path

from tidegate.governance.indicators.catalogue import load
from tidegate.governance.indicators.types import Indicator

PAGE = Path(__file__).resolve().parent / "indicators.md"

INTRO = """\
# Indicators

What the numbers are called, what they mean and when to worry. One definition gives the same number in the API, on the command
line, in the console, in alerts, in Prometheus and in Grafana: how to ask for them, and how to add your own, is in
[observability](observability.md). Made from `governance/indicators/catalogue/` by `make reference`.
"""
BETTER = {"up": "more", "down": "less", "none": ""}


def page() -> str:
    """The whole text."""
    groups = groupby(load(), key=lambda each: each.group)
    return "\n".join([INTRO, *(section(group, list(those)) for group, those in groups)])


def section(group: str, indicators: list[Indicator]) -> str:
    head = ["## " + group, "| indicator | unit | better | formula | ask by |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(row(each) for each in indicators), ""])


def row(indicator: Indicator) -> str:
    cells = [
        f"**{indicator.title}** `{indicator.name}`<br>{indicator.sentence}<br>*Worry:* {indicator.worry}",
        indicator.unit,
        BETTER[indicator.direction],
        f"`{indicator.written}`<br>of {', '.join(indicator.tables)}",
        ", ".join(indicator.dimensions),
    ]
    return "| " + " | ".join(cells).replace("\n", " ") + " |"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"docs/{PAGE.name}")
