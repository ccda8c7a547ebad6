"""The console's numbers in real Chromium: from everything down to one real viewer, by facts that a real player told."""

import json
import re
import statistics
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.pages_rig import WIDTHS, Visitor, visiting
from live import LivePlatform, Pusher, wait_for

pytestmark = pytest.mark.serial  # a browser needs both cores to play in time

KNOWN_TO_SHOWN_S = 3.0
"""Between a number that the API gives and the same on screen: the page asks every 1.5 s."""


@pytest.fixture
def pusher(platform: LivePlatform) -> Pusher:
    """Publishes to a live channel `demo`."""
    pusher = platform.publish(platform.create_channel("demo")["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    return pusher


@pytest.fixture
def on_air(platform: LivePlatform, pusher: Pusher) -> LivePlatform:
    """A platform with a live channel `demo`, whose telemetry answers."""
    assert pusher.running
    wait_for("telemetry answers", lambda: ask(platform, "cpu_used") is not None, 60)
    return platform


def ask(platform: LivePlatform, indicator: str) -> float | None:
    """What the API says of the last five minutes; None where it does not answer or has no data."""
    now = time.time()
    request = urllib.request.Request(
        f"{platform.url}/api/v1/indicators/query",
        json.dumps({"indicators": [indicator], "from": now - 300, "to": now}).encode(),
        {"Authorization": f"Bearer {platform.admin_token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            rows: list[list[Any]] = json.load(response)["rows"]
    except urllib.error.HTTPError:
        return None
    return rows[0][0] if rows else None


def tile(page: Page, indicator: str) -> Any:
    return page.locator(f'.tile[data-indicator="{indicator}"] strong')


def fits(visitor: Visitor) -> None:
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 800})
        assert visitor.overflowing() == [], width
    visitor.page.set_viewport_size({"width": 1440, "height": 900})


def test_from_a_number_down_to_one_viewers_story(on_air: LivePlatform) -> None:
    with visiting(on_air) as visitor:
        page = visitor.open_signed_in("/console?last=300")
        watching = page.context.new_page()
        watching.goto(f"{on_air.url}/watch/demo")
        page.bring_to_front()
        expect(tile(page, "plays")).to_have_text("1", timeout=30_000)
        fits(visitor)

        # a number opens what is behind it, and its query gives the same number
        page.locator('.tile[data-indicator="plays"]').click()
        drawer = page.get_by_role("dialog", name="Plays")
        expect(drawer.locator("pre", has_text="FROM tidegate.playback")).to_be_visible()
        expect(page).to_have_url(re.compile("show=plays"))
        assert ask(on_air, "plays") == 1.0
        page.keyboard.press("Escape")
        expect(page).not_to_have_url(re.compile("show="))

        # down: region, channel, health
        page.locator(".region", has_text="local").click()
        expect(page).to_have_url(re.compile(r"region=local&last=300"))
        page.locator(".parts").get_by_role("link", name="demo", exact=True).click()
        expect(page).to_have_url(re.compile(r"region=local&channel=demo&last=300"))
        page.get_by_role("navigation", name="Of this slice").get_by_role("link", name="Stream health").click()
        expect(page.locator(".health-chart")).to_have_count(4)
        chart = page.locator(".health-chart", has_text="What players play against the ladder")
        expect(chart.locator("canvas")).to_be_visible(timeout=20_000)
        fits(visitor)

        # and to the viewer
        page.get_by_role("navigation", name="Of this stream").get_by_role("link", name="Sessions").click()
        page.locator(".session-name a").first.click()
        expect(page).to_have_url(re.compile(r"/console/sessions/.+\?region=local&channel=demo&last=300"))
        expect(page.get_by_text(re.compile("First picture, .* after the wish to play"))).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("^States in order: .*Playing"))).to_be_visible()
        fits(visitor)

        # back up by the way that was taken
        page.get_by_role("navigation", name="The way down").get_by_role("link", name="local").click()
        expect(page).to_have_url(re.compile(r"/console/sessions\?region=local&last=300$"))
        watching.close()


def test_a_number_is_on_the_console_as_soon_as_it_is_known(on_air: LivePlatform) -> None:
    with visiting(on_air) as visitor:
        page = visitor.open_signed_in("/console?last=300")
        later: list[float] = []
        for turn in range(1, 4):
            watching = page.context.new_page()
            watching.goto(f"{on_air.url}/watch/demo")
            page.bring_to_front()
            visitor.until("the player's word is stored", lambda turn=turn: ask(on_air, "plays") == turn, 60)
            known = time.monotonic()
            expect(tile(page, "plays")).to_have_text(str(turn), timeout=30_000)
            later.append(time.monotonic() - known)
            watching.close()
        assert statistics.median(later) <= KNOWN_TO_SHOWN_S, later


def test_what_a_node_writes_is_found_and_followed(on_air: LivePlatform, pusher: Pusher) -> None:
    with visiting(on_air) as visitor:
        page = visitor.open_signed_in("/console/logs?q=demo&last=300")
        line = page.locator(".log-lines li", has_text="stream_state").first
        search = page.get_by_role("button", name="Search again")
        for _ in range(20):  # written a moment ago, stored within a second or two
            if line.is_visible():
                break
            search.click()
            page.wait_for_timeout(500)
        line.locator("summary").click()
        line.get_by_role("link", name="demo", exact=True).click()
        expect(page).to_have_url(re.compile("channel=demo"))
        page.get_by_role("button", name="Follow live").click()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        pusher.cut()
        expect(page.locator(".log-lines li", has_text="demo").first).to_be_visible(timeout=10_000)
        fits(visitor)


def test_alerts_page_says_that_rules_are_looked_at(on_air: LivePlatform) -> None:
    with visiting(on_air) as visitor:
        page = visitor.open_signed_in("/console/alerts")
        expect(page.get_by_role("heading", name="Rules")).to_be_visible()
        expect(page.locator(".rules li").first).to_be_visible()
        # a node takes the rules over some seconds after it started
        expect(page.get_by_text("Nobody looks at the rules.")).to_have_count(0, timeout=30_000)
        fits(visitor)


def test_hostile_addresses_are_words_and_nothing_else(on_air: LivePlatform) -> None:
    hostile = "%27%3B%20DROP%20TABLE%20playback%3B--"
    with visiting(on_air) as visitor:
        page = visitor.open_signed_in(f"/console?channel={hostile}&show=plays")
        drawer = page.get_by_role("dialog", name="Plays")
        expect(drawer.locator(".drawer-value strong").first).to_have_text("--")
        expect(drawer.get_by_text("channel '; DROP TABLE playback;--")).to_be_visible()
        assert ask(on_air, "cpu_used") is not None
        visitor.open("/console?region=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&last=x&show=~~~")
        expect(page.get_by_role("heading", name="What viewers feel")).to_be_visible()
