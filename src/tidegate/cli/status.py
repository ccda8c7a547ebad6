"""`tidegate status`: what runs, in one look."""

from pathlib import Path
from typing import Any

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import human_bytes, human_rate, print_json, stdout, table

_MARK = {"ok": "[green]✔[/]", "degraded": "[yellow]![/]", "failing": "[red]✘[/]"}


def show_status(data: Path | None, *, as_json: bool) -> int:
    """Print health, nodes and streams. Returns 0 unless the platform is failing."""
    client = ApiClient(data)
    health = client.get("/health")
    nodes = client.get("/nodes")["items"]
    streams = client.get("/streams")["items"]
    failing = health["status"] == "failing"
    if as_json:
        print_json({"url": client.url, "health": health, "nodes": nodes, "streams": streams})
        return int(failing)
    console = stdout()
    console.print(
        f"{_MARK[health['status']]} Tidegate {health['version']} at {client.url}, "
        f"up {_duration(health['uptime_s'])}. Admin token: {client.data / 'admin-token'}\n"
    )
    for check in health["checks"]:
        console.print(
            f"{_MARK[check['status']]} {check['name']}: {escape(check['message'])} {escape(check['hint'])}"
        )
    console.print()
    shown = table(
        "node", "region", ">cores used", ">memory", ">disk free", ">in", ">out", ">streams", ">viewers"
    )
    for node in nodes:
        shown.add_row(
            node["node"],
            node["region"],
            f"{node['cpu_cores']:.2f} of {node['cpu_count']}",
            human_bytes(node["rss_bytes"]),
            human_bytes(node["disk_free_bytes"]),
            human_rate(node["ingest_bps"]),
            human_rate(node["egress_bps"]),
            str(node["streams"]),
            str(node["viewers"]),
        )
    console.print(shown)
    console.print()
    if not streams:
        console.print("Nothing is live. Publish with OBS or: tidegate publish FILE --to NAME")
        return int(failing)
    shown = table("channel", "state", "on air", "arrives", ">viewers", ">peak", "notes")
    for stream in streams:
        arrives = " + ".join(f"{track['codec']} {track['kbps']:.0f} kbit/s" for track in stream["tracks"])
        notes = "; ".join(note["message"] for note in stream["notes"] if note["level"] != "info")
        shown.add_row(
            stream["channel"],
            stream["state"],
            _on_air(stream["publishers"]),
            arrives,
            str(stream["viewers"]),
            str(stream["peak_viewers"]),
            escape(notes),
        )
    console.print(shown)
    return int(failing)


def _on_air(publishers: list[dict[str, Any]]) -> str:
    """Which publisher viewers get, and how the other one stands."""
    shown = [each["publisher"]["role"] for each in publishers if each["place"] == "on air"]
    shown += [
        f"({each['publisher']['role']} {'ready' if each['ready'] else 'not ready'})"
        for each in publishers
        if each["place"] == "standby"
    ]
    return " ".join(shown) or "nobody"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
