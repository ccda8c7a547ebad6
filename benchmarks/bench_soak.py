"""Whether anything grows, and what viewers notice of faults: publishers, ladders and viewers for minutes.

How to read it: the slope of the server's resident memory, by linear regression over the second half (the first fills windows and
caches, and has the kills of the whole platform), must be flat: below half a per cent of the level per minute. Of the server's
process alone, and of it with its transcoders. With `--fault-every`, every gap that a viewer reports is laid at the door of a
fault of its channel, where one of that kind may cost it; the others are unexplained, and there must be none. A gap is media
that was announced and never came, a discontinuity, a break of decode times (one viewer of each audience looks), or a jump.

    python benchmarks/bench_soak.py --minutes 10 --streams 4 --viewers 20
    python benchmarks/bench_soak.py --minutes 30 --streams 20 --ladders 2 --viewers 10 --fault-every 60
"""

import argparse
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import faults
from crowd import RAMP_S, Audience, Crowd
from faults import Row, Trouble
from injury import Injury
from measure import Shares, disk_bytes, report, rss_bytes, say, slope, verdict
from stage import FILE_S, Pushers, Tidegate, bench_file, until

SLOPE_LIMIT_SHARE = 0.005
"""Growth per minute, as a share of the level."""

DISK_LIMIT_SHARE = 1.25
"""Of the bytes of media that were published: recordings keep each once, with an index and what was being written."""

SAMPLE_S = 2.0
DISK_EVERY_S = 30.0
TICK_S = 0.1
RUNGS = "240p@200 144p@100"
PLAIN_KBPS, LADDER_KBPS = 250, 600
RUNG_PATH = "144p/index.m3u8"
CROWDS = 2
"""Processes that the viewers share, so that none of them is the bottleneck."""

LIMITS = {
    "edge.connections_per_address_max": 100_000,
    "edge.opens_per_address_per_s": 100_000.0,
    "edge.requests_per_address_per_s": 1_000_000.0,
}
"""All viewers come from one address here."""


@dataclass
class Asked:
    minutes: float
    streams: int
    viewers: int
    ladders: int
    fault_every_s: float
    seed: int

    @property
    def seconds(self) -> float:
        return self.minutes * 60


@dataclass
class Memory:
    """A series, and the line through its second half."""

    samples_mb: list[tuple[float, float]] = field(default_factory=list)
    """Minutes, MB."""
    start_mb: float = 0.0
    end_mb: float = 0.0
    slope_mb_per_minute: float = 0.0

    def add(self, minutes: float, size: float) -> None:
        self.samples_mb.append((round(minutes, 3), round(size / 1e6, 2)))

    def judge(self) -> None:
        steady = self.samples_mb[len(self.samples_mb) // 2 :]
        self.start_mb, self.end_mb = steady[0][1], steady[-1][1]
        self.slope_mb_per_minute = slope(steady)

    def rows(self, name: str) -> list[list[str]]:
        limit = self.end_mb * SLOPE_LIMIT_SHARE
        return [
            [f"{name}: RSS at half time · at the end", f"{self.start_mb:.1f} · {self.end_mb:.1f} MB", ""],
            [f"{name}: slope over the second half", f"{self.slope_mb_per_minute:+.3f} MB/min",
             verdict(max(0.0, self.slope_mb_per_minute), limit)],
        ]  # fmt: skip


@dataclass
class Result:
    asked: Asked
    server: Memory = field(default_factory=Memory)
    tree: Memory = field(default_factory=Memory)
    disk_mb: list[tuple[float, float]] = field(default_factory=list)
    published_mb: float = 0.0
    cores: dict[str, float] = field(default_factory=dict)
    faults: list[Row] = field(default_factory=list)
    strange: list[Trouble] = field(default_factory=list)
    error_words: dict[str, int] = field(default_factory=dict)
    strange_ends: list[tuple[float, int]] = field(default_factory=list)
    viewers: int = 0
    viewers_playing: int = 0
    rebuffers: int = 0
    latency_p95_s: float = 0.0
    reports: list[dict[str, Any]] = field(default_factory=list)


def audiences(server: Tidegate, asked: Asked) -> list[Audience]:
    """One viewer of each address looks closely; of a ladder's channel, half watch its lowest rung."""
    found = []
    for channel in range(asked.streams if asked.viewers else 0):
        on_rung = asked.viewers // 2 if channel < asked.ladders else 0
        rung_url = server.playlist_url(channel).replace("index.m3u8", RUNG_PATH)
        for name, url, viewers in (
            ("channel", server.playlist_url(channel), asked.viewers - on_rung), ("rung", rung_url, on_rung)
        ):  # fmt: skip
            found += [
                Audience(channel, name, url, count, check)
                for count, check in ((min(viewers, 1), True), (viewers - 1, False))
                if count > 0
            ]
    return found


def switch_ladders_on(server: Tidegate, count: int) -> None:
    server.set("ladder.rungs", RUNGS)
    server.set("ladder.preset", "ultrafast")
    for channel in range(count):
        server.publish_url(channel)
        server.set("ladder.enabled", value=True, channel=channel)


def ladders_run(server: Tidegate, count: int) -> bool:
    return all(
        server.api("GET", f"/streams/bench-{channel}")["ladder"]["state"] == "running"
        for channel in range(count)
    )


def files(asked: Asked) -> list[Path]:
    """Small ones where faults are the question: all this has to fit beside the server on one machine."""
    if not asked.fault_every_s and not asked.ladders:
        return [bench_file()] * asked.streams
    plain = bench_file(kbps=PLAIN_KBPS, size=(320, 180))
    rich = bench_file(kbps=LADDER_KBPS, size=(640, 360))
    return [rich if channel < asked.ladders else plain for channel in range(asked.streams)]


def published_bytes(paths: Sequence[Path], asked: Asked, seconds: float) -> float:
    """What was published and made of it, from the files' own rates."""
    rungs_kbps = sum(int(word.partition("@")[2]) for word in RUNGS.split())
    return (
        sum(path.stat().st_size / FILE_S for path in paths) * seconds
        + asked.ladders * rungs_kbps * 125 * seconds
    )


def soak(asked: Asked) -> Result:
    result = Result(asked)
    paths = files(asked)
    with ExitStack() as stack:
        server = stack.enter_context(Tidegate())
        for name, value in LIMITS.items():
            server.set(name, value)
        if asked.ladders:
            switch_ladders_on(server, asked.ladders)
        published_from_s = time.monotonic()
        pushers = stack.enter_context(Pushers(server, asked.streams, paths))
        until("every ladder to run", lambda: ladders_run(server, asked.ladders))
        watched = audiences(server, asked)
        crowds = [
            stack.enter_context(Crowd(part, asked.seconds - RAMP_S, server.folder / f"crowd-{number}.jsonl"))
            for number in range(CROWDS)
            if (part := [each for each in watched if each.channel % CROWDS == number])
        ]
        injury = Injury(server, pushers, asked.ladders, schedule(asked))
        watch_over(server, pushers, crowds, injury, result)
        result.published_mb = published_bytes(paths, asked, time.monotonic() - published_from_s) / 1e6
        told = [crowd.result() for crowd in crowds]
    summarize(
        result, injury, [t for found, _ in told for t in found], [r for _, found in told for r in found]
    )
    return result


def schedule(asked: Asked) -> list[faults.Fault]:
    if not asked.fault_every_s:
        return []
    return faults.plan(asked.seed, asked.seconds, asked.fault_every_s, asked.streams, asked.ladders)


def watch_over(
    server: Tidegate, pushers: Pushers, crowds: Sequence[Crowd], injury: Injury, result: Result
) -> None:
    """The run itself: faults when they are due, samples in between."""
    shares = Shares()
    next_sample_s = next_disk_s = 0.0
    while (at_s := time.monotonic() - injury.began_s) < result.asked.seconds:
        injury.tend()
        server.check()
        if at_s >= next_sample_s:
            next_sample_s += SAMPLE_S
            sample(server, pushers, crowds, shares, result, at_s / 60)
        if at_s >= next_disk_s:
            next_disk_s += DISK_EVERY_S
            result.disk_mb.append((round(at_s / 60, 2), round(disk_bytes(server.folder / "data") / 1e6, 1)))
            say(f"{at_s:5.0f} s  {result.server.samples_mb[-1][1]:7.1f} MB, with all its processes "
                f"{result.tree.samples_mb[-1][1]:.1f} MB, {result.disk_mb[-1][1]:.0f} MB of disk")  # fmt: skip
        time.sleep(TICK_S)
    result.disk_mb.append((result.asked.minutes, round(disk_bytes(server.folder / "data") / 1e6, 1)))
    result.cores = shares.cores()


def sample(
    server: Tidegate,
    pushers: Pushers,
    crowds: Sequence[Crowd],
    shares: Shares,
    result: Result,
    minutes: float,
) -> None:
    assert server.process is not None
    main = server.process.pid
    pids = server.tree.pids()
    result.server.add(minutes, rss_bytes(main))
    result.tree.add(minutes, sum(rss_bytes(pid) for pid in pids))
    shares.sample({
        "server": [main],
        "its children": [pid for pid in pids if pid != main],
        "pushers": [pusher.pid for pusher in pushers.running],
        "viewers": [crowd.process.pid for crowd in crowds],
        "this script": [os.getpid()],
    })  # fmt: skip


def summarize(
    result: Result, injury: Injury, troubles: Sequence[Trouble], reports: Sequence[dict[str, Any]]
) -> None:
    result.server.judge()
    result.tree.judge()
    result.faults, strange = faults.attribute(injury.done, troubles)
    # times in the report are seconds from the beginning
    result.strange = [Trouble(**{**asdict(t), "at_s": round(t.at_s - injury.began_s, 2)}) for t in strange]
    result.strange_ends = injury.strange_ends
    result.reports = list(reports)
    for trouble in troubles:
        if trouble.sort == "error":
            result.error_words[trouble.words] = result.error_words.get(trouble.words, 0) + trouble.count
    said = [each["report"] for each in reports]
    result.viewers = sum(each["viewers"] for each in said)
    result.viewers_playing = sum(each["playing"] for each in said)
    result.rebuffers = sum(each["rebuffers"] for each in said)
    result.latency_p95_s = max((each["latency_s"]["p95"] for each in said), default=0.0)


def fault_rows(result: Result) -> list[list[str]]:
    return [
        [row.name, str(row.count or "–"), f"{row.worst_stall_s:.2f}", str(row.stalls), str(row.errors),
         str(row.explained), f"{row.unexplained} {'✔' if not row.unexplained else '✘'}",
         " · ".join(f"{count} {sort}" for sort, count in sorted(row.sorts.items()) if sort in faults.GAPS)]
        for row in result.faults
    ]  # fmt: skip


def machine_rows(result: Result) -> list[list[str]]:
    whole = float(os.cpu_count() or 1)
    cores = [[f"CPU of {name}", f"{used:.3f} cores", f"{used / whole:.1%} of the machine"]
             for name, used in result.cores.items()]  # fmt: skip
    disk_mb = result.disk_mb[-1][1]
    unexplained = sum(row.unexplained for row in result.faults)
    return [
        *result.server.rows("server"),
        *(result.tree.rows("with its children") if result.asked.ladders else []),
        *cores,
        ["disk used", f"{disk_mb:.0f} MB of {result.published_mb:.0f} MB published",
         verdict(disk_mb, result.published_mb * DISK_LIMIT_SHARE)],
        ["unexplained gaps", str(unexplained), "✔" if not unexplained else "✘"],
        ["pushers that ended without a fault", str(len(result.strange_ends)), "✔" if not result.strange_ends else "✘"],
        ["viewers still playing", f"{result.viewers_playing} of {result.viewers}",
         "✔" if result.viewers_playing == result.viewers else "✘"],
        ["rebuffers", str(result.rebuffers), ""],
        ["latency p95, worst audience", f"{result.latency_p95_s:.3f} s", ""],
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="of watching (default 10)")
    parser.add_argument(
        "--streams", type=int, default=4, help="publishers, each of a channel of its own (default 4)"
    )
    parser.add_argument("--viewers", type=int, default=10, help="of each stream (default 10)")
    parser.add_argument(
        "--ladders", type=int, default=0, help="of the streams, how many get a ladder (default 0)"
    )
    parser.add_argument(
        "--fault-every", type=float, default=0.0, metavar="SECONDS", help="default: no faults"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the faults' order")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.ladders > given.streams:
        parser.error("--ladders cannot be more than --streams")
    asked = Asked(given.minutes, given.streams, given.viewers, given.ladders, given.fault_every, given.seed)
    result = soak(asked)
    title = f"Soak: {asked.minutes:g} minutes, {asked.streams} publishers, {asked.ladders} ladders, {asked.viewers} viewers each"
    for trouble in result.strange[:20]:
        say(f"unexplained: {trouble}")
    for words, count in sorted(result.error_words.items(), key=lambda each: -each[1])[:10]:
        say(f"{count} × {words}")
    if not given.json:
        headers = [
            "fault",
            "count",
            "worst stall s",
            "stalls",
            "errors",
            "gaps explained",
            "unexplained",
            "which",
        ]
        report("What viewers noticed", headers, fault_rows(result), None, as_json=False)
    report(title, ["", "", "to the limit"], machine_rows(result), asdict(result), as_json=given.json)


if __name__ == "__main__":
    main()
