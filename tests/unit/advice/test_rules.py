"""Advice: each fault gives its own, a healthy stream gives none, and what is not known gives none either."""

from typing import Any

import pytest

from tidegate.core.ladders import NO_LADDER, LadderStatus
from tidegate.core.streams import Note, Publisher, PublisherStatus, StreamStatus, TrackStats
from tidegate.governance.advice.rules import RULES, advise
from tidegate.governance.advice.types import Part, Situation

NOW = 1_764_000_000.0
WELL = {
    "ingest_health": 1.0,
    "gop_regularity": 1.0,
    "part_lateness": 0.0,
    "av_skew": 0.02,
    "delivery_error_ratio": 0.0,
    "rebuffer_ratio": 0.001,
    "playback_failure_rate": 0.0,
    "dropped_frame_ratio": 0.001,
    "startup_time_p95": 1.2,
    "live_latency_p50": 2.0,
    "rendition_switches_per_hour": 2.0,
    "throughput_p10": 9e6,
    "part_download_p50": 0.02,
    "part_download_p95": 0.08,
}


def track(name: str = "video", **more: Any) -> TrackStats:
    values: dict[str, Any] = {
        "name": name,
        "kind": "video",
        "codec": "avc1.640028",
        "kbps": 4000.0,
        "fps": 30.0,
        "gop_s": 2.0,
        "width": 1920,
        "height": 1080,
        "sample_rate": 0,
        "channels": 0,
        "part_target_s": 0.2,
        "segment_s": 2.0,
    }
    return TrackStats(**{**values, **more})


def status(*tracks: TrackStats, state: Any = "live", notes: tuple[Note, ...] = ()) -> StreamStatus:
    publisher = Publisher("ses_1", "demo", "rtmp", "203.0.113.5", "obs", NOW - 600)
    return StreamStatus(
        channel="demo",
        state=state,
        state_since=NOW - 12,
        broadcast="bro_1",
        started_at=NOW - 600,
        publisher=publisher,
        publishers=(PublisherStatus(publisher, "on air", True, 4200.0, 60.0),),
        slate="none",
        tracks=tracks or (track(),),
        notes=notes,
        bytes_in=1,
        parts=1,
        discontinuities=0,
        playable_after_s=0.3,
    )


def situation(
    numbers: dict[str, float] | None = None,
    *,
    ladder: LadderStatus = NO_LADDER,
    of: StreamStatus | None = None,
    **more: Any,
) -> Situation:
    return Situation(NOW, of or status(), ladder, {**WELL, **(numbers or {})}, **more)


def codes(of: Situation) -> list[str]:
    return [advice.code for advice in advise(of)]


def test_a_healthy_stream_gets_no_advice() -> None:
    assert (
        advise(situation(cpu_used=0.3, regions=(Part("eu", 9, 0.001),), networks=(Part("", 9, 0.001),))) == []
    )


def test_what_is_not_known_makes_no_advice() -> None:
    assert advise(Situation(NOW, status(), NO_LADDER, {})) == []
    assert advise(Situation(NOW, status(state="offline"), NO_LADDER, {})) == []


LOW = status(track(), track("v480", height=480, kbps=900.0))
FAULTS = [
    ("uplink-slow", situation({"ingest_health": 0.83}), "83 %", "2.94 Mbit/s"),
    ("publisher-silent", situation(of=status(state="interrupted")), "12 s", "backup"),
    ("encoder-drops-frames", situation(of=status(track(fps=27.1))), "27.1", "faster preset"),
    ("gop-irregular", situation({"gop_regularity": 0.8}), "20 %", "keyframe interval of 2 s"),
    ("gop-long", situation(of=status(track(gop_s=8.3))), "8.3 s", "2 s"),
    ("parts-late", situation({"part_lateness": 0.2}), "bursts", "SRT"),
    ("parts-late", situation({"part_lateness": 0.2}, cpu_used=0.95), "95 % used", "ladders"),
    ("av-skew", situation({"av_skew": 0.5}), "0.5 s", "Sync Offset"),
    ("ladder-behind", situation(ladder=LadderStatus("running", lag_s=3.2)), "3.2 s", "rung"),
    (
        "ladder-missing",
        situation(ladder=LadderStatus("failed", "This machine is too slow for it.", "Free some cores.")),
        "too slow",
        "Free some cores.",
    ),
    ("edge-fails", situation({"delivery_error_ratio": 0.02}), "2 %", "doctor"),
    ("plays-fail", situation({"playback_failure_rate": 0.05}), "5 %", "player and device"),
    ("plays-fail", situation({"playback_failure_rate": 0.05}, of=status(track(codec="hvc1.1.6"))), "HEVC alone", "H.264"),
    ("rung-missing", situation({"throughput_p10": 1.1e6}), "1080p", "setting set ladder.enabled true --channel demo"),
    ("rung-missing", situation({"throughput_p10": 0.8e6}, of=LOW, ladder=LadderStatus("running")), "480p", "lower rung"),
    ("downloads-slow", situation({"part_download_p95": 0.4}), "those viewers' networks", "lower rung"),
    ("downloads-slow", situation({"part_download_p95": 0.4, "part_download_p50": 0.19}), "way between", "edge nearer"),
    ("downloads-slow", situation({"part_download_p95": 0.4}, cpu_used=0.99), "this side", "doctor"),
    ("devices-drop-frames", situation({"dropped_frame_ratio": 0.1}, of=status(track(fps=60.0))), "10 %", "30 frames"),
    ("starts-slow", situation({"startup_time_p95": 7.0}), "7 s", "GOPs"),
    ("far-behind", situation({"live_latency_p50": 22.0}), "22 s", "parts"),
    ("many-switches", situation({"rendition_switches_per_hour": 55.0}), "55 times", "apart"),
    ("one-region", situation(regions=(Part("eu", 9, 0.001), Part("us", 4, 0.08))), "in us", "serves us"),
    ("one-network", situation(networks=(Part("wifi", 9, 0.001), Part("3g", 4, 0.08))), "on 3g", "lower rung"),
    ("stalls", situation({"rebuffer_ratio": 0.05}), "5 %", "session"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "of", "words", "fix"), FAULTS)
def test_each_fault_has_its_own_advice(code: str, of: Situation, words: str, fix: str) -> None:
    (advice,) = advise(of)
    assert advice.code == code
    assert words in advice.sentence
    assert fix in advice.fix
    assert not advice.sentence[0].islower()
    assert advice.sentence.endswith(".")


def test_every_rule_has_a_fault_that_shows_it() -> None:
    spoken = {rule for _, of, *_ in FAULTS for rule in RULES if rule(of) is not None}
    assert spoken == set(RULES)


def test_a_refused_ladder_is_the_reason_for_a_missing_rung() -> None:
    refused = LadderStatus("refused", "There are 1.2 cores.", "Free some.")
    found = {each.code: each for each in advise(situation({"throughput_p10": 1e6}, ladder=refused))}
    assert found.keys() == {"ladder-missing", "rung-missing"}
    assert "There are 1.2 cores. Free some." in found["rung-missing"].fix


@pytest.mark.parametrize("fps", [23.976, 24.0, 25.0, 29.97, 30.02, 50.0, 59.94, 60.0, 15.0, 24.9, 29.8])
def test_rates_that_cameras_have_are_fine(fps: float) -> None:
    assert codes(situation(of=status(track(fps=fps)))) == []


def test_a_missing_rung_is_graver_while_viewers_stall() -> None:
    found = advise(situation({"throughput_p10": 1e6, "rebuffer_ratio": 0.02}))
    assert [(each.code, each.severity) for each in found] == [
        ("rung-missing", "error"),
        ("stalls", "warning"),
    ]


def test_one_region_is_not_named_where_all_are_bad_or_too_few_watch() -> None:
    assert codes(situation(regions=(Part("eu", 9, 0.05), Part("us", 4, 0.08)))) == []
    assert codes(situation(regions=(Part("eu", 9, 0.001), Part("us", 0.2, 0.08)))) == []
    assert codes(situation(regions=(Part("us", 9, 0.08),))) == []


def test_recent_notes_are_advice_in_their_own_words() -> None:
    notes = (
        Note("timestamp-jump", "warning", "Timestamps jumped.", "Do not pause.", NOW - 10, 3),
        Note("bad-chunk", "error", "A part could not be placed.", "", NOW - 20),
        Note("old", "error", "Long ago.", "", NOW - 4000),
        Note("metadata-ignored", "info", "Passed over.", "", NOW - 5),
    )
    found = advise(situation(of=status(notes=notes)))
    assert [(each.code, each.severity) for each in found] == [
        ("note-bad-chunk", "error"),
        ("note-timestamp-jump", "warning"),
    ]
    assert found[1].sentence == "Timestamps jumped. Seen 3 times."
    assert found[1].fix == "Do not pause."
