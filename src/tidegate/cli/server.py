"""`tidegate up`, `demo` and `edge run`: start, say where things are, wait for Ctrl-C, stop in order."""

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from tidegate import __version__
from tidegate.app.config import load_config, parse_address
from tidegate.cli.terminal import facts, say_step, stdout
from tidegate.core.errors import InvalidError

if TYPE_CHECKING:
    from tidegate.app.demo import Demo
    from tidegate.app.platform import Platform


class Stop:
    """Set by SIGINT or SIGTERM; a second one ends the process at once."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask)

    def _ask(self) -> None:
        if self._asked.is_set():
            raise SystemExit(1)
        self._asked.set()

    async def wait(self) -> None:
        await self._asked.wait()

    async def before(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do `work` unless stopped first. Returns whether it was done; what it raises is raised here."""
        doing = asyncio.ensure_future(work)
        waiting = asyncio.ensure_future(self.wait())
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if doing.done():
            await doing
            return True
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        return False


def run_up(overrides: Mapping[str, object], file: Path | None) -> int:
    """Run the platform until SIGINT or SIGTERM. Returns the exit code."""
    _load_quickly()
    from tidegate.app.platform import Platform

    config = load_config(overrides, file=file)

    async def serve() -> int:
        stop = Stop()
        platform = Platform(config, say_step)
        try:
            if await stop.before(platform.start()):
                _say_where(platform)
                await stop.wait()
        finally:
            await platform.stop()
        return 0

    return uvloop.run(serve())


def run_demo(overrides: Mapping[str, object], viewers: int) -> int:
    """Run the platform with test pictures and so many synthetic viewers until SIGINT or SIGTERM. Returns the exit code:
    1 if it did not play.
    """
    _load_quickly()
    from tidegate.app.demo import Demo

    config = load_config(overrides)

    async def serve() -> int:
        stop = Stop()
        demo = Demo(config, say_step, viewers=viewers)
        try:
            if await stop.before(demo.start()):
                _say_where(demo.platform, demo)
                await stop.wait()
        finally:
            await demo.stop()
        return 0

    return uvloop.run(serve())


def run_edge(origin: str, http: str, token_file: Path | None, node: str, region: str) -> int:
    """Run one edge before a remote origin until SIGINT or SIGTERM. Returns the exit code."""
    _load_quickly()
    from tidegate.app.edge import RemoteEdge
    from tidegate.app.logs import configure_terminal_logs

    address = parse_address("http", http)
    token = _token_in(token_file) if token_file else ""

    async def serve() -> int:
        stop = Stop()
        edge = RemoteEdge(origin, address, token=token, node=node, region=region)
        configure_terminal_logs("info", edge.book, edge.logs)
        try:
            if await stop.before(edge.start()):
                stdout().print(
                    f"[green]✔[/] Edge of {_escape(origin)} at http://{edge.address}/live/… · Ctrl-C stops it"
                )
                await stop.wait()
        finally:
            await edge.stop()
        return 0

    return uvloop.run(serve())


def _token_in(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidError(
            f"{path} holds no edge token.",
            hint="Copy edge-token from the data folder of the server this edge pulls from.",
        ) from None


def _load_quickly() -> None:
    """Before the first import of what serves: how long a kill of this process keeps viewers waiting is decided here.

    Importing makes many objects that stay, which the cycle collector looks at again and again; the platform turns it on
    when it serves. structlog loads rich's tracebacks, unasked, if it finds them: more than all its own loading, for a
    format that is not used (`app/logs.py`).
    """
    gc.disable()
    found = sys.modules.get("rich")
    sys.modules["rich"] = None  # type: ignore[assignment]  # makes `import rich` fail
    try:
        import structlog  # noqa: F401
    finally:
        del sys.modules["rich"]
        if found is not None:
            sys.modules["rich"] = found


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _say_where(platform: "Platform", demo: "Demo | None" = None) -> None:
    console = stdout()
    console.print(f"\n[bold]Tidegate {__version__}[/] is up.\n")
    if demo is None:
        facts(console, *_addresses(platform, ""), ("Stream keys", "tidegate channel create NAME prints one"))
    else:
        url, rtmp = platform.addresses.http_url, platform.addresses.rtmp_url
        facts(
            console,
            ("Watch", f"[bold]{url}/watch/{demo.channel}[/]"),
            ("Playlist", f"{url}/live/{demo.channel}/index.m3u8"),
            *_addresses(platform, f"#token={platform.admin_token}"),
        )
        console.print("\nPublish your own and see it at the second address:\n")
        facts(
            console,
            ("OBS", f"Settings → Stream → Custom · Server {rtmp} · Stream Key {demo.own_key}"),
            ("ffmpeg", f"ffmpeg -re -i FILE -c copy -f flv {rtmp}/{demo.own_key}"),
            ("over SRT", f"{platform.addresses.srt_url}?streamid={demo.own_key}"),
            ("Watch", f"{url}/watch/{demo.own_channel}"),
        )
    console.print("\n[dim]Ctrl-C stops it.[/]")


def _addresses(platform: "Platform", fragment: str) -> list[tuple[str, str]]:
    """What every running platform tells; `fragment` signs the browser in."""
    url = platform.addresses.http_url
    rows = [
        ("Studio", f"{url}/studio{fragment}"),
        ("Console", f"{url}/console{fragment}"),
        ("API docs", f"{url}/docs"),
        ("Publish to", platform.addresses.rtmp_url),
    ]
    rows.append(("or over SRT", f"{platform.addresses.srt_url}?streamid=KEY"))
    if platform.addresses.rtmps_url:
        rows.append(("over TLS", platform.addresses.rtmps_url))
    return [*rows, ("Admin token", f"in {_escape(str(platform.data / 'admin-token'))}")]
