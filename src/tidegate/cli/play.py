"""`tidegate watch`: the headless player, with progress for people."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import msgspec
import uvloop

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import facts, human_bytes, print_json, stderr, stdout
from tidegate.core.clock import SystemClock
from tidegate.core.ids import channel_name
from tidegate.media.player.service import watch
from tidegate.media.player.types import WatchReport
from tidegate.media.verify.service import Verifier
from tidegate.media.verify.types import FrameReport

Report = TypeVar("Report")

FAULTS_SHOWN = 10
"""Runs of frames printed for people; `--json` tells more of them."""


def watch_once(url: str, seconds: float, data: Path | None, *, verify: bool, as_json: bool) -> int:
    """Play for `seconds`. Returns 0 if a picture played and, where frames are verified, they are continuous."""
    address = playlist(url, data)
    if verify:
        report, frames = played(lambda tell: _verified(address, seconds, tell), quiet=as_json)
    else:
        report, frames = played(lambda tell: _watched(address, seconds, tell), quiet=as_json)
    if as_json:
        print_json(msgspec.structs.asdict(report) | ({"frames": frames} if frames is not None else {}))
    else:
        latency = report.latency_s
        facts(
            stdout(),
            ("startup", f"{report.startup_s:.2f} s"),
            ("latency p50 / p95", f"{latency.p50:.2f} / {latency.p95:.2f} s"),
            ("rebuffers", f"{report.rebuffers} ({report.rebuffer_s:.1f} s)"),
            ("parts", f"{report.parts}, {report.gaps} gaps, {report.discontinuities} discontinuities"),
            ("received", human_bytes(report.bytes)),
            *(_frame_facts(frames) if frames is not None else ()),
        )
    return 0 if report.parts and (frames is None or frames.continuous) else 1


async def _watched(
    address: str, seconds: float, tell: Callable[[str], None]
) -> tuple[WatchReport, FrameReport | None]:
    return await watch(address, seconds=seconds, clock=SystemClock(), on_progress=tell), None


async def _verified(
    address: str, seconds: float, tell: Callable[[str], None]
) -> tuple[WatchReport, FrameReport | None]:
    async with Verifier() as verifier:
        report = await watch(
            address, seconds=seconds, clock=SystemClock(), on_progress=tell, witness=verifier
        )
        tell("decoding what is left …")
        return report, await verifier.report()


def _frame_facts(frames: FrameReport) -> list[tuple[str, str]]:
    """The verdict on frames, for people."""
    verdict = "[green]continuous[/]" if frames.continuous else "[red]not continuous[/]"
    if frames.frames == frames.unreadable:
        verdict = "[red]no frame carries the test card's strip[/]"
    rows = [
        ("frames", f"{frames.frames} seen, {frames.unreadable} without a number: {verdict}"),
        ("missing", _of(frames.missing, frames.unexplained_missing)),
        ("repeated", _of(frames.repeated, frames.unexplained_repeated)),
        ("reordered", _of(frames.reordered, frames.unexplained_reordered)),
    ]
    rows += [
        (
            f"{fault.kind}",
            f"{fault.count} from {fault.frame} on, before segment {fault.segment}"
            + (f" part {fault.part}" if fault.part >= 0 else "")
            + (
                f", explained by a {fault.explained}" if fault.explained else ", [red]explained by nothing[/]"
            ),
        )
        for fault in frames.faults[:FAULTS_SHOWN]
    ]
    return rows


def _of(count: int, unexplained: int) -> str:
    return f"{count}, {unexplained} of them unexplained" if count else "none"


def playlist(url: str, data: Path | None) -> str:
    """An address as it is; a channel's name as the playlist on this server."""
    if "://" in url:
        return url
    return f"{ApiClient(data).url}/live/{channel_name(url)}/index.m3u8"


def played(run: Callable[[Callable[[str], None]], Coroutine[None, None, Report]], *, quiet: bool) -> Report:
    """What `run` reports; the lines it tells meanwhile are shown unless `quiet`."""
    if quiet:
        return uvloop.run(run(lambda _: None))
    with stderr().status("connecting …") as shown:
        return uvloop.run(run(shown.update))
