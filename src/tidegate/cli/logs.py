"""`tidegate logs`: searches the log over the API, and follows it."""

import contextlib
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.text import Text

from tidegate.cli.client import ApiClient
from tidegate.cli.moments import parse_stretch
from tidegate.cli.terminal import stderr, stdout
from tidegate.core.errors import UnavailableError

COLOURS = {"debug": "dim", "info": "", "warning": "yellow", "error": "red", "critical": "bold red"}
PAGE_LINES = 500


class Wanted(NamedTuple):
    """What is searched for; empty where it does not matter."""

    q: str
    level: str
    channel: str
    session: str
    node: str

    def params(self) -> dict[str, str]:
        return {name: value for name, value in self._asdict().items() if value}


def search_log(
    wanted: Wanted, last: str, lines: int, data: Path | None, *, as_json: bool, quiet: bool
) -> None:
    """Print the newest lines, oldest first. With `quiet`, a search that cannot be answered is only mentioned."""
    client = ApiClient(data)
    since = time.time() - parse_stretch("last", last)
    found: list[dict[str, Any]] = []
    before = ""
    try:
        while len(found) < lines:
            params = {
                **wanted.params(),
                "from": str(since),
                "before": before,
                "limit": str(min(lines - len(found), PAGE_LINES)),
            }
            page = client.get("/logs", {name: value for name, value in params.items() if value})
            found += page["items"]
            before = page["next"]
            if not before:
                break
    except UnavailableError as error:
        if not quiet:
            raise
        stderr().print(f"[dim]What was before cannot be searched: {error.message}[/]")
    console = stdout()
    for line in reversed(found):
        _print(console, line, as_json=as_json)
    if not found and not quiet:
        stderr().print("No line was found.")


def follow_log(wanted: Wanted, data: Path | None, *, as_json: bool) -> None:
    """Print lines as they are made, until Ctrl-C."""
    console = stdout()
    with contextlib.suppress(KeyboardInterrupt):
        for name, event in ApiClient(data).events("/logs/tail", wanted.params()):
            if name == "missed":
                stderr().print(f"[yellow]{event['lines']} lines were missed.[/]")
            else:
                _print(console, event, as_json=as_json)


def _print(console: Console, line: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.buffer.flush()
        return
    at = datetime.fromtimestamp(line["at"]).astimezone()
    colour = COLOURS.get(line["level"], "")
    shown = Text(f"{at:%m-%d %H:%M:%S}.{at.microsecond // 1000:03} ", style="dim")
    shown.append(f"{line['level']:<8} ", style=colour)
    shown.append(f"{line['node']} ", style="dim")
    shown.append(line["event"], style=f"bold {colour}".strip())
    shown.append(line["message"].removeprefix(line["event"]))
    console.print(shown)
