"""Whether anything grows: publishers and viewers for minutes, the server's memory second by second.

The slope of resident memory over time, by linear regression over the second half (the first fills windows and
caches), must be flat: below half a per cent of the level per minute.

    python benchmarks/bench_soak.py --minutes 10 --streams 4 --viewers 20
"""

import argparse
import asyncio
import time
from dataclasses import asdict, dataclass, field

from measure import CpuMeter, report, say, slope, verdict
from stage import Pushers, Tidegate, bench_file
from tidegate.core.clock import SystemClock
from tidegate.media.player.service import load
from tidegate.media.player.types import LoadReport

SLOPE_LIMIT_SHARE = 0.005
"""Growth per minute, as a share of the level."""

SAMPLE_S = 2.0


@dataclass
class Result:
    minutes: float
    streams: int
    viewers: int
    cpu_cores: float = 0.0
    start_mb: float = 0.0
    end_mb: float = 0.0
    slope_mb_per_minute: float = 0.0
    rebuffers: int = 0
    gaps: int = 0
    viewer_errors: int = 0
    latency_p95_s: float = 0.0
    samples_mb: list[tuple[float, float]] = field(default_factory=list)


async def soak(minutes: float, streams: int, viewers: int) -> Result:
    result = Result(minutes, streams, viewers)
    with Tidegate() as server, Pushers(server, streams, bench_file()):
        meter = CpuMeter(server.tree)
        began = time.monotonic()
        watching = [
            asyncio.create_task(load(server.playlist_url(number), viewers, minutes * 60, 5.0, SystemClock()))
            for number in range(streams if viewers else 0)
        ]
        try:
            while (at_s := time.monotonic() - began) < minutes * 60:
                rss_mb = server.tree.rss_bytes() / 1e6
                result.samples_mb.append((round(at_s / 60, 3), round(rss_mb, 2)))
                if len(result.samples_mb) % 15 == 1:
                    say(f"{at_s:5.0f} s  {rss_mb:7.1f} MB")
                await asyncio.sleep(SAMPLE_S)
            result.cpu_cores = meter.stop()
            reports: list[LoadReport] = await asyncio.gather(*watching)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
    steady = result.samples_mb[len(result.samples_mb) // 2 :]
    result.start_mb, result.end_mb = steady[0][1], steady[-1][1]
    result.slope_mb_per_minute = slope(steady)
    result.rebuffers = sum(one.rebuffers for one in reports)
    result.gaps = sum(one.gaps for one in reports)
    result.viewer_errors = sum(one.errors for one in reports)
    result.latency_p95_s = max((one.latency_s.p95 for one in reports), default=0.0)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--streams", type=int, default=4)
    parser.add_argument("--viewers", type=int, default=10, help="of each stream")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = asyncio.run(soak(asked.minutes, asked.streams, asked.viewers))
    limit = result.end_mb * SLOPE_LIMIT_SHARE
    rows = [
        ["RSS at half time", f"{result.start_mb:.1f} MB", ""],
        ["RSS at the end", f"{result.end_mb:.1f} MB", ""],
        ["slope over the second half", f"{result.slope_mb_per_minute:+.3f} MB/min",
         verdict(max(0.0, result.slope_mb_per_minute), limit)],
        ["CPU", f"{result.cpu_cores:.3f} cores", ""],
        ["rebuffers · gaps · errors", f"{result.rebuffers} · {result.gaps} · {result.viewer_errors}", ""],
        ["latency p95, worst stream", f"{result.latency_p95_s:.3f} s", ""],
    ]  # fmt: skip
    report(
        f"Soak: {asked.minutes:g} minutes, {asked.streams} publishers, {asked.viewers} viewers each",
        ["", "", "to the limit"],
        rows,
        asdict(result),
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
