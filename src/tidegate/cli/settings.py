"""`tidegate setting list|get|set|reset|promote|abort`: over the API."""

from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import facts, print_json, stdout, table
from tidegate.core.errors import InvalidError

Place = tuple[str, str]
"""Reach and id, such as `("channel", "demo")`; for all: `("all", "")`."""

BADGE = {
    "default": "[dim]default[/]",
    "config": "[blue]config[/]",
    "set": "[green]set[/]",
    "gray": "[yellow]gray[/]",
    "override": "[magenta]own value[/]",
}


def list_all(search: str, place: Place, data: Path | None, *, changed: bool, as_json: bool) -> None:
    answer = ApiClient(data).get("/settings", params=_subject(place))
    words = search.lower()
    items = [
        item
        for item in answer["items"]
        if words in f"{item['name']} {item['sentence']}".lower()
        and not (changed and item["source"] == "default" and not item["overrides"] and not item["changes"])
    ]
    if as_json:
        print_json({"items": items, "problems": answer["problems"]})
        return
    console = stdout()
    if not items:
        console.print("Every setting is at its default." if changed and not search else "No setting matches.")
    shown = table("setting", "value", "from", "may be")
    shown.columns[0].no_wrap = True
    for _, group in groupby(items, key=lambda item: str(item["name"].partition(".")[0])):
        if shown.row_count:
            shown.add_row()
        for item in group:
            more = _more(item)
            shown.add_row(
                item["name"],
                f"[bold]{escape(with_unit(item, item['value']))}[/]",
                BADGE[item["source"]] + (f" [dim]{more}[/]" if more else ""),
                f"[dim]{escape(item['bounds'])}[/]",
            )
    if items:
        console.print(shown)
    for problem in answer["problems"]:
        console.print(
            f"[yellow]![/] {problem['name']} ({escape(problem['place'])}): {escape(problem['message'])}"
        )


def show(name: str, place: Place, data: Path | None, *, as_json: bool) -> None:
    item = ApiClient(data).get(_path(name), params=_subject(place))
    if as_json:
        print_json(item)
        return
    console = stdout()
    console.print(
        f"[bold]{item['name']}[/]  [bold green]{escape(with_unit(item, item['value']))}[/]  {BADGE[item['source']]}"
    )
    console.print(f"{escape(item['sentence'])}\n")
    facts(console, *_facts(item))
    for problem in item["problems"]:
        console.print(f"[yellow]![/] Stored for {escape(problem['place'])}: {escape(problem['message'])}")


def set_value(
    name: str, value: str, place: Place, share: str, version: int | None, reason: str, data: Path | None, *, as_json: bool
) -> None:  # fmt: skip
    client = ApiClient(data)
    body: dict[str, object] = {"value": value, "version": version, "reason": reason}
    if share:
        if place[0] != "all":
            raise InvalidError(
                "A share is of all subjects, so it goes with no --channel, --node, --cell or --region.",
                hint="Leave --share out to set the value for one of them.",
            )
        item = client.post(f"{_path(name)}/changes", body | {"share": parse_share(share)})
    else:
        item = client.put(_path(name), body | {"reach": place[0], "id": place[1]})
    if as_json:
        print_json(item)
        return
    console = stdout()
    if share:
        matching = [each for each in item["changes"] if value_matches(item, each["value"], value)]
        change = (matching or item["changes"])[-1]
        console.print(
            f"[green]✔[/] [bold]{item['name']}[/] is {escape(with_unit(item, change['value']))} for {percent(change['share'])} of"
            f" {item['gray_unit']}s, else {escape(with_unit(item, _base(item)))}. Version {item['version']}."
        )
        console.print(
            f"  Go on with a larger --share, [bold]tidegate setting promote {item['name']}[/] or"
            f" [bold]tidegate setting abort {item['name']}[/]."
        )
    else:
        console.print(f"[green]✔[/] {_is_now(item, place)}")
        _mention_changes(item)


def reset(
    name: str, place: Place, version: int | None, reason: str, data: Path | None, *, as_json: bool
) -> None:
    query = {"reach": place[0], "id": place[1], "reason": reason} | _versioned(version)
    item = ApiClient(data).delete(_path(name), params=query)
    if as_json:
        print_json(item)
        return
    stdout().print(f"[green]✔[/] {_is_now(item, place)}")
    _mention_changes(item)


def promote(
    name: str, change: str | None, version: int | None, reason: str, data: Path | None, *, as_json: bool
) -> None:
    client = ApiClient(data)
    address = f"{_path(name)}/changes/{quote(_change(client, name, change), safe='')}/promote"
    item = client.post(address, {"version": version, "reason": reason})
    if as_json:
        print_json(item)
        return
    stdout().print(f"[green]✔[/] {_is_now(item, ('all', ''))}")
    _mention_changes(item)


def abort(
    name: str, change: str | None, version: int | None, reason: str, data: Path | None, *, as_json: bool
) -> None:
    client = ApiClient(data)
    address = f"{_path(name)}/changes/{quote(_change(client, name, change), safe='')}"
    item = client.delete(address, params={"reason": reason} | _versioned(version))
    if as_json:
        print_json(item)
        return
    stdout().print(f"[green]✔[/] The change is withdrawn. {_is_now(item, ('all', ''))}")
    _mention_changes(item)


def with_unit(item: dict[str, Any], value: object) -> str:
    """A value as people read it: `5 s`, `on`, `fast`."""
    return value_text(value) + (f" {item['unit']}" if item["unit"] else "")


def value_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def value_matches(item: dict[str, Any], value: object, typed: str) -> bool:
    """Whether `value` is what was typed, once it is read in the setting's own kind."""
    if item["kind"] in ("number", "integer"):
        return float(str(value)) == float(typed)
    if item["kind"] == "flag":
        return value == (typed.strip().lower() in ("true", "1"))
    return value == typed


def percent(share: float) -> str:
    return f"{share * 100:.6g}%"


def parse_share(text: str) -> float:
    """`5%` or `0.05`, over 0 up to 1.

    Raises:
        InvalidError: it is neither.
    """
    number, sign = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        share = float(number) / (100 if sign else 1)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1 or (share == 1 and not sign):
        raise InvalidError(
            f"A share cannot be {text[:20]!r}.", hint="Write a percentage, such as 5% or 100%."
        )
    return share


def _facts(item: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("May be", escape(item["bounds"])),
        ("Default", escape(with_unit(item, item["default"]))),
    ]
    if item["node_default"] is not None:
        rows.append(("This node", f"{escape(with_unit(item, item['node_default']))} [dim](configuration)[/]"))
    if item["set_value"] is not None:
        rows.append(("For all", escape(with_unit(item, item["set_value"]))))
    rows += [
        (f"{own['scope'].capitalize()} {escape(own['id'])}", escape(with_unit(item, own["value"])))
        for own in item["overrides"]
    ]
    if (hidden := item["overrides_count"] - len(item["overrides"])) > 0:
        rows.append(("", f"{hidden} more with a value of their own"))
    rows += [
        (
            "Released",
            f"{escape(with_unit(item, change['value']))} to {percent(change['share'])} of {item['gray_unit']}s [dim]{change['id']}[/]",
        )
        for change in item["changes"]
    ]
    rows += [("Arms", ", ".join(item["arms"]))] if item["arms"] else []
    return [
        *rows,
        ("Own values", ", ".join(item["scopes"]) or "none"),
        ("Takes effect", item["takes_effect"]),
        ("Version", str(item["version"])),
    ]


def _is_now(item: dict[str, Any], place: Place) -> str:
    where = "for all" if place[0] == "all" else f"for {place[0]} {escape(place[1])}"
    value = item["value"] if place[0] != "all" else _base(item)
    when = {"at once": "In effect.", "next stream": "In effect from the next stream on."}
    return (
        f"[bold]{item['name']}[/] is [bold]{escape(with_unit(item, value))}[/] {where}. "
        f"{when.get(item['takes_effect'], 'In effect after a restart.')} Version {item['version']}."
    )


def _base(item: dict[str, Any]) -> object:
    """What everyone has whom no change has reached."""
    for field in ("set_value", "node_default"):
        if item[field] is not None:
            return item[field]
    return item["default"]


def _mention_changes(item: dict[str, Any]) -> None:
    for change in item["changes"]:
        stdout().print(
            f"  [yellow]![/] {percent(change['share'])} of {item['gray_unit']}s have"
            f" {escape(with_unit(item, change['value']))} by a change that goes on."
        )


def _more(item: dict[str, Any]) -> str:
    said = [f"{item['overrides_count']} own"] if item["overrides_count"] else []
    said += [f"{percent(change['share'])} {value_text(change['value'])}" for change in item["changes"]]
    return ", ".join(said)


def _change(client: ApiClient, name: str, change: str | None) -> str:
    """The id of the change that is meant: the one there is, where none is named."""
    if change:
        return change
    changes = client.get(_path(name))["changes"]
    if len(changes) != 1:
        raise InvalidError(
            f"{name} has {len(changes) or 'no'} changes on their way.",
            hint=f"Name one: {', '.join(each['id'] for each in changes)}."
            if changes
            else "Start one with --share: tidegate setting set NAME VALUE --share 5%.",
        )
    return str(changes[0]["id"])


def _path(name: str) -> str:
    return f"/settings/{quote(name, safe='')}"


def _subject(place: Place) -> dict[str, str]:
    return {} if place[0] == "all" else {place[0]: place[1]}


def _versioned(version: int | None) -> dict[str, str]:
    return {} if version is None else {"version": str(version)}
