"""`tidegate alert rules|apply|reset`: rules as files, over the API."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from rich.markup import escape

from tidegate.cli.alerts import COLOURS
from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import print_json, stdout, table
from tidegate.core.errors import InvalidError
from tidegate.governance.alerts.rule_file import read, written
from tidegate.governance.alerts.types import AlertRule

ORIGINS = {"release": "", "changed": "changed", "own": "your own"}


def list_all(data: Path | None, *, as_json: bool) -> None:
    found = ApiClient(data).get("/alerts/rules")
    if as_json:
        print_json(found)
        return
    shown = table("rule", "severity", "now", "looks at", "what for")
    for column in shown.columns[:4]:
        column.no_wrap = True
    for item in found["items"]:
        rule = item["rule"]
        colour = COLOURS[rule["severity"]]
        notes = "  ".join(
            filter(
                None,
                (
                    escape(rule["title"]),
                    f"[dim]{ORIGINS[item['origin']]}[/]" if ORIGINS[item["origin"]] else "",
                ),
            )
        )
        shown.add_row(rule["name"], f"[{colour}]{rule['severity']}[/]", _now(item), rule["indicator"], notes)
    stdout().print(shown)


def show(name: str, data: Path | None, *, as_json: bool) -> None:
    found = ApiClient(data).get(f"/alerts/rules/{quote(name, safe='')}")
    if as_json:
        print_json(found)
        return
    print(written(msgspec.convert(found["rule"], AlertRule)), end="")


def apply(file: Path, data: Path | None) -> None:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"{file} cannot be read: {error}.", hint="Give a TOML file in UTF-8.") from error
    client = ApiClient(data)
    rules = read(file.name, text)
    for rule in rules:
        body = msgspec.to_builtins(rule)
        del body["name"]
        kept = client.put(f"/alerts/rules/{quote(rule.name, safe='')}", body)
        stdout().print(f"[green]✔[/] {rule.name}: {'as it came' if kept['origin'] == 'release' else 'kept'}.")
    if not rules:
        stdout().print("There is no rule in it.")


def reset(name: str, data: Path | None) -> None:
    ApiClient(data).delete(f"/alerts/rules/{quote(name, safe='')}")
    stdout().print(f"[green]✔[/] {escape(name)} is as the release has it, or gone.")


def _now(item: dict[str, Any]) -> str:
    if not item["rule"]["enabled"]:
        return "[dim]off[/]"
    if item["problem"]:
        return "[red]cannot be looked at[/]"
    return (
        f"[red]{item['firing']} firing[/]"
        if item["firing"]
        else f"{item['pending']} pending"
        if item["pending"]
        else "–"
    )
