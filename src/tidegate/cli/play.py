"""`tidegate watch` and `tidegate load`: the headless player, with progress for people."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import uvloop

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import facts, human_bytes, print_json, stderr, stdout
from tidegate.core.clock import SystemClock
from tidegate.core.ids import channel_name
from tidegate.media.player.service import load, watch

Report = TypeVar("Report")


def watch_once(url: str, seconds: float, data: Path | None, *, as_json: bool) -> int:
    """Play for `seconds`. Returns 0 if a picture played, else 1."""
    address = _playlist(url, data)
    report = _played(
        lambda tell: watch(address, seconds=seconds, clock=SystemClock(), on_progress=tell), quiet=as_json
    )
    if as_json:
        print_json(report)
    else:
        latency = report.latency_s
        facts(
            stdout(),
            ("startup", f"{report.startup_s:.2f} s"),
            ("latency p50 / p95", f"{latency.p50:.2f} / {latency.p95:.2f} s"),
            ("rebuffers", f"{report.rebuffers} ({report.rebuffer_s:.1f} s)"),
            ("parts", f"{report.parts}, {report.gaps} gaps, {report.discontinuities} discontinuities"),
            ("received", human_bytes(report.bytes)),
        )
    return 0 if report.parts else 1


def load_many(
    url: str, viewers: int, seconds: float, ramp: float, data: Path | None, *, as_json: bool
) -> int:
    """Play with many players. Returns 0 if all of them played."""
    address = _playlist(url, data)
    report = _played(
        lambda tell: load(
            address, viewers=viewers, seconds=seconds, ramp_s=ramp, clock=SystemClock(), on_progress=tell
        ),
        quiet=as_json,
    )
    print_json(report)
    return 0 if report.errors == 0 else 1


def _playlist(url: str, data: Path | None) -> str:
    """An address as it is; a channel's name as the playlist on this server."""
    if "://" in url:
        return url
    return f"{ApiClient(data).url}/live/{channel_name(url)}/index.m3u8"


def _played(run: Callable[[Callable[[str], None]], Coroutine[None, None, Report]], *, quiet: bool) -> Report:
    if quiet:
        return uvloop.run(run(lambda _: None))
    with stderr().status("connecting …") as shown:
        return uvloop.run(run(shown.update))
