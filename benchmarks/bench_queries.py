"""How long the console's questions take over ten million playback facts, a day of them.

Facts are made by the engine itself, in the shape that players send them, and go through every live aggregate. Each question is
asked again and again, cold caches and warm alike; the limit the project set itself is a 95th percentile of 1 s.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import uvloop

from measure import percentile, report, say, verdict
from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.schema import Retention

GOAL_S = 1.0
ROUNDS = 10
STEP = 50_000
SPAN_S = 86_400
SESSIONS_EACH = 60
"""Facts a session: ten minutes of beats."""

FACTS = """INSERT INTO tidegate.playback (at, received_at, region, node, channel, session, event, state, stream, seq, player,
 player_version, device, network, rendition, joined, started, exit, startup_s, interval_s, watched_s, rebuffer_s, rebuffers,
 frames, dropped_frames, bitrate_bps, top_bitrate_bps, buffer_s, latency_s, throughput_bps, error)
SELECT toDateTime64({begin} + number * {span} / {facts}, 3, 'UTC') AS at, at,
 ['eu-west', 'us-east', 'ap-south'][1 + who % 3], concat('edge-', toString(who % 9)), concat('channel-', toString(who % 500)),
 concat('ses_local_', leftPad(toString(who), 12, '0')), 'beat', 'playing', concat('bro_local_', toString(who % 500)),
 nth AS seq, ['hls.js', 'dash.js'][1 + who % 2], '1.7.2', ['phone', 'desktop', 'tablet', 'tv'][1 + who % 4],
 ['wifi', '4g', '5g'][1 + who % 3], ['1080p', '720p', '360p'][1 + who % 3], nth = 0, nth = 0,
 if(nth = 59, 'left', ''), if(nth = 0, 0.2 + (cityHash64(number) % 3000) / 1000, NULL), 10, 9.5, (cityHash64(number) % 100) / 200,
 number % 20 = 0, 300, number % 5, 3000000, 6000000, (number % 400) / 100, 1.5 + (cityHash64(number, 1) % 3000) / 1000,
 5000000 + number % 1000000, if(number % 1000 = 0, concat('mediaError:', toString(number % 7)), '')
FROM (SELECT number, intDiv(number, {concurrent} * {each}) * {concurrent} + number % {concurrent} AS who,
 intDiv(number, {concurrent}) % {each} AS nth FROM numbers({start}, {count}))"""

LAST_HOUR = "at >= toDateTime({to:UInt32}, 'UTC') - 3600 AND at < toDateTime({to:UInt32}, 'UTC')"
QUESTIONS = {
    "rebuffer ratio by region, the whole day": "SELECT region, sum(rebuffer_s) / sum(watched_s + rebuffer_s) FROM playback_1m GROUP BY region",
    "viewers a minute, the whole day": "SELECT at, sum(watched_s) / 60 FROM playback_1m GROUP BY at ORDER BY at",
    "latency p95 by region, ten-second steps, an hour": f"SELECT at, region, quantileDDMerge(0.01, 0.95)(latency_s_sketch) FROM playback_10s WHERE {LAST_HOUR} GROUP BY at, region ORDER BY at",
    "startup p50 and p95, the whole day": "SELECT quantileDDMerge(0.01, 0.5)(startup_s_sketch), quantileDDMerge(0.01, 0.95)(startup_s_sketch) FROM playback_1m",
    "worst channels of an hour": f"SELECT channel, sum(rebuffer_s) / sum(watched_s + rebuffer_s) AS r FROM playback_1m WHERE {LAST_HOUR} GROUP BY channel ORDER BY r DESC LIMIT 20",
    "one channel by device, the whole day": "SELECT device, sum(played_bits) / sum(rated_s) FROM playback_1m WHERE channel = 'channel-7' GROUP BY device",
    "second by second, five minutes": "SELECT at, sum(watched_s), sum(rebuffer_s) FROM playback_1s WHERE at >= toDateTime({to:UInt32}, 'UTC') - 300 GROUP BY at ORDER BY at",
    "errors by code from single facts, the whole day": "SELECT error, count() FROM playback WHERE error != '' GROUP BY error ORDER BY count() DESC",
    "rebuffer ratio from single facts, the whole day": "SELECT region, sum(rebuffer_s) / sum(watched_s + rebuffer_s) FROM playback GROUP BY region",
    "newest sessions of a channel": "SELECT * FROM sessions WHERE channel = 'channel-7' ORDER BY last_at DESC LIMIT 100",
    "newest sessions of all": "SELECT session, channel, last_at, watched_s, rebuffer_s FROM sessions ORDER BY last_at DESC LIMIT 100",
    "one session's story": "SELECT * FROM playback WHERE session = 'ses_local_000000000321' ORDER BY at",
}  # fmt: skip


async def fill(engine: EmbeddedTelemetry, facts: int, begin: int) -> float:
    """Make the facts; returns seconds."""
    began = time.monotonic()
    concurrent = max(1, facts * 600 // SPAN_S // SESSIONS_EACH)
    for start in range(0, facts, STEP):
        say(f"{start:,} of {facts:,} facts …")
        await engine.run(
            FACTS.format(
                begin=begin, span=SPAN_S, facts=facts, each=SESSIONS_EACH, concurrent=concurrent, start=start,
                count=min(STEP, facts - start),
            )
        )  # fmt: skip
    return time.monotonic() - began


async def measured(folder: Path, facts: int) -> dict[str, dict[str, float]]:
    engine = EmbeddedTelemetry(folder, Retention(), 4 << 30, Random(1))
    await engine.start()
    now = int(time.time()) // 60 * 60
    filled_s = await fill(engine, facts, now - SPAN_S)
    say(f"filled in {filled_s:.0f} s")
    found = {}
    for name, sql in QUESTIONS.items():
        took, read = [], 0
        for _ in range(ROUNDS):
            began = time.monotonic()
            answer = await engine.query(sql, {"to": now} if "{to:" in sql else {})
            took.append(time.monotonic() - began)
            read = answer.read_rows
        assert answer.rows, name
        found[name] = {"p50_s": percentile(took, 0.5), "p95_s": percentile(took, 0.95), "read_rows": read}
    await engine.stop()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=10_000_000)
    parser.add_argument("--json", action="store_true", help="print the data instead of a table")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        figures = uvloop.run(measured(folder, arguments.facts))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rows = [
        (name, f"{row['p50_s'] * 1000:.0f} ms", f"{row['p95_s'] * 1000:.0f} ms", f"{row['read_rows']:,.0f}", verdict(row["p95_s"], GOAL_S))
        for name, row in figures.items()
    ]  # fmt: skip
    report(
        f"Questions over {arguments.facts:,} playback facts",
        ("question", "p50", "p95", "rows read", f"p95 of {GOAL_S:g} s"),
        rows,
        figures,
        as_json=arguments.json,
    )
    return 0 if all(row["p95_s"] <= GOAL_S for row in figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
