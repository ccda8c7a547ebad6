"""`tidegate indicator list|show|query`: what the numbers are, and what they mean."""

import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.moments import moment, parse_moment, parse_stretch
from tidegate.cli.sparkline import sparkline
from tidegate.cli.terminal import facts, human_rate, print_json, stdout, table
from tidegate.core.errors import InvalidError

LAST_S = 900.0
"""What is asked about where nothing else is said."""
ARROWS = {"up": "[green]↑[/] more is better", "down": "[green]↓[/] less is better", "none": ""}
NOTHING = "–"


def list_all(search: str, data: Path | None, *, as_json: bool) -> None:
    words = search.lower()
    items = [
        item
        for item in ApiClient(data).get("/indicators")["items"]
        if words in f"{item['name']} {item['title']} {item['sentence']}".lower()
    ]
    if as_json:
        print_json({"items": items})
        return
    if not items:
        stdout().print("No indicator matches.")
        return
    shown = table("indicator", "unit", "what it means")
    shown.columns[0].no_wrap = True
    for group, those in groupby(items, key=lambda item: str(item["group"])):
        if shown.row_count:
            shown.add_row()
        shown.add_row(f"[bold]{group}[/]")
        for item in those:
            shown.add_row(f"  {item['name']}", f"[dim]{escape(item['unit'])}[/]", escape(item["sentence"]))
    stdout().print(shown)


def show(name: str, data: Path | None, *, as_json: bool) -> None:
    client = ApiClient(data)
    item = client.get(f"/indicators/{quote(name, safe='')}")
    if as_json:
        print_json(item)
        return
    console = stdout()
    console.print(f"[bold]{item['title']}[/]  [dim]{item['name']}[/]\n{escape(item['sentence'])}\n")
    facts(
        console,
        ("Worry", escape(item["worry"])),
        ("Unit", " ".join(filter(None, (escape(item["unit"]), ARROWS[item["direction"]])))),
        ("Formula", escape(item["formula"])),
        ("Facts", ", ".join(item["tables"])),
        ("Ask by", ", ".join(item["dimensions"])),
        ("Owner", item["owner"]),
    )
    console.print(f"\nAsk: tidegate indicator query {item['name']} --last 1h --by {item['dimensions'][0]}")


def query(
    names: Sequence[str],
    when: tuple[str, str, str, str],
    by: Sequence[str],
    where: Sequence[str],
    limit: int,
    data: Path | None,
    *,
    parts: bool,
    sql: bool,
    as_json: bool,
) -> None:
    body = {
        "indicators": list(names),
        **_range(*when, now=time.time()),
        "by": list(by),
        "where": _slice(where),
        "limit": limit,
        "parts": parts,
    }
    answer = ApiClient(data).post("/indicators/query", body)
    if as_json:
        print_json(answer)
        return
    console = stdout()
    console.print(f"[dim]{moment(answer['from'])} to {moment(answer['to'])}[/]")
    if not answer["rows"]:
        console.print("No data: there are no facts of this slice in this time.")
    elif answer["step_s"]:
        _print_series(answer, len(by))
    else:
        _print_numbers(answer, len(by))
    if answer["more"]:
        console.print(
            f"[yellow]![/] There may be more than these {limit} groups; take a larger --limit, or --where."
        )
    if sql:
        for each in answer["queries"]:
            console.print(f"\n[dim]-- {', '.join(each['indicators'])}[/]\n{escape(each['sql'])}")
            console.print(f"[dim]-- {escape(str(each['params']))}[/]")


def _range(last: str, since: str, until: str, step: str, *, now: float) -> dict[str, float]:
    if last and since:
        raise InvalidError("--last and --from say the same thing twice.", hint="Give one of them.")
    end = parse_moment("to", until, now) if until else now
    if since:
        begin = parse_moment("from", since, now)
    else:
        begin = end - (parse_stretch("last", last) if last else LAST_S)
    return {"from": begin, "to": end, "step_s": round(parse_stretch("step", step)) if step else 0}


def _slice(where: Sequence[str]) -> dict[str, list[str]]:
    """`region=eu` twice for a dimension means either."""
    chosen: dict[str, list[str]] = {}
    for text in where:
        dimension, equals, value = text.partition("=")
        if not equals or not dimension:
            raise InvalidError(
                f"--where cannot be {text[:40]!r}.", hint="Write DIMENSION=VALUE, such as region=eu."
            )
        chosen.setdefault(dimension, []).append(value)
    return chosen


def _print_numbers(answer: dict[str, Any], keys: int) -> None:
    """Groups as lines with an indicator a column; without groups an indicator a line."""
    columns = answer["columns"]
    if not keys:
        (row,) = answer["rows"]
        facts(
            stdout(),
            *(
                (column["name"], f"[bold]{worded(value, column['unit'])}[/]")
                for column, value in zip(columns, row, strict=True)
            ),
        )
        return
    shown = table(*(f"{'' if place < keys else '>'}{each['name']}" for place, each in enumerate(columns)))
    for column in shown.columns:
        column.overflow = "fold"
    for row in answer["rows"]:
        shown.add_row(
            *(escape(str(value)) or NOTHING for value in row[:keys]),
            *(
                f"[bold]{worded(value, column['unit'])}[/]"
                for column, value in zip(columns[keys:], row[keys:], strict=True)
            ),
        )
    stdout().print(shown)


def _print_series(answer: dict[str, Any], keys: int) -> None:
    """A line for each group and indicator: the steps without data are gaps."""
    columns, step_s = answer["columns"], answer["step_s"]
    series: dict[tuple[str, ...], dict[float, list[Any]]] = {}
    for row in answer["rows"]:
        series.setdefault(tuple(map(str, row[1 : 1 + keys])), {})[row[0]] = row
    times = [
        answer["from"] + step_s * place for place in range(round((answer["to"] - answer["from"]) / step_s))
    ]
    shown = table(
        *(each["name"] for each in columns[1 : 1 + keys]), "indicator", "", ">last", ">least", ">most"
    )
    for group, rows in series.items():
        for place, column in enumerate(columns[1 + keys :], start=1 + keys):
            values = [rows[at][place] if at in rows else None for at in times]
            known = [value for value in values if value is not None]
            ends = (known[-1], min(known), max(known)) if known else (None, None, None)
            shown.add_row(
                *(escape(each) or NOTHING for each in group),
                column["name"],
                f"[cyan]{sparkline(values)}[/]",
                *(worded(value, column["unit"]) for value in ends),
            )
    stdout().print(shown)


def worded(value: float | None, unit: str) -> str:
    """A number as people read it."""
    if value is None:
        return NOTHING
    if unit == "ratio":
        return f"{value * 100:.3g} %"
    if unit == "bit/s":
        return human_rate(value)
    if unit == "count":
        return f"{value:,.1f}".removesuffix(".0")
    return f"{value:.4g} {unit}".strip()
