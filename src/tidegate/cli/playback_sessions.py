"""`tidegate session …`: who watches, how they fare, and one viewer's whole story."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import facts, human_rate, print_json, stderr, stdout, table

ID_CHARS = 36
"""Of a session's id, which people copy: it is never cut, whatever else must be."""

_COLOURS = {"rebuffering": "yellow", "failed": "red"}


def list_sessions(data: Path | None, minutes: float, params: dict[str, str], *, as_json: bool) -> int:
    """Print sessions heard of within the last `minutes`, in the order asked for."""
    since = datetime.now(UTC).timestamp() - minutes * 60
    items = ApiClient(data).get("/playback-sessions", {"from": str(since), **params})["items"]
    if as_json:
        print_json({"items": items})
        return 0
    if not items:
        stderr().print("No playback session in that time. Watch a channel, and look again.")
        return 0
    shown = table(
        "session", "channel", "where", "state", ">start-up", ">watched", ">stalled", ">latency", ">bitrate"
    )
    shown.columns[0].min_width = ID_CHARS
    for item in items:
        shown.add_row(
            item["session"],
            item["channel"],
            f"{item['region']}, {item['device']}",
            _state(item),
            _seconds(item["startup_s"], 2),
            _seconds(item["watched_s"], 0),
            f"{item['rebuffers']} × {_seconds(item['rebuffer_s'], 1)}" if item["rebuffers"] else "-",
            _seconds(item["latency_s"], 2),
            human_rate(item["bitrate_bps"]) if item["bitrate_bps"] else "-",
        )
    stdout().print(shown)
    return 0


def show_session(data: Path | None, session: str, *, as_json: bool) -> int:
    """Print one session and what its player reported, in order."""
    story = ApiClient(data).get(f"/playback-sessions/{session}")
    if as_json:
        print_json(story)
        return 0
    item = story["session"]
    facts(
        stdout(),
        ("session", item["session"]),
        ("channel", f"{item['channel']}, broadcast {item['stream'] or 'unknown'}"),
        ("where", f"{item['region']}, node {item['node']}"),
        ("device", f"{item['device']}, {item['player']} {item['player_version']} {item['network']}".rstrip()),
        ("from – to", f"{_time(item['joined_at'])} – {_time(item['last_at'])} UTC"),
        ("state", _state(item)),
        ("start-up", _seconds(item["startup_s"], 2)),
        ("watched", _seconds(item["watched_s"], 1)),
        ("stalled", f"{item['rebuffers']} times, {_seconds(item['rebuffer_s'], 1)}"),
        ("latency", _seconds(item["latency_s"], 2)),
        ("bitrate", human_rate(item["bitrate_bps"]) if item["bitrate_bps"] else "-"),
        ("switches", str(item["switches"])),
        ("last error", escape(item["error"]) or "none"),
    )
    shown = table("time", "event", "state", ">buffer", ">latency", ">bitrate", "")
    for fact in story["facts"]:
        shown.add_row(
            _time(fact["at"]),
            fact["event"],
            fact["state"],
            _seconds(fact["buffer_s"], 1),
            _seconds(fact["latency_s"], 2),
            human_rate(fact["bitrate_bps"]) if fact["bitrate_bps"] else "-",
            _notes(fact),
        )
    stdout().print(shown)
    return 0


def _state(item: dict[str, Any]) -> str:
    if item["exit"]:
        return str(item["exit"])
    colour = _COLOURS.get(item["state"])
    return f"[{colour}]{item['state']}[/]" if colour else str(item["state"])


def _notes(fact: dict[str, Any]) -> str:
    notes = [
        f"first picture after {fact['startup_s']:.2f} s" if fact["startup_s"] is not None else "",
        "stalls" if fact["rebuffers"] else "",
        f"{fact['dropped_frames']} frames dropped" if fact["dropped_frames"] else "",
        escape(fact["error"]),
        f"over: {fact['exit']}" if fact["exit"] else "",
    ]
    return ", ".join(note for note in notes if note)


def _seconds(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f} s"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-5]
