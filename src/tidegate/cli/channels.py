"""`tidegate channel …`: over the API."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import facts, print_json, stdout, table
from tidegate.core.errors import InvalidError

_DURATION = re.compile(r"([0-9]{1,7})([smhd]?)\Z")
_UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def create(name: str, title: str, data: Path | None, *, as_json: bool) -> None:
    made = ApiClient(data).post("/channels", {"name": name, "title": title})
    _show_key(made, as_json=as_json)


def rotate_key(name: str, data: Path | None, *, as_json: bool) -> None:
    made = ApiClient(data).post(f"/channels/{name}/keys")
    _show_key(made, as_json=as_json)


def delete(name: str, data: Path | None) -> None:
    ApiClient(data).delete(f"/channels/{name}")
    stdout().print(f"[green]✔[/] Channel {escape(name)} is gone.")


def list_all(data: Path | None, *, as_json: bool) -> None:
    items = ApiClient(data).get("/channels")["items"]
    if as_json:
        print_json({"items": items})
        return
    if not items:
        stdout().print("No channels yet. Make one: tidegate channel create NAME")
        return
    shown = table("channel", "state", ">viewers", "key", "title")
    for item in items:
        shown.add_row(
            item["name"],
            item["state"],
            str(item["viewers"]),
            f"••••{item['key_hint']}",
            escape(item["title"]),
        )
    stdout().print(shown)


def make_token(
    name: str,
    ttl: str,
    cidr: tuple[str, ...],
    origins: tuple[str, ...],
    viewer: str,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    wish = {"ttl_s": seconds_of(ttl), "cidr": cidr, "origins": origins, "viewer": viewer}
    made = ApiClient(data).post(f"/channels/{name}/tokens", wish)
    if as_json:
        print_json(made)
        return
    until = datetime.fromtimestamp(made["expires_at"], UTC).astimezone()
    facts(
        stdout(),
        ("Watch", made["playback"]["watch"]),
        ("Playlist", made["playback"]["hls"]),
        ("Valid until", f"{until:%Y-%m-%d %H:%M:%S %Z}"),
    )


def seconds_of(text: str) -> int:
    """A duration as people write it, in seconds.

    Raises:
        InvalidError: it is none.
    """
    match = _DURATION.match(text)
    if match is None:
        raise InvalidError(f"--ttl is {text!r}.", hint="Give 90s, 30m, 12h or 7d.")
    return int(match[1]) * _UNITS_S[match[2]]


def pull(name: str, url: str | None, data: Path | None, *, loop: bool, remove: bool, as_json: bool) -> None:
    client = ApiClient(data)
    path = f"/channels/{name}/pull"
    if remove:
        client.delete(path)
        stdout().print(f"[green]✔[/] Nothing is pulled for {escape(name)} any more.")
        return
    view = client.put(path, {"url": url, "loop": loop}) if url else client.get(path)
    if as_json:
        print_json(view)
        return
    if not view["url"]:
        stdout().print(
            f"Nothing is pulled for {escape(name)}. Begin: tidegate channel pull {escape(name)} URL"
        )
        return
    rows = [("Source", escape(view["url"])), ("State", view["state"])]
    if view["reason"]:
        rows.append(("Why", escape(view["reason"])))
    if view["retry_at"]:
        rows.append(("Next try", f"in {max(0, round(view['retry_at'] - time.time()))} s"))
    facts(stdout(), *rows)


def _show_key(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({name: made[name] for name in ("channel", "ingest", "playback")})
        return
    ingest, playback = made["ingest"], made["playback"]
    console = stdout()
    console.print(
        f"[green]✔[/] Channel [bold]{escape(made['channel'])}[/]. The key is shown this once; keep it.\n"
    )
    rows = [
        ("OBS server", ingest["rtmp"]),
        ("Stream key", f"[bold]{ingest['key']}[/]"),
        ("ffmpeg", f"ffmpeg -re -i FILE -c copy -f flv {ingest['rtmp']}/{ingest['key']}"),
        ("over SRT", f"{ingest['srt']}?streamid={ingest['key']}"),
        ("Watch", playback["watch"]),
        ("Playlist", playback["hls"]),
    ]
    if ingest.get("rtmps"):
        rows.insert(1, ("over TLS", ingest["rtmps"]))
    facts(console, *rows)
