"""Publish with real ffmpeg, watch with the headless player, through the whole platform in a process of its own."""

import json
import re
import subprocess

import pytest

from hls_conformance import check_media_playlist
from live import LivePlatform, video_file, wait_for


@pytest.fixture
def live_channel(platform: LivePlatform) -> dict[str, object]:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    return made


def test_create_publish_watch(platform: LivePlatform, live_channel: dict[str, object]) -> None:
    assert live_channel["channel"] == "demo"
    assert live_channel["ingest"]["rtmp"] == platform.rtmp_url
    assert live_channel["playback"]["hls"] == f"{platform.url}/live/demo/index.m3u8"
    report = platform.cli_json("watch", live_channel["playback"]["hls"], "--seconds", "6", "--json")
    assert report["startup_s"] < 2.0
    assert report["parts"] > 20
    assert report["gaps"] == 0
    assert report["latency_s"]["p50"] < 2.0


def test_playlists_conform_while_the_stream_grows(
    platform: LivePlatform, live_channel: dict[str, object]
) -> None:
    _, body = platform.get("/live/demo/index.m3u8")
    assert b"#EXT-X-STREAM-INF" in body
    seen: set[str] = set()

    def several_versions() -> bool:
        for track in ("video", "audio"):
            text = platform.playlist("demo", track)
            check_media_playlist(text)
            seen.add(text)
        return len(seen) > 12

    wait_for("a dozen playlist versions", several_versions)


def test_what_arrives_is_what_the_studio_sees(
    platform: LivePlatform, live_channel: dict[str, object]
) -> None:
    def measured() -> dict[str, object] | None:
        stream = platform.stream("demo")
        video = next((track for track in stream["tracks"] if track["kind"] == "video"), None)
        return stream if video and video["fps"] and video["gop_s"] else None

    stream = wait_for("measured fps and GOP", measured)
    video, audio = stream["tracks"]
    assert (video["width"], video["height"]) == (320, 180)
    assert video["fps"] == pytest.approx(30, abs=0.5)
    assert video["gop_s"] == pytest.approx(1.0, abs=0.05)
    assert video["codec"].startswith("avc1.")
    assert (audio["sample_rate"], audio["channels"]) == (48000, 2)
    assert 0 < stream["playable_after_s"] <= 0.3
    assert stream["publisher"]["protocol"] == "rtmp"


def test_real_ffmpeg_plays_it_as_plain_hls(platform: LivePlatform, live_channel: dict[str, object]) -> None:
    wait_for("three segments", lambda: platform.playlist("demo").count("#EXTINF") >= 3)
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", f"{platform.url}/live/demo/index.m3u8", "-t", "3", "-f", "null", "-"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_wrong_key_is_refused_with_a_sentence_in_the_encoders_log(platform: LivePlatform) -> None:
    platform.create_channel("demo")
    log = platform.publish("not-a-key").wait()
    assert re.search(r"key", log, re.IGNORECASE), log
    assert platform.stream("demo")["state"] == "offline"


def test_newer_session_with_the_right_key_takes_over(
    platform: LivePlatform, live_channel: dict[str, object]
) -> None:
    first = platform.pushers[0]
    key = live_channel["ingest"]["key"]
    session = platform.stream("demo")["publisher"]["session"]
    platform.publish(key)
    wait_for("the first is cut off", lambda: not first.running)
    wait_for(
        "the second is live", lambda: (platform.stream("demo")["publisher"] or {}).get("session") != session
    )
    platform.wait_for_state("demo", "live")
    wait_for("a discontinuity", lambda: "#EXT-X-DISCONTINUITY\n" in platform.playlist("demo"))


def test_rotating_the_key_cuts_the_publisher_and_the_old_key(
    platform: LivePlatform, live_channel: dict[str, object]
) -> None:
    rotated = platform.cli_json("channel", "rotate-key", "demo", "--json")
    wait_for("the publisher is cut off", lambda: not platform.pushers[0].running)
    assert "key" in platform.publish(live_channel["ingest"]["key"]).wait().lower()
    platform.publish(rotated["ingest"]["key"])
    platform.wait_for_state("demo", "live")


def test_publish_and_watch_over_the_command_line(platform: LivePlatform) -> None:
    made = platform.create_channel("file")
    publisher = subprocess.Popen(
        [
            *("tidegate", "publish", str(video_file()), "--to", "file", "--loop"),
            *("--key", made["ingest"]["key"], "--rtmp", platform.rtmp_url),
        ],
        executable=str(platform.cli.__globals__["TIDEGATE"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=platform.environment,
        text=True,
    )
    try:
        platform.wait_for_state("file", "live")
    finally:
        publisher.terminate()
        errors = publisher.communicate(timeout=20)[1]
    assert "Traceback" not in errors


def test_load_counts_every_viewer(platform: LivePlatform, live_channel: dict[str, object]) -> None:
    report = platform.cli_json(
        "load", live_channel["playback"]["hls"], "--viewers", "20", "--seconds", "5", "--ramp", "1", "--json"
    )
    assert report["viewers"] == 20
    assert report["errors"] == 0
    assert platform.stream("demo")["peak_viewers"] >= 20


def test_status_doctor_and_list_speak_json(platform: LivePlatform, live_channel: dict[str, object]) -> None:
    status = platform.cli_json("status", "--json")
    assert status["health"]["status"] in ("ok", "degraded")
    assert status["streams"][0]["channel"] == "demo"
    listed = platform.cli_json("channel", "list", "--json")
    assert [item["name"] for item in listed["items"]] == ["demo"]
    findings = json.loads(platform.cli("doctor", "--json").stdout)["findings"]
    assert {finding["check"] for finding in findings} >= {"python", "ffmpeg", "server"}


def test_ctrl_c_ends_with_exit_code_0(platform: LivePlatform, live_channel: dict[str, object]) -> None:
    assert platform.stop() == 0
    assert "Traceback" not in platform.output()
