"""Clips of what was just on air, over HTTP and from the pages: by those signed in, and by viewers where a channel lets them."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.pages_rig import Visitor, chromium
from live import LivePlatform, running, video_file, wait_for

pytestmark = pytest.mark.serial

SHOTS = os.environ.get("TIDEGATE_TEST_SHOTS")


@pytest.fixture
def platform(tmp_path: Path) -> Any:
    with running(tmp_path / "data", linger_s=1, grace_s=1, window_s=15) as live:
        yield live


def shot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        for width, height in ((1280, 900), (390, 844)):
            visitor.page.set_viewport_size({"width": width, "height": height})
            visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)


def on_air(platform: LivePlatform) -> None:
    """Until ten seconds of channel `demo` are recorded."""

    def grown() -> bool:
        items = json.loads(platform.get("/api/v1/recordings", token=True)[1])["items"]
        return bool(items and items[0]["duration_s"] > 10)

    platform.publish(platform.create_channel("demo")["ingest"]["key"], video_file(20))
    platform.wait_for_state("demo", "live")
    wait_for("ten recorded seconds", grown, 60)


def test_live_clips_over_http(platform: LivePlatform) -> None:
    platform.create_channel("quiet")
    on_air(platform)
    admin = {"authorization": f"Bearer {platform.admin_token}"}
    with httpx.Client(base_url=f"{platform.url}/api/v1", trust_env=False, timeout=20) as client:

        def post(path: str, last_s: float, headers: dict[str, str] | None = None) -> tuple[int, Any]:
            answer = client.post(path, json={"last_s": last_s}, headers=headers)
            return answer.status_code, answer.json()

        assert post("/channels/demo/clips", 8)[0] == 401
        assert post("/channels/nobody/clips", 8, admin)[0] == 404
        assert post("/channels/demo/clips", 4000, admin)[0] == 400
        status, refused = post("/channels/quiet/clips", 8, admin)
        assert (status, refused["code"]) == (409, "nothing-recorded")
        status, made = post("/channels/demo/clips", 8, admin)
        assert (status, made["state"]) == (201, "making")

        def ready(path: str, headers: dict[str, str] | None = None) -> Any:
            got = client.get(path, headers=headers).json()
            return got if got["state"] != "making" else None

        clip = wait_for("the clip", lambda: ready(f"/recordings/{made['id']}", admin), 40)
        assert clip["state"] == "ready"
        assert 8 <= clip["duration_s"] <= 11
        assert client.get(clip["playback"]["mp4"]).content[4:8] == b"ftyp"

        assert client.get("/watch/demo").json()["clips"] == "nobody"
        assert client.get("/watch/demo", headers=admin).json()["clips"] == "signed-in"
        status, refused = post("/watch/demo/clips", 8)
        assert (status, refused["code"]) == (403, "clips-closed")
        done = platform.cli("setting", "set", "clips.public", "true", "--channel", "demo", "--reason", "Fans")
        assert done.returncode == 0, done.stderr
        assert client.get("/watch/demo").json()["clips"] == "viewers"
        assert client.get("/watch/quiet").json()["clips"] == "nobody"
        assert post("/watch/demo/clips", 61)[0] == 400
        status, made = post("/watch/demo/clips", 8)
        assert (status, made["state"]) == (201, "making")
        clip = wait_for("the viewer's clip", lambda: ready(f"/watch/demo/recordings/{made['id']}"), 40)
        assert clip["state"] == "ready"
        assert client.get(clip["mp4"]).status_code == 200
        assert [post("/watch/demo/clips", 1)[0] for _ in range(3)] == [201, 201, 429]


def test_clip_button(platform: LivePlatform) -> None:
    on_air(platform)
    with chromium() as browser:
        viewer = Visitor(platform, browser.new_context())
        page = viewer.open("/watch/demo")
        page.get_by_text("Watch from earlier").wait_for()
        assert page.get_by_role("button", name="Clip last 30 s").count() == 0
        owner = Visitor(platform, browser.new_context())
        page = owner.open_signed_in("/studio/demo")
        page.get_by_role("button", name="Clip last 30 s").click()
        page.get_by_role("link", name="Watch the clip").wait_for(timeout=40_000)
        shot(owner, "clip-studio")
        page = owner.open("/watch/demo")
        page.get_by_role("button", name="Clip last 30 s").click()
        page.get_by_text("Cutting").wait_for()
        shot(owner, "clip-cutting")
        page.get_by_role("link", name="Watch the clip").wait_for(timeout=40_000)
        shot(owner, "clip-watch")
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.get_by_role("link", name="Watch the clip").click()
        owner.until("the clip plays", lambda: page.evaluate("document.querySelector('video')?.duration > 10"))
        assert [wrong for wrong in owner.wrongs if "404" not in wrong] == []
        assert (
            platform.cli(
                "setting", "set", "clips.public", "true", "--channel", "demo", "--reason", "Fans"
            ).returncode
            == 0
        )
        page = viewer.page
        page.get_by_role("button", name="Clip last 30 s").click(timeout=20_000)
        page.get_by_role("link", name="Download MP4").wait_for(timeout=40_000)
        assert viewer.wrongs == []
        for _ in range(2):
            page.get_by_role("button", name="Clip last 30 s").click()
            page.get_by_role("link", name="Download MP4").wait_for(timeout=40_000)
        page.get_by_role("button", name="Clip last 30 s").click()
        page.get_by_text("You have just cut some clips.").wait_for()
        shot(viewer, "clip-refused")
