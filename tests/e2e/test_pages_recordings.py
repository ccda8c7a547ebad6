"""What people do with recordings in a real browser: watch, jump, cut, keep, go back in a running stream."""

import json
import os
from pathlib import Path

import pytest

from e2e.pages_rig import Visitor, chromium
from live import LivePlatform, running, video_file, wait_for

pytestmark = pytest.mark.serial

SHOTS = os.environ.get("TIDEGATE_TEST_SHOTS")


def shot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_watch_jump_cut_and_keep_a_recording(tmp_path: Path) -> None:
    with running(tmp_path / "data", linger_s=1, grace_s=1, window_s=15) as platform, chromium() as browser:
        key = platform.create_channel("demo")["ingest"]["key"]
        pusher = platform.publish(key, video_file(20))
        platform.wait_for_state("demo", "live")

        def growing() -> bool:
            items = json.loads(platform.get("/api/v1/recordings", token=True)[1])["items"]
            return bool(items and items[0]["duration_s"] > 24)

        wait_for("a recording that grows", growing, 60)
        visitor = Visitor(platform, browser.new_context(viewport={"width": 1280, "height": 900}))
        visitor.open("/watch/demo/past")
        visitor.until("it plays from earlier", lambda: visitor.media_time() > 0.5, 30)
        reach = visitor.page.evaluate(
            "(() => { const s = document.querySelector('video').seekable; return s.end(0) - s.start(0) })()"
        )
        assert reach > 16, "further back than the live playlist lists"
        shot(visitor, "past")
        pusher.say_goodbye()
        made = wait_for("it to be ready", lambda: _ready(platform), 30)
        page = visitor.open_signed_in(f"/watch/demo/{made['id']}")
        visitor.until("a length", lambda: page.evaluate("document.querySelector('video')?.duration > 20"), 30)
        page.evaluate("document.querySelector('video').play()")
        visitor.until("it plays", lambda: visitor.media_time() > 0.3)
        visitor.until(
            "a storyboard", lambda: platform.get(f"/vod/demo/{made['id']}/storyboard.vtt")[0] == 200, 60
        )
        page.reload()
        strip = page.get_by_role("slider", name="Position")
        strip.wait_for()
        visitor.until(
            "a length again", lambda: page.evaluate("document.querySelector('video')?.duration > 20")
        )
        box = strip.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 10)
        visitor.until("a picture of there", lambda: page.locator(".timeline-tile").count() == 1, 40)
        shot(visitor, "recording")
        page.mouse.down()
        page.mouse.up()
        visitor.until("it jumps", lambda: visitor.media_time() > 8)
        page.get_by_role("button", name="Begin here").click()
        strip.click(position={"x": box["width"] * 0.8, "y": 10})
        visitor.until("it jumps on", lambda: visitor.media_time() > 14)
        page.get_by_role("button", name="End here").click()
        page.get_by_label("Title").fill("The best of it")
        page.get_by_role("button", name="Cut clip").click()
        page.get_by_text("The clip is ready").wait_for(timeout=20_000)
        shot(visitor, "clip")
        page = visitor.open("/studio/demo")
        page.get_by_role("heading", name="Clip: The best of it").wait_for()
        keep = page.get_by_role("button", name="Keep").first
        keep.click()
        page.get_by_role("button", name="Kept").wait_for()
        shot(visitor, "studio")
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        wrongs = [wrong for wrong in visitor.wrongs if "404" not in wrong]  # a picture not drawn yet
        assert wrongs == []


def _ready(platform: LivePlatform) -> dict[str, object] | None:
    items = json.loads(platform.get("/api/v1/recordings", token=True)[1])["items"]
    return next((item for item in items if item["state"] == "ready"), None)
