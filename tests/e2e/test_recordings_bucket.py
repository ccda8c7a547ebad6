"""A recording in a bucket, through a whole platform: made, taken over a restart, played, cut and removed."""

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buckets import CREDENTIALS, Bucket, BucketServer
from e2e.test_recordings import frames, recordings
from live import LivePlatform, wait_for


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    server = BucketServer()
    server.start()
    try:
        made = Bucket(server, "recordings")
        made.make()
        yield made
    finally:
        server.stop()


@pytest.fixture
def platform(bucket: Bucket, tmp_path: Path) -> Iterator[LivePlatform]:
    address = f"s3://{bucket.name}/tenant/one?endpoint={bucket.server.endpoint}"
    live = LivePlatform(tmp_path / "data", objects=address, linger_s=1, grace_s=20, window_s=15)
    live.environment |= {
        "AWS_ACCESS_KEY_ID": CREDENTIALS["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["secret_access_key"],
    }
    try:
        yield live.start()
    finally:
        live.stop()


def keys(bucket: Bucket) -> list[str]:
    address = f"{bucket.server.endpoint}/{bucket.name}?list-type=2&prefix=tenant/one/"
    with urllib.request.urlopen(address, timeout=10) as answer:
        return re.findall(r"<Key>([^<]+)</Key>", answer.read().decode())


def reels(bucket: Bucket) -> list[str]:
    return [key for key in keys(bucket) if "/reel-" in key]


def ended(platform: LivePlatform) -> dict[str, Any] | None:
    return next((each for each in recordings(platform) if each["state"] != "growing"), None)


def test_a_recording_in_a_bucket_from_beginning_to_end(platform: LivePlatform, bucket: Bucket) -> None:
    key = platform.create_channel("demo")["ingest"]["key"]
    platform.publish(key)
    platform.wait_for_state("demo", "live")
    wait_for("some segments", lambda: platform.playlist("demo").count("#EXTINF") >= 5, 60)
    platform.kill()
    platform.pushers[0].cut()
    platform.start()
    pusher = platform.publish(key)
    platform.wait_for_state("demo", "live")
    began = recordings(platform)[0]["duration_s"]
    wait_for("as much again", lambda: recordings(platform)[0]["duration_s"] > began + 9, 60)
    pusher.say_goodbye()
    made = wait_for("the recording's end", lambda: ended(platform), 60)
    assert made["duration_s"] - made["gap_s"] > 5
    spool = platform.data / "spool"
    waits = lambda: [path for path in spool.rglob("reel-*") if path.is_file()]  # noqa: E731
    wait_for("everything to be in the bucket", lambda: reels(bucket) and not waits(), 60)
    assert platform.stop() == 0
    shutil.rmtree(spool, ignore_errors=True)
    platform.start()

    (kept,) = recordings(platform)
    assert (kept["id"], kept["state"], kept["bytes"]) == (made["id"], made["state"], made["bytes"])
    played = frames(kept["playback"]["hls"])
    assert played == pytest.approx((kept["duration_s"] - kept["gap_s"]) * 30, abs=5)
    clip = platform.cli_json("recording", "clip", kept["id"], "1", "4", "--json")
    assert frames(clip["playback"]["hls"]) == pytest.approx((clip["duration_s"] - clip["gap_s"]) * 30, abs=2)
    assert platform.get(f"/download/demo/{clip['id']}.mp4")[0] == 200

    assert platform.cli("recording", "delete", kept["id"], "--yes").returncode == 0
    wait_for(
        "its media to be gone",
        lambda: not any(kept["id"].replace("rec_", "bro_") in key for key in reels(bucket)),
        30,
    )
    assert frames(clip["playback"]["hls"]) > 0, "a clip has media of its own"
    assert platform.cli("recording", "delete", clip["id"], "--yes").returncode == 0
    wait_for("the bucket to be empty", lambda: reels(bucket) == [], 30)
    assert json.loads(platform.get("/api/v1/recordings", token=True)[1])["items"] == []
