"""Transcoders die, hang and come back; the source never notices, and viewers of a rung wait at most two seconds."""

import signal
import subprocess
import time

import pytest

from hls_conformance import check_media_playlist
from ladders import last_part, publish_with_ladder, transcoder, wait_for_ladder
from live import TIDEGATE, LivePlatform, wait_for

NEXT_PART_S = 2.0
"""From the death of a transcoder to the next part of its renditions."""


def watcher(platform: LivePlatform, path: str, seconds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [TIDEGATE, "watch", f"{platform.url}/live/{path}", "--seconds", str(seconds), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def report(process: subprocess.Popen[str]) -> dict:
    import json  # noqa: PLC0415

    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    return json.loads(out)


def next_part_after(platform: LivePlatform, began: float) -> float:
    """Seconds from `began` to a part of the rendition that was not there when it was asked first."""
    before = last_part(platform, "show", "144p")
    wait_for("the next part", lambda: last_part(platform, "show", "144p") > before, 20)
    return time.monotonic() - began


@pytest.mark.serial
def test_killed_transcoder_is_replaced_and_nobody_reloads(platform: LivePlatform) -> None:
    publish_with_ladder(platform, "show")
    on_rung = watcher(platform, "show/144p/index.m3u8", 12)
    on_source = watcher(platform, "show/video/index.m3u8", 12)
    wait_for("watched", lambda: platform.stream("show")["viewers"] >= 1)
    time.sleep(3)
    began = time.monotonic()
    transcoder(platform).send_signal(signal.SIGKILL)
    took = next_part_after(platform, began)
    assert took <= NEXT_PART_S, took
    rung, source = report(on_rung), report(on_source)
    assert (source["rebuffers"], source["breaks"], source["gaps"]) == (0, 0, 0), source
    assert rung["state"] == "playing"
    assert (rung["breaks"], rung["gaps"], rung["discontinuities"]) == (0, 0, 0), rung
    assert rung["rebuffer_s"] <= NEXT_PART_S, rung
    text = platform.playlist("show", "144p")
    assert "GAP" not in text
    assert "#EXT-X-DISCONTINUITY\n" not in text
    check_media_playlist(text)
    ladder = wait_for_ladder(platform, "show")["ladder"]
    assert ladder["restarts"] >= 1


@pytest.mark.serial
def test_hanging_transcoder_is_noticed(platform: LivePlatform) -> None:
    publish_with_ladder(platform, "show")
    hung = transcoder(platform)
    hung.suspend()
    began = time.monotonic()
    wait_for("killed", lambda: not hung.is_running(), 10)
    assert time.monotonic() - began < 5.0
    assert next_part_after(platform, time.monotonic()) <= NEXT_PART_S
    wait_for_ladder(platform, "show")
    before = last_part(platform, "show", "video")
    wait_for("source", lambda: last_part(platform, "show", "video") > before)


@pytest.mark.serial
def test_killed_platform_comes_back_with_its_renditions(platform: LivePlatform) -> None:
    made = publish_with_ladder(platform, "show")
    assert made["ladder"]["state"] == "running"
    wait_for("segments", lambda: len(check_media_playlist(platform.playlist("show", "144p")).segments) >= 3)
    before = check_media_playlist(platform.playlist("show", "144p")).segments
    child = transcoder(platform)
    platform.kill()
    wait_for("no orphan", lambda: not child.is_running() or child.status() == "zombie", 10)
    platform.start()
    text = platform.playlist("show", "144p")
    after = [segment.uri for segment in check_media_playlist(text).segments]
    assert [segment.uri for segment in before[:3]] == [
        uri for uri in after if uri in {s.uri for s in before[:3]}
    ]
