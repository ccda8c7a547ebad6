"""`tidegate recording …`: over the API."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import Progress

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import facts, human_bytes, print_json, stderr, stdout, table
from tidegate.core.errors import ConflictError


def list_all(channel: str, data: Path | None, *, as_json: bool) -> None:
    items = ApiClient(data).get(f"/recordings?channel={channel}" if channel else "/recordings")["items"]
    _show_all(items, "No recordings yet. Each broadcast makes one, unless recording.enabled is off.", as_json)


def take_in(data: Path | None, *, as_json: bool) -> None:
    _show_all(
        ApiClient(data).post("/recordings/import")["items"], "Nothing was stored that is not known.", as_json
    )


def show(recording: str, data: Path | None, *, as_json: bool) -> None:
    found = ApiClient(data).get(f"/recordings/{recording}")
    if as_json:
        print_json(found)
        return
    missing = f", {human_time(found['gap_s'])} of it missing" if found["gap_s"] else ""
    facts(
        stdout(),
        ("Recording", found["id"]),
        ("Channel", found["channel"]),
        ("Title", escape(found["title"])),
        ("State", found["state"]),
        ("Began", when(found["started_at"])),
        ("Length", human_time(found["duration_s"]) + missing),
        ("Size", human_bytes(found["bytes"])),
        ("Kept", "yes, whatever retention says" if found["keep"] else "as retention says"),
        ("Watch", found["playback"]["watch"]),
        ("Playlist", found["playback"]["hls"]),
        ("Download", found["playback"]["mp4"]),
    )


def download(recording: str, to: Path | None, data: Path | None) -> None:
    """Save a file under its final name only when it is whole."""
    client = ApiClient(data)
    found = client.get(f"/recordings/{recording}")
    path = to or Path(f"{recording}.mp4")
    partial = path.with_name(path.name + ".part")
    with Progress(console=stdout(), transient=True) as progress, partial.open("wb") as file:
        task = progress.add_task(path.name, total=None)
        for piece, size in client.pieces(f"/download/{found['channel']}/{recording}.mp4"):
            file.write(piece)
            progress.update(task, total=size, advance=len(piece))
    partial.replace(path)
    stdout().print(f"[green]✔[/] {escape(str(path))}, {human_bytes(path.stat().st_size)}")


def clip(
    recording: str,
    begin_s: float,
    end_s: float,
    title: str,
    data: Path | None,
    *,
    exact: bool,
    as_json: bool,
) -> None:
    """Cut a clip and wait until it is there."""
    client = ApiClient(data)
    wanted = {"begin_s": begin_s, "end_s": end_s, "title": title, "exact": "frame" if exact else "gop"}
    made = client.post(f"/recordings/{recording}/clips", wanted)
    with Progress(console=stderr(), transient=True) as progress:
        task = progress.add_task("Cutting", total=1.0)
        while made["state"] == "making":
            time.sleep(0.5)
            made = client.get(f"/recordings/{made['id']}")
            progress.update(task, completed=made["progress"])
    if made["state"] == "failed":
        raise ConflictError(f"The clip could not be cut: {made['reason']}")
    if as_json:
        print_json(made)
        return
    facts(
        stdout(),
        ("Clip", made["id"]),
        ("Length", human_time(made["duration_s"])),
        ("Watch", made["playback"]["watch"]),
        ("Download", made["playback"]["mp4"]),
    )


def keep(recording: str, data: Path | None, *, on: bool) -> None:
    ApiClient(data).patch(f"/recordings/{recording}", {"keep": on})
    stdout().print(
        f"[green]✔[/] Recording {escape(recording)} {'is kept' if on else 'is left to retention'}."
    )


def delete(recording: str, data: Path | None) -> None:
    ApiClient(data).delete(f"/recordings/{recording}")
    stdout().print(f"[green]✔[/] Recording {escape(recording)} is gone.")


def human_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def when(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def _show_all(items: list[dict[str, Any]], empty: str, as_json: bool) -> None:
    if as_json:
        print_json({"items": items})
        return
    if not items:
        stdout().print(empty)
        return
    shown = table("recording", "channel", "began", ">length", ">size", "state", "title")
    for item in items:
        shown.add_row(
            item["id"],
            item["channel"],
            when(item["started_at"]),
            human_time(item["duration_s"]),
            human_bytes(item["bytes"]),
            item["state"] + (" · kept" if item["keep"] else ""),
            escape(item["title"]),
        )
    stdout().print(shown)
