"""Publish with real ffmpeg, go back while it runs, watch the recording afterwards, with real players."""

import io
import json
import re
import subprocess
from typing import Any

import av
import httpx
import pytest

from hls_conformance import parse_media_playlist
from live import LivePlatform, running, video_file, wait_for


def recordings(platform: LivePlatform) -> list[dict[str, Any]]:
    status, body = platform.get("/api/v1/recordings", token=True)
    assert status == 200, body
    items: list[dict[str, Any]] = json.loads(body)["items"]
    return items


def frames(address: str) -> int:
    """How many frames ffprobe decodes."""
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames",
         "-of", "csv=p=0", address],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return int(done.stdout.split()[0].strip(","))


@pytest.fixture
def quick_end(tmp_path) -> Any:  # type: ignore[no-untyped-def]
    """A platform whose broadcasts end soon after their publisher."""
    with running(tmp_path / "data", linger_s=1, grace_s=1, window_s=15) as live:
        yield live


def test_record_go_back_end_and_play(quick_end: LivePlatform) -> None:
    platform = quick_end
    key = platform.create_channel("demo")["ingest"]["key"]
    pusher = platform.publish(key, video_file(20))
    platform.wait_for_state("demo", "live")

    def grown() -> dict[str, Any] | None:
        found = recordings(platform)
        return found[0] if found and found[0]["duration_s"] > 24 else None

    growing = wait_for("a recording that grows", grown, 60)
    assert growing["state"] == "growing"
    _, live = platform.get("/live/demo/video/index.m3u8")
    status, past = platform.get("/live/demo/video/dvr.m3u8")
    assert status == 200
    listed = parse_media_playlist(past.decode())
    assert listed.segments[0].msn < parse_media_playlist(live.decode()).segments[0].msn
    assert platform.get(f"/live/demo/video/{listed.segments[0].uri}")[0] == 200
    pusher.say_goodbye()
    made = wait_for(
        "the recording to be ready",
        lambda: next((each for each in recordings(platform) if each["state"] != "growing"), None),
        30,
    )
    assert made["state"] == "ready"
    assert made["id"] == growing["id"]
    assert frames(made["playback"]["hls"]) == pytest.approx(made["duration_s"] * 30, abs=3)
    shown = platform.cli_json("recording", "show", made["id"], "--json")
    assert shown["bytes"] == made["bytes"]
    assert platform.cli("recording", "delete", made["id"], "--yes").returncode == 0
    assert recordings(platform) == []


def test_kill_9_while_recording_keeps_what_was_stored(quick_end: LivePlatform) -> None:
    platform = quick_end
    key = platform.create_channel("demo")["ingest"]["key"]
    platform.publish(key)
    platform.wait_for_state("demo", "live")
    wait_for("ten segments", lambda: platform.playlist("demo").count("#EXTINF") >= 10, 60)
    platform.kill()
    for pusher in platform.pushers:
        pusher.cut()
    platform.start()
    made = wait_for(
        "the recording to be finished",
        lambda: next((each for each in recordings(platform) if each["state"] != "growing"), None),
        30,
    )
    assert made["state"] == "partial"
    assert made["duration_s"] - made["gap_s"] >= 9
    assert frames(made["playback"]["hls"]) >= 9 * 30 - 2


def test_the_file_plays_and_seeks_over_http(quick_end: LivePlatform, tmp_path) -> None:  # type: ignore[no-untyped-def]
    platform = quick_end
    key = platform.create_channel("demo")["ingest"]["key"]
    pusher = platform.publish(key, video_file(20))
    platform.wait_for_state("demo", "live")
    wait_for("ten segments", lambda: platform.playlist("demo").count("#EXTINF") >= 10, 60)
    pusher.say_goodbye()
    made = wait_for(
        "a recording", lambda: next((e for e in recordings(platform) if e["state"] == "ready"), None)
    )
    address = made["playback"]["mp4"]
    assert frames(address) == pytest.approx(made["duration_s"] * 30, abs=3)
    seek = subprocess.run(
        ["ffmpeg", "-v", "error", "-ss", "6", "-i", address, "-frames:v", "1", "-f", "rawvideo", "-"],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (seek.returncode, seek.stderr, len(seek.stdout)) == (0, b"", 320 * 180 * 3 // 2)
    whole = platform.get(f"/download/demo/{made['id']}.mp4")[1]
    saved = platform.cli("recording", "download", made["id"], "--to", str(tmp_path / "demo.mp4"))
    assert saved.returncode == 0, saved.stderr
    assert (tmp_path / "demo.mp4").read_bytes() == whole
    with httpx.Client(base_url=platform.url, trust_env=False) as client:
        path = f"/download/demo/{made['id']}.mp4"
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) == len(whole)
        part = client.get(path, headers={"range": "bytes=1000-1999"})
        assert (part.status_code, part.content) == (206, whole[1000:2000])
        assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
        tail = client.get(path, headers={"range": "bytes=-100"})
        assert tail.content == whole[-100:]
        assert client.get(path, headers={"range": f"bytes={len(whole)}-"}).status_code == 416
        assert client.get("/download/demo/rec_local_00000.mp4").status_code == 404
        assert client.get("/download/demo/..%2f..%2fadmin-token").status_code == 404


def test_a_clip_of_what_was_just_on_air_decodes(quick_end: LivePlatform) -> None:
    platform = quick_end
    key = platform.create_channel("demo")["ingest"]["key"]
    platform.publish(key, video_file(20))
    platform.wait_for_state("demo", "live")
    growing = wait_for(
        "fifteen seconds", lambda: next((e for e in recordings(platform) if e["duration_s"] > 15), None), 60
    )
    clip = platform.cli_json("recording", "clip", growing["id"], "3.5", "8", "--title", "Goal", "--json")
    assert (clip["state"], clip["title"], clip["source"]) == ("ready", "Goal", growing["id"])
    assert clip["duration_s"] == pytest.approx(5, abs=0.1)
    assert frames(clip["playback"]["hls"]) == pytest.approx(150, abs=2)
    assert frames(clip["playback"]["mp4"]) == pytest.approx(150, abs=2)


def test_pictures_show_what_was_on_screen(quick_end: LivePlatform) -> None:
    platform = quick_end
    key = platform.create_channel("demo")["ingest"]["key"]
    pusher = platform.publish(key, video_file(20))
    platform.wait_for_state("demo", "live")
    wait_for("twelve segments", lambda: platform.playlist("demo").count("#EXTINF") >= 12, 60)
    pusher.say_goodbye()
    made = wait_for(
        "a recording", lambda: next((e for e in recordings(platform) if e["state"] == "ready"), None)
    )
    base = f"/vod/demo/{made['id']}"

    def drawn(file: str) -> bytes | None:
        status, body = platform.get(f"{base}/{file}")
        return body if status == 200 else None

    track = wait_for("a storyboard", lambda: drawn("storyboard.vtt"), 60).decode()
    cues = re.findall(r"(\S+) --> \S+\nstoryboard\.jpg#xywh=(\d+),(\d+),160,90\n", track)
    assert len(cues) == pytest.approx(made["duration_s"] / 2, abs=1)
    assert cues[0] == ("00:00:00.000", "0", "0")
    sizes = {}
    for file in ("poster.jpg", "storyboard.jpg"):
        with av.open(io.BytesIO(drawn(file) or b"")) as picture:
            frame = next(picture.decode(video=0))
        sizes[file] = (frame.width, frame.height)
        assert frame.to_ndarray(format="gray").std() > 20, "a picture, not a plain colour"
    assert sizes["poster.jpg"] == (640, 360)
    assert sizes["storyboard.jpg"][0] == 1600
