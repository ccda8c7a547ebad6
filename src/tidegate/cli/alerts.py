"""`tidegate alert list|show|ack|silence`: over the API."""

import getpass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.moments import moment, parse_stretch
from tidegate.cli.terminal import facts, print_json, stdout, table
from tidegate.core.errors import InvalidError

COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def list_all(data: Path | None, *, everything: bool, as_json: bool) -> None:
    found = ApiClient(data).get("/alerts", {} if everything else {"only": "open"})
    if as_json:
        print_json(found)
        return
    console = stdout()
    if not found["items"]:
        console.print("[green]✔[/] Nothing is wrong that a rule looks for.")
    else:
        shown = table("state", "since", "alert", "what is wrong")
        for column in shown.columns[:3]:  # an id is there to be copied
            column.no_wrap = True
        for item in found["items"]:
            colour = COLOURS[item["severity"]] if item["state"] == "firing" else "dim"
            shown.add_row(
                f"[{colour}]{_state(item)}[/]", moment(item["since"]), item["id"], escape(item["sentence"])
            )
        console.print(shown)
    problems = found["evaluator"]["problems"]
    if problems:
        rule, problem = next(iter(problems.items()))
        console.print(
            f"[red]✘[/] {len(problems)} rules cannot be looked at, such as {rule}: {escape(problem)}"
        )


def show(alert: str, data: Path | None, *, as_json: bool) -> None:
    client = ApiClient(data)
    item = client.get(f"/alerts/{quote(alert, safe='')}")
    if as_json:
        print_json(item)
        return
    console = stdout()
    console.print(f"[bold]{escape(item['title'])}[/]  [{COLOURS[item['severity']]}]{_state(item)}[/]")
    console.print(f"{escape(item['sentence'])}\n")
    rows = [("What to do", escape(item["fix"])), ("Since", moment(item["since"]))]
    if item["resolved_at"]:
        rows.append(("Over", f"{moment(item['resolved_at'])} {escape(item['ended'])}".rstrip()))
    if taken := item["acknowledged"]:
        rows.append(("Taken on by", escape(f"{taken['who']} {taken['note']}".strip())))
    if item["silenced_by"]:
        rows.append(("Silenced", f"until {moment(item['silenced_until'])}, {item['silenced_by']}"))
    if item["flapping"]:
        rows.append(("Flapping", "It comes and goes, so its end is waited for longer."))
    rows += [("Rule", item["rule"]), ("Look at", f"{client.url}{item['link']}")]
    if item["query"]:
        rows.append(("Query", escape(item["query"]["sql"])))
    facts(console, *rows)
    if item["members"]:
        console.print()
        console.print(_members(item))


def _members(item: dict[str, Any]) -> Any:
    shown = table(*item["members"][0]["slice"], "state", ">value", ">limit", "since")
    for member in item["members"]:
        state = "fine again" if member["fine_since"] else "firing" if member["fired_at"] else "pending"
        numbers = ["–" if member[name] is None else f"{member[name]:.4g}" for name in ("value", "limit")]
        shown.add_row(*map(escape, member["slice"].values()), state, *numbers, moment(member["since"]))
    return shown


def acknowledge(alert: str, lasting: str, note: str, who: str, data: Path | None, *, back: bool) -> None:
    path = f"/alerts/{quote(alert, safe='')}/acknowledge"
    if back:
        ApiClient(data).delete(path)
        stdout().print("[green]✔[/] Nobody looks after it now.")
        return
    for_s = parse_stretch("for", lasting) if lasting else 0.0
    name = who or _user()
    ApiClient(data).post(path, {"who": name, "for_s": for_s, "note": note})
    stdout().print(f"[green]✔[/] {escape(name)} looks after it.")


def silence(
    alert: str,
    rule: str,
    where: tuple[str, ...],
    lasting: str,
    reason: str,
    who: str,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    wish: dict[str, Any] = {"for_s": parse_stretch("for", lasting), "reason": reason, "who": who or _user()}
    if alert:
        made = ApiClient(data).post(f"/alerts/{quote(alert, safe='')}/silence", wish)
    else:
        made = ApiClient(data).post("/alerts/silences", {**wish, "rule": rule, "slice": _slice(where)})
    if as_json:
        print_json(made)
        return
    stdout().print(
        f"[green]✔[/] Silent until {moment(made['until'])}. End it: tidegate alert silence --end {made['id']}"
    )


def list_silences(data: Path | None, *, as_json: bool) -> None:
    found = ApiClient(data).get("/alerts/silences")
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        stdout().print("Nothing is silenced.")
        return
    shown = table("silence", "until", "rule", "slice", "by", "reason")
    shown.columns[0].no_wrap = True  # it is what ends a silence
    shown.columns[0].min_width = max(len(item["id"]) for item in found["items"])
    for item in found["items"]:
        slice_ = ", ".join(f"{name}={value}" for name, value in item["slice"].items())
        shown.add_row(
            item["id"],
            moment(item["until"]),
            item["rule"] or "all",
            *map(escape, (slice_ or "all", item["who"], item["reason"])),
        )
    stdout().print(shown)


def end_silence(silence_id: str, data: Path | None) -> None:
    ApiClient(data).delete(f"/alerts/silences/{quote(silence_id, safe='')}")
    stdout().print("[green]✔[/] It is told again.")


def _slice(where: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for each in where:
        name, equals, value = each.partition("=")
        if not equals:
            raise InvalidError(
                f"--where cannot be {each[:40]!r}.", hint="Write DIMENSION=VALUE, such as region=eu-west."
            )
        found[name] = value
    return found


def _state(item: dict[str, Any]) -> str:
    if item["state"] != "firing":
        return str(item["state"])
    notes = ["taken on"] if item["acknowledged"] else []
    notes += ["silenced"] if item["silenced_by"] else []
    return f"{item['severity']}, {', '.join(notes)}" if notes else str(item["severity"])


def _user() -> str:
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return ""
