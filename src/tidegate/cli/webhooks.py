"""`tidegate webhook …`: over the API."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import facts, print_json, stdout, table

_COLOURS = {"delivered": "green", "pending": "yellow", "failed": "red"}


def list_all(data: Path | None, *, as_json: bool) -> None:
    found = ApiClient(data).get("/webhooks")
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        stdout().print("No webhooks yet. Make one: tidegate webhook add URL")
        return
    shown = table("id", "url", "events", "channel", "enabled")
    for item in found["items"]:
        shown.add_row(
            item["id"],
            escape(item["url"]),
            ", ".join(item["events"]) or "all",
            item["channel"] or "all",
            "yes" if item["enabled"] else "no",
        )
    stdout().print(shown)


def add(
    url: str, events: tuple[str, ...], channel: str, description: str, data: Path | None, *, as_json: bool
) -> None:
    wish = {"url": url, "events": events, "channel": channel, "description": description}
    made = ApiClient(data).post("/webhooks", wish)
    if as_json:
        print_json(made)
        return
    stdout().print("[green]✔[/] The secret is shown this once; give it to the receiver.\n")
    facts(stdout(), ("Webhook", made["webhook"]["id"]), ("Secret", f"[bold]{made['secret']}[/]"))


def remove(webhook: str, data: Path | None) -> None:
    ApiClient(data).delete(f"/webhooks/{webhook}")
    stdout().print(f"[green]✔[/] Webhook {escape(webhook)} is gone.")


def rotate(webhook: str, grace_s: float, data: Path | None, *, as_json: bool) -> None:
    made = ApiClient(data).post(f"/webhooks/{webhook}/rotate-secret", {"grace_s": grace_s})
    if as_json:
        print_json(made)
        return
    until = made["webhook"]["old_secret_until"]
    old = (
        f"counts until {datetime.fromtimestamp(until, UTC).astimezone():%Y-%m-%d %H:%M}"
        if until
        else "counts no more"
    )
    stdout().print("[green]✔[/] The new secret is shown this once; give it to the receiver.\n")
    facts(stdout(), ("Secret", f"[bold]{made['secret']}[/]"), ("The old one", old))


def test(webhook: str, data: Path | None, *, as_json: bool) -> None:
    _show(ApiClient(data).post(f"/webhooks/{webhook}/test"), as_json=as_json)


def replay(delivery: str, data: Path | None, *, as_json: bool) -> None:
    _show(ApiClient(data).post(f"/webhooks/deliveries/{delivery}/replay"), as_json=as_json)


def deliveries(webhook: str, state: str, limit: int, data: Path | None, *, as_json: bool) -> None:
    found = ApiClient(data).get(f"/webhooks/deliveries?webhook={webhook}&only={state}&limit={limit}")
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        stdout().print("Nothing has been delivered yet.")
        return
    shown = table("when", "event", "channel", "state", ">tries", ">answer", "delivery")
    for item in found["items"]:
        at = datetime.fromtimestamp(item["updated_at"], UTC).astimezone()
        shown.add_row(
            f"{at:%m-%d %H:%M:%S}",
            item["type"],
            item["channel"],
            f"[{_COLOURS[item['state']]}]{item['state']}[/]",
            str(item["attempts"]),
            str(item["status"] or "–"),
            item["id"],
        )
    stdout().print(shown)


def _show(item: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(item)
        return
    stdout().print(f"[green]✔[/] {escape(item['type'])} is on its way: tidegate webhook deliveries shows it.")
