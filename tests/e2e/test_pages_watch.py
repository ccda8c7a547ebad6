"""The watch page in real Chromium: playing, its controls, and every way a stream can stop and go on."""

import pytest

from e2e.pages_rig import WIDTHS, Visitor, visiting
from live import LivePlatform, video_file

pytestmark = pytest.mark.serial  # a browser needs both cores to play in time


def scene(visitor: Visitor) -> str:
    return visitor.page.locator(".stage").get_attribute("data-scene") or ""


def test_plays_close_to_live_and_says_so(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform) as visitor:
        page = visitor.open("/watch/demo")
        stats = visitor.until_playing()
        assert stats["source"] == "hls.js"
        assert stats["part_target_s"] == pytest.approx(0.2)
        assert 0 < stats["startup_load_s"] < 10
        page.get_by_role("button", name="Live", exact=True).wait_for()
        visitor.until("a latency", lambda: visitor.stats()["latency_s"]["frames"] > 30)
        assert visitor.stats()["latency_s"]["p50"] < 3.0
        assert page.get_by_text("watching").is_visible()
        assert page.get_by_role("heading", name="demo").is_visible()


def test_keys_and_controls(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform) as visitor:
        page = visitor.open("/watch/demo")
        visitor.until_playing()
        page.keyboard.press("k")
        visitor.until("paused", lambda: visitor.stats()["phase"] == "paused")
        page.get_by_role("button", name="Play").wait_for()
        page.keyboard.press("m")
        assert page.evaluate("document.querySelector('video').muted") is True
        page.keyboard.press("i")
        page.get_by_role("region", name="Statistics").wait_for()
        page.wait_for_timeout(4000)  # the stream goes on while the viewer pauses
        page.get_by_role("button", name="Go to live").click()
        visitor.until("live again", lambda: visitor.stats()["edge_latency_s"] < 2.5)
        visitor.until_playing()
        page.keyboard.press("ArrowLeft")
        visitor.until("five seconds back", lambda: visitor.stats()["edge_latency_s"] > 4)
        page.keyboard.press("?")
        page.get_by_role("dialog", name="Keys").wait_for()
        page.keyboard.press("Escape")
        page.keyboard.press("l")
        visitor.until("live by key", lambda: visitor.stats()["edge_latency_s"] < 2.5)


def test_a_waiting_viewer_sees_the_stream_begin_end_and_begin_again(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    with visiting(platform) as visitor:
        page = visitor.open("/watch/demo")
        page.get_by_text("This stream hasn't started").wait_for()
        pusher = platform.publish(made["ingest"]["key"])
        visitor.until_playing()
        pusher.say_goodbye()
        visitor.until("the end is shown", lambda: scene(visitor) == "ended", 40)
        page.get_by_role("button", name="Watch the last minutes again").click()
        visitor.until_playing()
        platform.publish(made["ingest"]["key"])
        visitor.until("the end again, or live", lambda: platform.stream("demo")["state"] == "live")
        visitor.until("live without a reload", lambda: 0 < visitor.stats().get("edge_latency_s", 99) < 3, 40)
        visitor.until_playing()


def test_goes_on_by_itself_after_a_cut_publisher(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    pusher = platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform) as visitor:
        page = visitor.open("/watch/demo")
        visitor.until_playing()
        pusher.cut()
        page.get_by_text("The stream was interrupted.").wait_for(timeout=30_000)
        page.wait_for_timeout(6000)
        platform.publish(made["ingest"]["key"], video_file(size="640x360"))
        stats = visitor.until_playing(40)
        visitor.until("the new picture", lambda: visitor.stats()["width"] == 640)
        assert stats["restarts"] == 0
        assert scene(visitor) == "playing"


def test_goes_on_by_itself_after_the_whole_platform_was_killed(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform) as visitor:
        visitor.open("/watch/demo")
        visitor.until_playing()
        platform.kill()
        visitor.page.wait_for_timeout(3000)
        platform.start()
        platform.publish(made["ingest"]["key"])
        platform.wait_for_state("demo", "live")
        visitor.until_playing(60)
        visitor.until("at the live edge", lambda: 0 < visitor.stats()["edge_latency_s"] < 4, 30)
        visitor.wrongs.clear()  # refused connections while there was no server


def test_an_unknown_channel_is_a_sentence(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open("/watch/nobody")
        page.get_by_text("There is no such channel").wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_fits_its_window(platform: LivePlatform, width: int) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform, viewport={"width": width, "height": 700}) as visitor:
        page = visitor.open("/watch/demo")
        visitor.until_playing()
        assert visitor.overflowing() == []
        picture = page.locator("video").bounding_box()
        assert picture
        assert picture["y"] < 100
        for name in ("Pause", "Live", "Full screen"):
            button = page.get_by_role("button", name=name, exact=True).bounding_box()
            assert button
            assert button["x"] >= 0
            assert button["x"] + button["width"] <= width
