"""`tidegate setting history|diff`: who changed what, and what it comes to."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.moments import moment, parse_moment
from tidegate.cli.settings import percent, value_text
from tidegate.cli.terminal import print_json, stdout, table


def history(name: str | None, limit: int, before: str, data: Path | None, *, as_json: bool) -> None:
    path = f"/settings/{quote(name, safe='')}/history" if name else "/settings/history"
    page = ApiClient(data).get(path, params={"limit": str(limit), "before": before})
    if as_json:
        print_json(page)
        return
    console = stdout()
    if not page["items"]:
        console.print("Nothing was ever changed." if not before else "Nothing before that.")
        return
    shown = table("when", *(() if name else ("setting",)), ">version", "what", "who", "why")
    shown.columns[0].no_wrap = shown.columns[1].no_wrap = True
    for entry in page["items"]:
        shown.add_row(
            f"[dim]{moment(entry['at'])}[/]",
            *(() if name else (entry["name"],)),
            str(entry["version"]),
            _what(entry),
            escape(entry["who"])
            + ("" if entry["remote"] in ("", "127.0.0.1", "::1") else f" [dim]{entry['remote']}[/]"),
            f"[dim]{escape(entry['reason'])}[/]",
        )
    console.print(shown)
    if page["next"]:
        console.print(f"\nThere is more: --before '{page['next']}'")


def diff(
    name: str | None,
    since: str,
    until: str,
    from_version: int | None,
    to_version: int | None,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    query: dict[str, str] = {"name": name} if name else {}
    for field, text in (("since", since), ("until", until)):
        if text:
            query[field] = repr(parse_moment(field, text, time.time()))
    for field, version in (("from_version", from_version), ("to_version", to_version)):
        if version is not None:
            query[field] = str(version)
    answer = ApiClient(data).get("/settings/diff", params=query)
    if as_json:
        print_json(answer)
        return
    stretch = since or until or from_version is not None or to_version is not None
    if not answer["items"]:
        stdout().print("Nothing changed." if stretch else "Every setting is at its default.")
        return
    shown = table("setting", "for", "was" if stretch else "default", "is")
    shown.columns[0].no_wrap = True
    for each in answer["items"]:
        if each["change"]:
            shares = f"{percent(each['old_share'])} → {percent(each['new_share'])}"
            shown.add_row(
                each["name"],
                f"a share [dim]{each['change']}[/]",
                "",
                f"{_text(each['new'])} [yellow]{shares}[/]",
            )
        else:
            shown.add_row(each["name"], _where(each), _text(each["old"]), f"[bold]{_text(each['new'])}[/]")
    stdout().print(shown)


def _what(entry: dict[str, Any]) -> str:
    old, new = _text(entry["old"]), _text(entry["new"])
    if entry["action"] == "release":
        shares = f"{percent(entry['old_share'])} → {percent(entry['new_share'])}"
        return f"released [bold]{new}[/] [yellow]{shares}[/]"
    if entry["action"] == "abort":
        return f"aborted a change at [yellow]{percent(entry['old_share'])}[/]"
    where = "" if entry["reach"] == "all" else f"{_where(entry)}: "
    how = " [dim](promoted)[/]" if entry["action"] == "promote" else ""
    return f"{where}{old} → [bold]{new}[/]{how}"


def _where(entry: dict[str, Any]) -> str:
    return "all" if entry["reach"] == "all" else f"{entry['reach']} {escape(entry['id'])}"


def _text(value: object) -> str:
    return "default" if value is None else escape(value_text(value))
