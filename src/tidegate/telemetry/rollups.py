"""What the live aggregates keep: for each table that has them, its dimensions, its measures and its sketches. Pure.

A measure is an amount of one fact; over any slice it is the sum. Most are a fact's own field; the others are reckoned from its
fields, and the facts' own table has a column of that name too (an alias that takes no room), so that one formula is true of
single facts and of every aggregate. What has been added up stays as it is, so a name means one thing for ever. A sketch answers
quantiles of a field, and merges without losing more (DDSketch: Masson, Rim, Lee, VLDB 2019): the quantile is the same from single
facts and from buckets of any length.
"""

from typing import Final

import msgspec

SKETCH_ACCURACY: Final = 0.01
"""How far a quantile may be off, as a share of its value: so much below, and, as ClickHouse rounds, thrice as much above."""

SKETCH_SUFFIX: Final = "_sketch"

BUCKETS_S: Final = {"1s": 1, "10s": 10, "1m": 60}
"""Live aggregates by the end of their name, finest first, and how long their buckets are."""


class Rollup(msgspec.Struct, frozen=True, kw_only=True):
    """Live aggregates of one table.

    Attributes:
        dimensions: by which they are kept; `first` of them is what is looked up most.
        sums: fields that are summed.
        derived: further measures, by name, in ClickHouse's SQL over the fact's fields.
        extremes: fields whose smallest and largest value are kept beside their sum, as `NAME_min` and `NAME_max`.
        sketches: fields whose quantiles are kept, as `NAME_sketch`.
        each_second: facts come one a second already, so that `_1s` is a view of them and costs nothing to keep.
    """

    first: str
    dimensions: tuple[str, ...]
    sums: tuple[str, ...]
    derived: dict[str, str] = {}
    extremes: tuple[str, ...] = ()
    sketches: tuple[str, ...] = ()
    each_second: bool = False


_MEASURED_PICTURE = "source = 1 AND kind = 'video'"

ROLLUPS: Final[dict[str, Rollup]] = {
    "playback": Rollup(
        first="channel",
        dimensions=(
            "channel", "region", "node", "stream", "player", "device", "network", "rendition", "arms",
        ),
        sums=(
            "joined", "started", "interval_s", "watched_s", "rebuffer_s", "rebuffers", "switches", "frames",
            "dropped_frames", "request_bytes", "startup_s", "latency_s", "buffer_s", "request_s",
            "transfers", "transfer_s",
        ),
        derived={
            "failed": "exit = 'failed'",
            "exited_before_start": "exit = 'before-start'",
            "exits": "exit != ''",
            "errors": "error != ''",
            "played_bits": "ifNull(bitrate_bps, 0) * watched_s",
            "rated_s": "if(isNull(bitrate_bps), 0, watched_s)",
            "top_bits": "ifNull(top_bitrate_bps, 0) * watched_s",
            "top_rated_s": "if(isNull(top_bitrate_bps), 0, watched_s)",
            "latency_reports": "isNotNull(latency_s)",
            "buffer_reports": "isNotNull(buffer_s)",
            "throughput_bits": "ifNull(throughput_bps, 0)",
            "throughput_reports": "isNotNull(throughput_bps)",
            "transfer_samples": "isNotNull(transfer_sample_s)",
            "responses": "event = 'response'",
            "failed_responses": "event = 'response' AND (request_status >= 400 OR request_status = 0)",
        },
        sketches=("startup_s", "latency_s", "transfer_sample_s", "throughput_bps"),
    ),
    "delivery": Rollup(
        first="channel",
        each_second=True,
        dimensions=("channel", "region", "node", "stream", "rendition", "arms"),
        sums=(
            "requests", "media_requests", "bytes", "hits", "joined", "origin_fetches", "parts", "status_2xx",
            "status_3xx", "status_4xx", "status_5xx", "viewers",
        ),
        extremes=("viewers",),
    ),
    "media": Rollup(
        first="channel",
        each_second=True,
        dimensions=("channel", "region", "node", "stream", "rendition", "kind", "state", "codec", "arms"),
        sums=(
            "seconds", "live_s", "media_s", "bytes", "frames", "parts", "parts_late", "jumps",
            "discontinuities", "fps", "gop_s", "keyframe_gap_s", "av_skew_s",
        ),
        derived={
            "source_s": "if(source = 1, seconds, 0)",
            "source_media_s": "if(source = 1, media_s, 0)",
            "source_bytes": "if(source = 1, bytes, 0)",
            "video_s": f"if({_MEASURED_PICTURE}, seconds, 0)",
            "video_live_s": f"if({_MEASURED_PICTURE}, live_s, 0)",
            "skew_s": f"if({_MEASURED_PICTURE}, abs(av_skew_s) * seconds, 0)",
            "gop_known_s": f"if({_MEASURED_PICTURE} AND gop_s > 0, seconds, 0)",
            "gop_steady_s": f"if({_MEASURED_PICTURE} AND gop_s > 0 AND keyframe_gap_s <= 1.5 * gop_s, seconds, 0)",
        },
        extremes=("fps", "gop_s", "keyframe_gap_s", "av_skew_s"),
    ),
    "node": Rollup(
        first="node",
        each_second=True,
        dimensions=("node", "region", "roles", "version", "arms"),
        sums=(
            "interval_s", "cpu_s", "cpu_count", "capacity_left", "rss_bytes", "memory_total_bytes",
            "disk_free_bytes", "disk_total_bytes", "ingest_bytes", "egress_bytes", "streams", "viewers",
            "ladders", "connections", "facts_dropped", "logs_dropped",
        ),
        derived={"core_s": "interval_s * cpu_count", "free_core_s": "capacity_left * interval_s * cpu_count"},
        extremes=("capacity_left", "rss_bytes", "disk_free_bytes", "streams", "viewers", "connections"),
    ),
}  # fmt: skip
"""The tables with live aggregates. Each also counts its `facts`. Of decisions and logs there are too few to add up beforehand."""

FACTS: Final = "facts"
"""The measure that every aggregate has: how many facts."""
