"""The watch page in real Chromium: playing, its controls, and every way a stream can stop and go on."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from e2e.pages_rig import WIDTHS, Visitor, visiting
from live import LivePlatform, video_file
from tidegate.media.testcard import strip
from tidegate.media.testcard.types import CardJob, CardOptions

pytestmark = pytest.mark.serial  # a browser needs both cores to play in time


STRIP_WIDTH, STRIP_HEIGHT = 400, 225
ON_SCREEN = """([width, height]) => new Promise((resolve) => {
  const video = document.querySelector('video');
  video.requestVideoFrameCallback((now, frame) => {
    const pen = new OffscreenCanvas(width, height).getContext('2d');
    pen.drawImage(video, 0, 0, width, height);
    resolve({
      shown_ms: Date.now() + (frame.expectedDisplayTime - performance.now()),
      latency_s: window.__tidegate.latency().last,
      green: [...pen.getImageData(0, 0, width, height).data].filter((_, at) => at % 4 === 1),
    });
  });
})"""
"""The next frame on the screen: when it is shown, how late the page's meter calls it, and what it looks like."""


@contextlib.contextmanager
def test_card(platform: LivePlatform, key: str) -> Iterator[None]:
    """The test card as publisher; its strip says in every picture when it was drawn."""
    job = CardJob(f"{platform.rtmp_url}/{key}", "strip", CardOptions(640, 360, 30, 1000))
    with subprocess.Popen(
        [sys.executable, "-m", "tidegate.media.testcard"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as card:  # fmt: skip
        assert card.stdin
        card.stdin.write(msgspec.json.encode(job) + b"\n")
        card.stdin.flush()
        try:
            yield
        finally:
            card.stdin.close()


test_card.__test__ = False  # type: ignore[attr-defined]


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


def test_one_person_is_one_viewer_from_the_first_moment(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform) as visitor:
        counted: list[int] = []

        def settled() -> bool:
            counted.append(platform.stream("demo")["viewers"])
            return visitor.stats().get("phase") == "playing" and visitor.media_time() > began + 6

        visitor.open("/watch/demo", until="commit")
        visitor.until(
            "a picture", lambda: counted.append(platform.stream("demo")["viewers"]) or visitor.media_time()
        )
        began = visitor.media_time()
        visitor.until("six seconds", settled)
        stream = platform.stream("demo")
        assert (max(counted), stream["viewers"], stream["peak_viewers"]) == (1, 1, 1)


def drawn_to_screen_s(frame: dict[str, Any]) -> float:
    picture = np.array(frame["green"], np.uint8).reshape(STRIP_HEIGHT, STRIP_WIDTH)
    stamp = strip.decode(picture)
    assert stamp, "the strip cannot be read"
    return float(frame["shown_ms"] - stamp.wall_ms) / 1000


def test_its_latency_is_what_the_pictures_themselves_say(platform: LivePlatform) -> None:
    """Whichever part of a segment a viewer joins in: drawing precedes arrival by the encoder's time, and no more."""
    made = platform.create_channel("demo")
    with test_card(platform, made["ingest"]["key"]), visiting(platform) as visitor:
        platform.wait_for_state("demo", "live")
        # an encoder begins with a burst, and the dates take some segments to get over it
        visitor.until("steady dates", lambda: platform.stream("demo")["parts"] > 120, 40)
        for _ in range(3):
            page = visitor.open("/watch/demo")
            visitor.until_playing()
            for _ in range(4):
                frame = page.evaluate(ON_SCREEN, [STRIP_WIDTH, STRIP_HEIGHT])
                assert -0.02 < drawn_to_screen_s(frame) - frame["latency_s"] < 0.25
                page.wait_for_timeout(370)


def test_the_picture_comes_before_the_player_s_library(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform) as visitor:
        visitor.until("some segments to begin in", lambda: platform.stream("demo")["parts"] > 40)
        visitor.page.route("**/assets/hls-source-*", lambda _route: None)  # held
        page = visitor.open("/watch/demo", until="commit")  # the page has loaded when the library has
        visitor.until("a picture without the library", lambda: visitor.stats().get("total_frames", 0) > 5)
        assert visitor.stats()["source"] == "none"
        assert scene(visitor) in {"playing", "buffering"}
        before = visitor.media_time()
        page.unroute("**/assets/hls-source-*")  # lets go of what it held
        visitor.until("the library goes on", lambda: visitor.media_time() > before + 3)
        stats = visitor.stats()
        assert (stats["source"], stats["restarts"], stats["jumps"]) == ("hls.js", 0, 0)
        assert 0 < stats["startup_load_s"] < stats["startup_navigation_s"]
        buffered = page.evaluate("document.querySelector('video').buffered.length")
        assert buffered == 1  # what the library appends continues what lay there


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
        visitor.until("the page says so", lambda: scene(visitor) == "playing")


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
