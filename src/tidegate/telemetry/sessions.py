"""The session aggregate: one row a playback session, kept up to date as its facts come. Pure.

In: facts of `playback`. Out: `playback_sessions`, partial rows that merge whatever the order in which facts come, and the view
`sessions` over them with one row a session and plain columns.
"""

from typing import Final

import msgspec

TABLE: Final = "playback_sessions"
VIEW: Final = "sessions"


class SessionColumn(msgspec.Struct, frozen=True):
    """One column of the view.

    Attributes:
        type: of the partial rows' column.
        part: from facts, in a GROUP BY session.
        whole: from partial rows, likewise.
    """

    name: str
    type: str
    part: str
    whole: str


def _merged(name: str, function: str, kind: str, part: str = "") -> SessionColumn:
    return SessionColumn(
        name,
        f"SimpleAggregateFunction({function}, {kind})",
        part or f"{function}({name})",
        f"{function}({name})",
    )


COLUMNS: Final = (
    _merged("joined_at", "min", "DateTime64(3, 'UTC')", "min(at)"),
    _merged("last_at", "max", "DateTime64(3, 'UTC')", "max(at)"),
    SessionColumn(
        "latest",
        "AggregateFunction(argMax, String, Int64)",
        "argMaxState(concat(region, '\\t', node, '\\t', state, '\\t', rendition, '\\t', f.exit),"
        " toUnixTimestamp64Milli(at) * 2000 + (f.exit != '') * 1000 + seq % 1000)",
        "argMaxMerge(latest)",
    ),
    *(
        _merged(name, "max", "String", f"max(toString({name}))")
        for name in ("stream", "player", "player_version", "device", "network", "exit")
    ),
    _merged("startup_s", "max", "Nullable(Float64)"),
    *(_merged(name, "sum", "Int64") for name in ("joined", "started")),
    *(_merged(name, "sum", "Float64") for name in ("interval_s", "watched_s", "rebuffer_s")),
    *(
        _merged(name, "sum", "Int64")
        for name in ("rebuffers", "switches", "frames", "dropped_frames", "request_bytes")
    ),
    *(_merged(name, "sum", "Float64") for name in ("played_bits", "rated_s")),
    _merged("latency_sum_s", "sum", "Float64", "sum(ifNull(latency_s, 0))"),
    _merged("latency_reports", "sum", "Int64"),
    _merged("latency_max_s", "max", "Nullable(Float64)", "max(latency_s)"),
    _merged("throughput_bits", "sum", "Float64"),
    _merged("throughput_reports", "sum", "Int64"),
    _merged("errors", "sum", "Int64"),
    SessionColumn(
        "error",
        "AggregateFunction(argMaxIf, String, Tuple(DateTime64(3, 'UTC'), Int64), UInt8)",
        "argMaxIfState(toString(error), tuple(at, seq), error != '')",
        "argMaxIfMerge(error)",
    ),
    _merged("facts", "sum", "Int64", "count()"),
    _merged("arms", "groupUniqArrayArray", "Array(String)", "groupUniqArrayArray(arms)"),
    _merged("sample_share", "max", "Float64"),
)  # fmt: skip

DERIVED: Final = {
    "region": "splitByChar('\\t', latest)[1]",
    "node": "splitByChar('\\t', latest)[2]",
    "state": "splitByChar('\\t', latest)[3]",
    "rendition": "splitByChar('\\t', latest)[4]",
    "exit": "if(length(splitByChar('\\t', latest)) > 4, splitByChar('\\t', latest)[5], exit)",
    "bitrate_bps": "played_bits / nullIf(rated_s, 0)",
    "latency_s": "latency_sum_s / nullIf(latency_reports, 0)",
    "throughput_bps": "throughput_bits / nullIf(throughput_reports, 0)",
}
"""Further columns of the view: what the latest fact said, and averages, null where no fact said anything. A session that was given
up and is heard of again has no exit any more; rows of a release that did not keep the latest one have the only one there was."""

HIDDEN: Final = ("latest", "exit")
"""Columns of the partial rows that the view has in another form, or not at all."""
