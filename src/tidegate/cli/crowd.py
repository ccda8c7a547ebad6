"""`tidegate crowd` and `tidegate load`: many headless players, shown while they play."""

from pathlib import Path

import msgspec
import uvloop
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape

from tidegate.cli.play import played, playlist
from tidegate.cli.terminal import facts, human_bytes, human_rate, print_json, stderr, stdout, table
from tidegate.core.clock import SystemClock
from tidegate.core.errors import InvalidError
from tidegate.media.crowd.arrivals import Arrivals, Pattern
from tidegate.media.crowd.mix import parse_mix
from tidegate.media.crowd.networks import Trace
from tidegate.media.crowd.plan import DEVICE_MIX, NETWORK_MIX, REGION_MIX, CrowdPlan, Target, parse_regions
from tidegate.media.crowd.service import crowd, load
from tidegate.media.crowd.trace_files import BYTES_MAX, parse_trace
from tidegate.media.crowd.types import CrowdReport, CrowdState, Slice

REFRESHES_PER_S = 4


class CrowdWords(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    targets: tuple[str, ...]
    viewers: int
    seconds: float
    arrivals: Pattern
    stay: float
    networks: str | None
    devices: str | None
    regions: str | None
    traces: tuple[str, ...]
    seed: int
    anywhere: bool


def crowd_many(words: CrowdWords, data: Path | None, *, as_json: bool) -> int:
    """Let a crowd watch. Returns 0 if anybody saw a picture."""
    report = _shown(_plan(words, data), quiet=as_json)
    if as_json:
        print_json(report)
    else:
        _say(report)
    return 0 if report.whole.played else 1


def load_many(
    url: str, viewers: int, seconds: float, ramp: float, data: Path | None, *, as_json: bool
) -> int:
    """Play with many players. Returns 0 if all of them played."""
    address = playlist(url, data)
    report = played(
        lambda tell: load(
            address, viewers=viewers, seconds=seconds, ramp_s=ramp, clock=SystemClock(),
            on_progress=tell,
        ),
        quiet=as_json,
    )  # fmt: skip
    print_json(report)
    return 0 if report.errors == 0 else 1


def _plan(words: CrowdWords, data: Path | None) -> CrowdPlan:
    traces = dict(_trace(each) for each in words.traces)
    networks = words.networks or ",".join(traces) or NETWORK_MIX
    return CrowdPlan(
        tuple(_target(each, data) for each in words.targets),
        Arrivals(words.arrivals, words.viewers, words.seconds, words.stay),
        networks=parse_mix(networks, "networks"),
        devices=parse_mix(words.devices or DEVICE_MIX, "devices"),
        regions=parse_regions(words.regions or REGION_MIX),
        traces=traces,
        seed=words.seed,
        loopback_only=not words.anywhere,
    )


def _target(words: str, data: Path | None) -> Target:
    """`CHANNEL` or an address, with `=WEIGHT` behind a channel's name."""
    if "://" in words:
        return Target(words)
    share = parse_mix(words.replace("=", ":"), "channels")[0]
    return Target(playlist(share.name, data), share.weight)


def _trace(words: str) -> tuple[str, Trace]:
    name, equals, path = words.partition("=")
    file = Path(path if equals else name)
    name = name if equals else file.stem
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return name, parse_trace(text.read(BYTES_MAX + 1), file.name)
    except OSError as error:
        raise InvalidError(
            f"Cannot read {file}: {error.strerror}.", hint="Give a file: --trace home=measured.log"
        ) from None


def _shown(plan: CrowdPlan, *, quiet: bool) -> CrowdReport:
    clock = SystemClock()
    if quiet:
        return uvloop.run(crowd(plan, clock))
    with Live(
        "the crowd gathers …", console=stderr(), refresh_per_second=REFRESHES_PER_S, transient=True
    ) as live:
        return uvloop.run(crowd(plan, clock, lambda state: live.update(_picture(state, plan))))


def _picture(state: CrowdState, plan: CrowdPlan) -> RenderableType:
    """One row a region."""
    rows = table(
        "region", ">viewers", ">playing", ">stalled", ">bitrate", ">behind live", ">rebuffers", ">switches"
    )
    for region in state.regions:
        stalled = f"[red]{region.stalled}[/]" if region.stalled else "0"
        rows.add_row(
            escape(region.region), str(region.viewers), f"[green]{region.playing}[/]", stalled,
            human_rate(region.bitrate_bps), f"{region.latency_s:.2f} s", str(region.rebuffers), str(region.switches),
        )  # fmt: skip
    left_s = max(0.0, plan.arrivals.seconds - state.at_s)
    channels = ", ".join(f"{escape(name)} {count}" for name, count in sorted(state.channels.items()))
    return Group(
        f"[bold]{state.viewers}[/] of {plan.arrivals.viewers} viewers, {plan.arrivals.pattern} · "
        f"{human_rate(state.egress_bps)} · {left_s:.0f} s left · {channels}",
        rows,
    )


def _say(report: CrowdReport) -> None:
    console, whole = stdout(), report.whole
    facts(
        console,
        ("visits", f"{whole.visits}, {whole.played} saw a picture, {report.most} at once at the most"),
        ("startup p50 / p95", f"{whole.startup_s.p50:.2f} / {whole.startup_s.p95:.2f} s"),
        ("latency p50 / p95", f"{whole.latency_s.p50:.2f} / {whole.latency_s.p95:.2f} s"),
        ("rebuffering", f"{whole.rebuffer_ratio:.2%} of the time, {whole.rebuffers} times"),
        ("received", f"{human_bytes(report.bytes)}, {human_rate(report.egress_bps)}"),
        (
            "cost",
            f"{report.cpu_cores:.2f} cores here, {report.cpu_us_per_viewer_s:.0f} µs a viewer and second",
        ),
        ("seed", f"{report.seed} makes the same viewers come again"),
    )
    for what, slices in (
        ("region", report.by_region), ("network", report.by_network),
        ("device", report.by_device), ("channel", report.by_channel),
    ):  # fmt: skip
        if len(slices) > 1:
            _say_slices(what, slices)
    for words, count in report.error_kinds.items():
        console.print(f"[yellow]{count} ×[/] {escape(words)}")


def _say_slices(what: str, slices: dict[str, Slice]) -> None:
    rows = table(what, ">visits", ">startup p50", ">latency p50", ">rebuffering", ">received", ">switches")
    for name, each in slices.items():
        rows.add_row(
            escape(name), str(each.visits), f"{each.startup_s.p50:.2f} s", f"{each.latency_s.p50:.2f} s",
            f"{each.rebuffer_ratio:.2%}", human_rate(each.received_bps), str(each.switches),
        )  # fmt: skip
    stdout().print()
    stdout().print(rows)
