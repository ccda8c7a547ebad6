"""`tidegate publish FILE`: finds or makes the channel, then sends the file in real time."""

import asyncio
from pathlib import Path

import uvloop
from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import human_rate, stderr, stdout
from tidegate.core.clock import SystemClock
from tidegate.core.errors import ConflictError, InvalidError
from tidegate.media.publish.service import publish_file as publish
from tidegate.media.publish.types import PublishStatus

DEFAULT_RTMP = "rtmp://127.0.0.1:1935/live"
"""Where `tidegate up` listens by default."""


def publish_file(
    file: Path, *, channel: str | None, key: str | None, rtmp: str | None, loop: bool, data: Path | None
) -> int:
    """Publish until the file ends or Ctrl-C. Returns the exit code."""
    if not key:
        rtmp, key = _new_channel(channel, data)
    elif rtmp is None:
        rtmp = ApiClient(data).get(f"/streams/{channel}")["ingest"]["rtmp"] if channel else DEFAULT_RTMP
    url = f"{rtmp.rstrip('/')}/{key}"
    try:
        with stderr().status("connecting …") as shown:

            def tell(status: PublishStatus) -> None:
                shown.update(_line(status))

            uvloop.run(publish(file, url, SystemClock(), loop=loop, on_progress=tell))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    stdout().print(f"[green]✔[/] {escape(file.name)} is over.")
    return 0


def _new_channel(name: str | None, data: Path | None) -> tuple[str, str]:
    """Make the channel and return its ingest address and key."""
    if name is None:
        raise InvalidError(
            "Where to?", hint="Give --to CHANNEL for a new channel, or --key KEY of one there is."
        )
    client = ApiClient(data)
    try:
        made = client.post("/channels", {"name": name, "title": ""})
    except ConflictError:
        raise InvalidError(
            f"Channel {name} exists; publishing to it needs its stream key.",
            hint=f"Give --key, or make a new one: tidegate channel rotate-key {name}",
        ) from None
    console = stdout()
    console.print(f"[green]✔[/] Made channel [bold]{escape(name)}[/]. Watch: {made['playback']['watch']}")
    console.print(f"  Stream key, shown this once: {made['ingest']['key']}")
    return made["ingest"]["rtmp"], made["ingest"]["key"]


def _line(status: PublishStatus) -> str:
    if status.state == "waiting":
        return f"reconnecting: {escape(status.last_error)}"
    return (
        f"{status.state} · {status.position_s:.0f} s · {status.fps:.0f} fps · {human_rate(status.bitrate_bps)}"
        f" · {status.speed:.2f}×"
    )
