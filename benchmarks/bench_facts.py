"""How many facts a second the writer and the embedded engine take while queries run, and what a fact costs.

Facts as a busy node makes them (`--mix node`) or a player's beats alone (`--mix beats`), put one by one into the writer, in batches
into chDB with all its aggregates, as fast as they are taken. The yardstick is the same bytes written to the same disk, one fsync a batch: the
physical limit of keeping them. The limit the project set itself is 200,000 facts a second on two cores.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import msgspec
import uvloop

from measure import ProcessTree, percentile, report, verdict
from tidegate.core.clock import SystemClock
from tidegate.core.facts import DeliveryFact, Fact, LogFact, MediaFact, PlaybackFact
from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.schema import Retention
from tidegate.telemetry.writer import FactWriter, WriterBounds

GOAL_PER_S = 200_000
PREPARED = 100_000
SESSIONS, CHANNELS = 20_000, 200
REGIONS = ("eu-west", "us-east", "ap-south")
QUERY_EVERY_S = 0.5
BURST = 500
"""Facts put between two looks at the loop, as one request of a busy server brings."""

QUERIES = (
    "SELECT region, sum(rebuffer_s) / sum(watched_s + rebuffer_s) FROM playback_10s GROUP BY region",
    "SELECT at, sum(watched_s) FROM playback_1s WHERE at > now() - 300 GROUP BY at ORDER BY at",
    "SELECT channel, quantileDDMerge(0.01, 0.95)(latency_s_sketch) FROM playback_1m GROUP BY channel LIMIT 50",
    "SELECT region, sum(bytes) * 8 FROM delivery_10s GROUP BY region",
)


def beat(chance: Random, now: float) -> PlaybackFact:
    session = chance.randrange(SESSIONS)
    return PlaybackFact(
        at=round(now - chance.random(), 3), received_at=round(now, 3), region=REGIONS[session % 3],
        node=f"edge-{session % 3}", channel=f"channel-{session % CHANNELS}", session=f"ses_local_{session:012d}",
        event="beat", state="playing", stream=f"bro_local_{session % CHANNELS:012d}", seq=chance.randrange(1000),
        player="hls.js", player_version="1.7.2", device=("phone", "desktop", "tv")[session % 3],
        network=("wifi", "4g")[session % 2], rendition=("1080p", "720p", "360p")[session % 3], interval_s=10.0,
        watched_s=round(10 - chance.random() / 5, 3), rebuffer_s=round(chance.random() / 5, 3), frames=300,
        dropped_frames=chance.randrange(3), bitrate_bps=3_000_000, top_bitrate_bps=6_000_000,
        buffer_s=round(chance.random() * 4, 3), latency_s=round(1.5 + chance.random(), 3),
        throughput_bps=chance.randrange(2_000, 40_000) * 1000,
    )  # fmt: skip


def delivery(chance: Random, now: float) -> DeliveryFact:
    channel = chance.randrange(CHANNELS)
    requests = chance.randrange(1, 500)
    return DeliveryFact(
        at=round(now - chance.random(), 3), region=REGIONS[channel % 3], node=f"edge-{channel % 3}",
        channel=f"channel-{channel}", stream=f"bro_local_{channel:012d}", rendition=("1080p", "720p", "360p")[channel % 3],
        requests=requests, media_requests=requests, bytes=requests * 75_000, hits=requests - 5, joined=3,
        origin_fetches=2, parts=5, status_2xx=requests,
    )  # fmt: skip


def media(chance: Random, now: float) -> MediaFact:
    channel = chance.randrange(CHANNELS)
    return MediaFact(
        at=round(now - chance.random(), 3), region="local", node="origin-1", channel=f"channel-{channel}",
        stream=f"bro_local_{channel:012d}", session=f"ses_local_{channel:012d}", rendition="1080p", kind="video",
        codec="avc1.640028", live_s=1.0, media_s=round(1 + chance.random() / 100, 3), bytes=375_000, frames=30, fps=30.0,
        gop_s=1.0, keyframe_gap_s=round(chance.random(), 3), av_skew_s=0.012, parts=5,
    )  # fmt: skip


def log(chance: Random, now: float) -> LogFact:
    session = f"ses_local_{chance.randrange(SESSIONS):012d}"
    return LogFact(
        at=round(now, 3), region="local", node="origin-1", level="info", event="viewer_joined", logger="edge",
        message=f"viewer_joined session={session} remote=10.0.0.{chance.randrange(256)}", session=session,
        fields=f'{{"remote":"10.0.0.{chance.randrange(256)}"}}',
    )  # fmt: skip


MIXES = {"node": ((beat, 0.4), (delivery, 0.3), (media, 0.25), (log, 0.05)), "beats": ((beat, 1.0),)}


def prepared(mix: str) -> list[Fact]:
    chance = Random(1)
    now = time.time()
    makers, weights = zip(*MIXES[mix], strict=True)
    return [maker(chance, now) for maker in chance.choices(makers, weights, k=PREPARED)]


def disk_bytes_per_s(folder: Path, batch: bytes, seconds: float = 3.0) -> float:
    """The yardstick: one batch after the other, each with its fsync."""
    written, began = 0, time.monotonic()
    with (folder / "plain").open("wb", buffering=0) as file:
        while time.monotonic() - began < seconds:
            file.write(batch)
            os.fsync(file.fileno())
            written += len(batch)
    (folder / "plain").unlink()
    return written / (time.monotonic() - began)


async def ask_for_ever(engine: EmbeddedTelemetry, took: list[float]) -> None:
    while True:
        for sql in QUERIES:
            began = time.monotonic()
            await engine.query(sql)
            took.append(time.monotonic() - began)
            await asyncio.sleep(QUERY_EVERY_S)


async def measured(folder: Path, mix: str, seconds: float) -> dict[str, float]:
    facts = prepared(mix)
    engine = EmbeddedTelemetry(folder / "engine", Retention(), 4 << 30, Random(1))
    bounds = WriterBounds(memory_bytes=256 << 20)
    writer = FactWriter(engine, folder / "spill", SystemClock(), Random(1), bounds)
    await engine.start()
    await writer.start()
    assert engine.pid is not None
    ours, theirs = ProcessTree(os.getpid()), ProcessTree(engine.pid)
    all_s, engine_s = ours.cpu_s(), theirs.cpu_s()
    took: list[float] = []
    asking = asyncio.create_task(ask_for_ever(engine, took))
    began = time.monotonic()
    put = 0
    while time.monotonic() - began < seconds:
        start = put % PREPARED
        for fact in facts[start : start + BURST]:
            writer.put(fact)
        put += BURST
        while writer.backlog.bytes > bounds.memory_bytes // 4:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    writer._seal_all()  # noqa: SLF001  # the last batch need not wait
    while sum(writer.stored.values()) + writer.dropped_total < put:
        await asyncio.sleep(0.005)
    took_s = time.monotonic() - began
    all_s, engine_s = ours.cpu_s() - all_s, theirs.cpu_s() - engine_s
    rss = theirs.rss_bytes()
    (row,) = (
        await engine.query("SELECT sum(total_bytes) FROM system.tables WHERE database = 'tidegate'")
    ).rows
    dropped = writer.dropped_total
    await writer.stop()
    await engine.stop()
    assert not dropped, writer.dropped
    size = len(msgspec.json.Encoder().encode_lines(facts)) / len(facts)
    return {
        "facts": put, "seconds": took_s, "facts_per_s": put / took_s, "bytes_a_fact": size, "kept_bytes_a_fact": row[0] / put,
        "writer_us": (all_s - engine_s) / put * 1e6, "engine_us": engine_s / put * 1e6, "cores": all_s / took_s,
        "query_p95_s": percentile(took, 0.95), "queries": len(took), "engine_rss_bytes": rss,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--mix", choices=MIXES, default="node")
    parser.add_argument("--json", action="store_true", help="print the data instead of a table")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        figures = uvloop.run(measured(folder, arguments.mix, arguments.seconds))
        batch = os.urandom(1 << 20) * 8
        figures["disk_bytes_per_s"] = disk_bytes_per_s(folder, batch)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bytes_per_s = figures["facts_per_s"] * figures["bytes_a_fact"]
    rows = [
        ("facts a second", f"{figures['facts_per_s']:,.0f}", verdict(GOAL_PER_S, figures["facts_per_s"])),
        (
            "as bytes",
            f"{bytes_per_s / 1e6:.1f} MB/s",
            f"{bytes_per_s / figures['disk_bytes_per_s']:.0%} of plain fsynced writes",
        ),
        (
            "kept on disk",
            f"{figures['kept_bytes_a_fact']:.0f} B a fact",
            f"of {figures['bytes_a_fact']:.0f} B",
        ),
        ("processor, writer", f"{figures['writer_us']:.2f} µs a fact", ""),
        (
            "processor, engine",
            f"{figures['engine_us']:.2f} µs a fact",
            f"{figures['cores']:.2f} cores in all",
        ),
        (
            "queries meanwhile",
            f"p95 {figures['query_p95_s'] * 1000:.0f} ms",
            f"{figures['queries']:.0f} asked",
        ),
        ("engine's memory", f"{figures['engine_rss_bytes'] / (1 << 20):.0f} MiB", ""),
    ]
    report(
        f"Facts in ({arguments.mix})",
        ("what", "measured", f"of {GOAL_PER_S:,}/s"),
        rows,
        figures,
        as_json=arguments.json,
    )
    return 0 if figures["facts_per_s"] >= GOAL_PER_S else 1


if __name__ == "__main__":
    sys.exit(main())
