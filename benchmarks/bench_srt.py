"""What one SRT publisher costs: real ffmpeg pushers into Tidegate over SRT, then the same over RTMP, in one run.

Each pusher sends the same 2.7 Mbps 1080p30 file in real time. Counted are the CPU-seconds and the resident memory of
the server's process tree, the receiving ffmpegs included, over the same span after all streams are live and what a server
does once for each stream (a slate drawn in advance, above all) is done.
Telemetry is off, for its engine is one a server, whatever its streams (`bench_ingest.py` tells what it costs).

    python benchmarks/bench_srt.py --streams 20 --seconds 40
"""

import argparse
import subprocess
import time
from dataclasses import asdict, dataclass

from measure import CpuMeter, Shares, report, say, verdict
from stage import TidegateWithoutTelemetry, bench_file, ffmpeg_path, settle, until

CPU_LIMIT = 1.2
"""Per cent of one core for one stream over SRT: receiving, decrypting, passing on and packaging."""

START_EACH_S = 0.15


@dataclass
class Result:
    protocol: str
    streams: int
    live: int
    cpu_percent: float
    own_percent: float
    rss_mb: float

    @property
    def cpu_each(self) -> float:
        return self.cpu_percent / self.streams

    @property
    def own_each(self) -> float:
        """What the server's own process takes of it; the rest are the receiving ffmpegs."""
        return self.own_percent / self.streams


def measure(protocol: str, streams: int, seconds: float) -> Result:
    pushers: list[subprocess.Popen[bytes]] = []
    with TidegateWithoutTelemetry() as server:
        time.sleep(2.0)
        idle, processes = server.tree.rss_bytes(), len(server.tree.pids())
        say(f"{protocol}: {streams} pushers …")
        try:
            for index in range(streams):
                made = server.api("POST", "/channels", {"name": f"{protocol}-{index}"})
                ingest = made["ingest"]
                form, url = (
                    ("mpegts", f"{ingest['srt']}?streamid={ingest['key']}")
                    if protocol == "srt"
                    else ("flv", f"{ingest['rtmp']}/{ingest['key']}")
                )
                words = ["-v", "error", "-re", "-stream_loop", "-1", "-i", str(bench_file()), "-c", "copy"]
                pushers.append(
                    subprocess.Popen([ffmpeg_path(), *words, "-f", form, url], stdin=subprocess.DEVNULL)
                )
                time.sleep(START_EACH_S)
            until(f"{streams} live streams", lambda: server.live_streams() >= streams)
            settle(server, processes + (streams if protocol == "srt" else 0))
            assert server.process is not None
            own = Shares()
            meter = CpuMeter(server.tree)
            own.sample({"server": [server.process.pid]})
            before_s = own.cpu_s("server")
            time.sleep(seconds)
            own.sample({"server": [server.process.pid]})
            used = meter.stop()
            rss = (server.tree.rss_bytes() - idle) / 1e6
            return Result(
                protocol,
                streams,
                server.live_streams(),
                used * 100,
                (own.cpu_s("server") - before_s) / seconds * 100,
                rss / streams,
            )
        finally:
            for pusher in pushers:
                pusher.kill()
                pusher.wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results = [measure(protocol, asked.streams, asked.seconds) for protocol in ("srt", "rtmp")]
    srt, rtmp = results
    rows = [
        [
            each.protocol,
            f"{each.live} of {each.streams}",
            f"{each.cpu_each:.3f} %",
            f"{each.own_each:.3f} %",
            f"{each.cpu_each / rtmp.cpu_each:.2f} ×",
            f"{each.rss_mb:.1f} MB",
        ]
        for each in results
    ]
    rows.append(["SRT against its limit", "", verdict(srt.cpu_each, CPU_LIMIT), "", "", ""])
    report(
        f"{asked.streams} ffmpeg pushers of 2.7 Mbps 1080p30, {asked.seconds:.0f} s",
        ["protocol", "live", "one core, per stream", "of it our process", "to RTMP", "RSS per stream"],
        rows,
        [
            {**asdict(each), "cpu_percent_per_stream": each.cpu_each, "own_percent_per_stream": each.own_each}
            for each in results
        ],
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
