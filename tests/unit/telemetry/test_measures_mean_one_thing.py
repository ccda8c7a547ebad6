"""A measure's name means one thing for ever: buckets that were added up under a formula stay as they are when the formula changes.

A measure that is missing here is new: add it. One that differs has been changed: give the new meaning a new name, so that it
becomes a column of its own, and sums of the old meaning are never added to sums of the new one.
"""

from hashlib import blake2b

import pytest

from tidegate.telemetry import sessions
from tidegate.telemetry.rollups import ROLLUPS

KNOWN: dict[str, dict[str, str]] = {
    "playback": {
        "failed": "7f23cc2a", "exited_before_start": "8e0dafa1", "exits": "77403000", "errors": "65f7f666",
        "played_bits": "8fcd000e", "rated_s": "70a84159", "top_bits": "fd1d1b50", "top_rated_s": "ff4ae831",
        "latency_reports": "0ba1e51a", "buffer_reports": "7767b3a1", "throughput_bits": "d0dc9bf2",
        "throughput_reports": "9041035f", "transfer_samples": "c394aac1", "responses": "1f252ed0",
        "failed_responses": "f546299d",
    },
    "media": {
        "source_s": "366883b9", "source_media_s": "9856f26d", "source_bytes": "c446b508", "video_s": "c794e8e6",
        "video_live_s": "f3df0e6c", "skew_s": "33983340", "gop_known_s": "88c58225", "gop_steady_s": "5850877b",
    },
    "node": {
        "core_s": "358728d2", "free_core_s": "7e3b782d",
    },
    "sessions": {
        "joined_at": "26a930a1", "last_at": "c85f50df", "latest": "99a05667", "stream": "e90d603d",
        "player": "170a1292", "player_version": "e42387e9", "device": "d3931f88", "network": "5ea99a0f",
        "exit": "b9e9e540", "startup_s": "c0781a9e", "joined": "2bc58bfb", "started": "aa469cd7",
        "interval_s": "d5f654ad", "watched_s": "bbc1cf89", "rebuffer_s": "0b0406f6", "rebuffers": "2335a55e",
        "switches": "b4915510", "frames": "287f6eaa", "dropped_frames": "57ba33cf", "request_bytes": "543065b3",
        "played_bits": "05fba1d5", "rated_s": "b5dde43b", "latency_sum_s": "42a87502", "latency_reports": "06ec5782",
        "latency_max_s": "d87731cd", "throughput_bits": "f652e164", "throughput_reports": "cb6204c3",
        "errors": "58c54cb2", "error": "8cf51f4d", "facts": "eb3e7646", "arms": "daaf3d4d",
        "sample_share": "26617bb7",
    },
}  # fmt: skip


def _digest(*texts: str) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=4).hexdigest()


def _found() -> dict[str, dict[str, str]]:
    found = {
        table: {name: _digest(sql) for name, sql in rollup.derived.items()}
        for table, rollup in ROLLUPS.items()
    }
    found["sessions"] = {each.name: _digest(each.type, each.part) for each in sessions.COLUMNS}
    return found


@pytest.mark.parametrize("table", [*ROLLUPS, "sessions"])
def test_no_formula_has_changed_under_its_name(table: str) -> None:
    assert _found()[table] == KNOWN.get(table, {})
