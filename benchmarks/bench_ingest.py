"""What one publisher costs: real ffmpeg pushers into Tidegate, then into nginx-rtmp, in one run on one machine.

Each pusher sends the same 2.7 Mbps 1080p30 file over RTMP in real time. Counted are the CPU-seconds and the resident
memory of the server's process tree alone, over the same span after all streams are live and what a server does once
for each stream is done; that (a slate drawn in advance, above all) stands in a column of its own. Tidegate packages LL-HLS
with parts of 200 ms; nginx-rtmp writes plain HLS. Also: how long after a stream's first keyframe it is playable.

The limits are held against Tidegate without telemetry, of which nginx-rtmp has none. With it a second row tells the whole: the
embedded engine, its live aggregates, alerts and indicators cost some 2 % of a core a server before the first stream.

    python benchmarks/bench_ingest.py --streams 30 --seconds 60
"""

import argparse
import time
from dataclasses import asdict, dataclass, field

from measure import CpuMeter, percentile, report, say, verdict
from stage import NginxRtmp, Pushers, Server, Tidegate, TidegateWithoutTelemetry, bench_file, settle

CPU_LIMIT = 0.20
"""Per cent of one core for one stream."""

RSS_LIMIT_MB = 4.0
PLAYABLE_LIMIT_S = 0.3
"""One part of 200 ms and 100 ms."""


@dataclass
class Result:
    server: str
    streams: int
    cpu_percent: float
    rss_mb: float
    idle_rss_mb: float
    begin_cpu_s: float
    playable_after_s: list[float] = field(default_factory=list)

    @property
    def cpu_each(self) -> float:
        return self.cpu_percent / self.streams

    @property
    def rss_each(self) -> float:
        return (self.rss_mb - self.idle_rss_mb) / self.streams


def measure(server: Server, streams: int, seconds: float, ffmpeg: str) -> Result:
    with server:
        time.sleep(2.0)
        idle, processes = server.tree.rss_bytes(), len(server.tree.pids())
        say(f"{server.name}: {streams} pushers …")
        with Pushers(server, streams, bench_file(), ffmpeg=ffmpeg) as pushers:
            before_s = server.tree.cpu_s()
            settle(server, processes)
            begin_cpu_s = server.tree.cpu_s() - before_s
            meter = CpuMeter(server.tree)
            time.sleep(seconds)
            used = meter.stop()
            result = Result(
                server.name, streams, used * 100, server.tree.rss_bytes() / 1e6, idle / 1e6, begin_cpu_s
            )
            if pushers.alive() < streams or server.live_streams() < streams:
                say(
                    f"only {pushers.alive()} pushers and {server.live_streams()} streams of {streams} are left"
                )
            if isinstance(server, Tidegate):
                result.playable_after_s = [stream["playable_after_s"] for stream in server.streams()]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--ffmpeg", default="", help="the pushers' ffmpeg [the bundled one]")
    parser.add_argument("--no-peer", action="store_true", help="leave nginx-rtmp out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    servers: list[Server] = [TidegateWithoutTelemetry(), Tidegate()]
    if not asked.no_peer:
        servers.append(NginxRtmp())
    results = [measure(server, asked.streams, asked.seconds, asked.ffmpeg) for server in servers]
    peer = results[-1].cpu_each if not asked.no_peer else None
    rows = [
        [
            result.server,
            f"{result.cpu_each:.3f} %",
            f"{100 / result.cpu_each:.0f}",
            f"{result.cpu_each / peer:.2f} ×" if peer else "–",
            f"{result.begin_cpu_s / result.streams:.2f} s",
            f"{result.rss_each:.2f} MB",
            f"{percentile(result.playable_after_s, 0.5):.3f} s" if result.playable_after_s else "–",
        ]
        for result in results
    ]
    ours = results[0]
    playable = percentile(ours.playable_after_s, 0.95)
    rows.append(
        [
            "Telemetry off, against its limits", verdict(ours.cpu_each, CPU_LIMIT), "", "", "", verdict(ours.rss_each, RSS_LIMIT_MB),
            verdict(playable, PLAYABLE_LIMIT_S) + " (p95)",
        ]
    )  # fmt: skip
    report(
        f"{asked.streams} ffmpeg pushers of 2.7 Mbps 1080p30, {asked.seconds:.0f} s",
        [
            "server",
            "one core, per stream",
            "streams per core",
            "to nginx-rtmp",
            "CPU to begin one",
            "RSS per stream",
            "playable after",
        ],
        rows,
        [
            {
                **asdict(result),
                "cpu_percent_per_stream": result.cpu_each,
                "rss_mb_per_stream": result.rss_each,
            }
            for result in results
        ],
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
