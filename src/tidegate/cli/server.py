"""`tidegate up`, `demo` and `edge run`: start, say where things are, wait for Ctrl-C, stop in order."""

import asyncio
import signal
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import uvloop
from rich.markup import escape

from tidegate import __version__
from tidegate.app.config import load_config, parse_address
from tidegate.app.demo import Demo
from tidegate.app.edge import RemoteEdge
from tidegate.app.platform import Platform
from tidegate.cli.terminal import stdout, table


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

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

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
    config = load_config(overrides, file=file)

    async def serve() -> int:
        stop = Stop()
        platform = Platform(config, _say_step)
        try:
            if await stop.before(platform.start()):
                _say_where(platform)
                await stop.wait()
        finally:
            await platform.stop()
        return 0

    return uvloop.run(serve())


def run_demo(overrides: Mapping[str, object]) -> int:
    """Run the platform with a test picture until SIGINT or SIGTERM. Returns the exit code: 1 if it did not play."""
    config = load_config(overrides)

    async def serve() -> int:
        stop = Stop()
        demo = Demo(config, _say_step)
        try:
            if await stop.before(demo.start()):
                _say_where(demo.platform, demo)
                await stop.wait()
        finally:
            await demo.stop()
        return 0

    return uvloop.run(serve())


def run_edge(origin: str, http: str) -> int:
    """Run one edge before a remote origin until SIGINT or SIGTERM. Returns the exit code."""
    address = parse_address("http", http)

    async def serve() -> int:
        stop = Stop()
        edge = RemoteEdge(origin, address)
        try:
            if await stop.before(edge.start()):
                stdout().print(
                    f"[green]✔[/] Edge of {escape(origin)} at http://{edge.address}/live/… · Ctrl-C stops it"
                )
                await stop.wait()
        finally:
            await edge.stop()
        return 0

    return uvloop.run(serve())


def _say_step(name: str, seconds: float) -> None:
    stdout().print(f"[green]✔[/] {escape(name)} [dim]{seconds:.2f} s[/]")


def _say_where(platform: Platform, demo: Demo | None = None) -> None:
    console = stdout()
    url = platform.addresses.http_url
    shown = table("", "")
    shown.show_header = False
    if demo is not None:
        shown.add_row("Watch", f"[bold]{url}/watch/{demo.channel}[/]")
        shown.add_row("Playlist", f"{url}/live/{demo.channel}/index.m3u8")
    token = platform.admin_token
    shown.add_row("Studio", f"{url}/studio#token={token}" if demo else f"{url}/studio")
    shown.add_row("Console", f"{url}/console#token={token}" if demo else f"{url}/console")
    shown.add_row("API docs", f"{url}/docs")
    shown.add_row("Publish to", platform.addresses.rtmp_url)
    if platform.addresses.rtmps_url:
        shown.add_row("over TLS", platform.addresses.rtmps_url)
    if demo is not None:
        shown.add_row("", "")
        shown.add_row("Your channel", f"{url}/watch/{demo.own_channel}")
        shown.add_row("OBS", f"Settings → Stream → Custom · Server {platform.addresses.rtmp_url}")
        shown.add_row("", f"Stream Key {demo.own_key}")
        shown.add_row(
            "ffmpeg", f"ffmpeg -re -i FILE -c copy -f flv {platform.addresses.rtmp_url}/{demo.own_key}"
        )
    else:
        shown.add_row(
            "Stream keys", "tidegate channel create NAME prints one; tidegate channel list shows the channels"
        )
    shown.add_row("Admin token", str(platform.data / "admin-token"))
    console.print(f"\n[bold]Tidegate {__version__}[/] is up.\n")
    console.print(shown)
    console.print("\n[dim]Ctrl-C stops it.[/]")
