"""Players on a network that becomes thin: they go down a rung, and up again when it is wide."""

import asyncio
import contextlib
import random
import re

import pytest
from playwright.sync_api import Route

from e2e.pages_rig import visiting
from ladders import switch_on, wait_for_ladder
from live import LivePlatform, running, video_file
from throttle import throttled
from tidegate.core.clock import SystemClock
from tidegate.media.player.address import parse_address
from tidegate.media.player.memo import PlaylistMemo
from tidegate.media.player.tally import Timings
from tidegate.media.player.types import PlayerOptions
from tidegate.media.player.viewer import Viewer

pytestmark = pytest.mark.serial

SOURCE_KBPS, RUNG_KBPS, THIN_KBPS = 1500, 700, 1150
"""hls.js counts each part as having taken 50 ms at least, so it climbs to a rung of at most 2.8 times the bits."""


@pytest.fixture
def stage(tmp_path):
    """A channel of 360p with one rung of 180p."""
    with running(tmp_path / "data") as platform:
        made = platform.create_channel("show")
        switch_on(platform, "show", f"180p@{RUNG_KBPS}")
        platform.publish(made["ingest"]["key"], video_file(size="640x360", kbps=SOURCE_KBPS))
        platform.wait_for_state("show", "live")
        wait_for_ladder(platform, "show")
        yield platform


def test_chromium_switches_down_and_up(stage: LivePlatform) -> None:
    with visiting(stage) as visitor:
        page = visitor.open("/watch/show")
        visitor.until_playing()

        def height() -> int:
            return int(page.evaluate("document.querySelector('video').videoHeight"))

        def limit(kbps: float) -> None:
            network.send(
                "Network.emulateNetworkConditions",
                {"offline": False, "latency": 5, "downloadThroughput": kbps * 125, "uploadThroughput": -1},
            )

        visitor.until("the source's picture", lambda: height() == 360, 40)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        limit(THIN_KBPS)
        visitor.until("the rung", lambda: height() == 180, 60)
        limit(-1 / 125)
        visitor.until("the source again", lambda: height() == 360, 60)
        page.get_by_role(
            "button", name="Quality"
        ).focus()  # controls that nobody uses are hidden from the pointer
        page.keyboard.press("Enter")
        page.get_by_role("menuitemradio", name=re.compile("^180p")).focus()
        page.keyboard.press("Enter")
        visitor.until("the rung by choice", lambda: height() == 180, 30)
        stage.cli_json("setting", "set", "ladder.enabled", "false", "--channel", "show", "--json")
        visitor.until("the source when the rung is gone", lambda: height() == 360, 60)


def test_a_private_link_opens_at_the_source_before_the_library_is_there(stage: LivePlatform) -> None:
    stage.cli_json("setting", "set", "playback.access", "token", "--channel", "show", "--json")
    token = stage.cli_json("channel", "token", "show", "--json")["token"]
    with visiting(stage) as visitor:
        visitor.until("some segments to begin in", lambda: stage.stream("show")["parts"] > 40)
        asked: list[str] = []
        visitor.page.on("request", lambda request: asked.append(request.url))
        held: list[Route] = []

        def hold(route: Route) -> None:  # the driver wants a function of Python's own
            held.append(route)

        visitor.page.route("**/assets/hls-source-*", hold)
        visitor.open(f"/watch/show?token={token}", until="commit")
        visitor.until("a picture without the library", lambda: visitor.stats().get("total_frames", 0) > 5)
        assert visitor.stats()["source"] == "none"
        assert any("/show/video/part-" in url for url in asked)
        assert not any("/show/180p/" in url for url in asked)
        for route in held:
            route.continue_()
        visitor.page.unroute("**/assets/hls-source-*")
        stats = visitor.until_playing()
        assert (stats["source"], stats["restarts"]) == ("hls.js", 0)
        visitor.page.get_by_role("button", name="Quality").focus()
        visitor.page.keyboard.press("Enter")
        for rung in ("Auto", "360p", "180p"):
            visitor.page.get_by_role("menuitemradio", name=re.compile(f"^{rung}")).wait_for()


def test_the_headless_player_switches_down_and_up(stage: LivePlatform) -> None:
    asyncio.run(_through_thin_and_wide(stage.http_port))


async def _through_thin_and_wide(port: int) -> None:
    async with throttled(port) as network:
        clock = SystemClock()
        viewer = Viewer(
            parse_address(f"http://127.0.0.1:{network.port}/live/show/index.m3u8"),
            PlayerOptions(),
            clock,
            random.Random(1),
            memo=PlaylistMemo(),
            timings=Timings(),
            tls=lambda: pytest.fail("no TLS here"),
        )
        playing = asyncio.ensure_future(viewer.run())

        async def until(rendition: str) -> None:
            async with asyncio.timeout(60):
                while not viewer.report().rendition.startswith(rendition):
                    assert not playing.done()
                    await asyncio.sleep(0.1)

        try:
            await until("640x360")
            network.bps = THIN_KBPS * 1000
            await until("320x180")
            network.bps = 0
            await until("640x360")
            assert viewer.report().state in ("playing", "stalled")
            assert viewer.report().rendition_switches >= 2
        finally:
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing
