"""The ops console, the API reference and the front page in real Chromium."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

import tidegate.api.app
import tidegate.media.edge.http1
import tidegate.media.gateway.cmaf.server
import tidegate.store.errors
from e2e.pages_rig import WIDTHS, visiting
from live import LivePlatform
from tidegate.core.errors import TidegateError

pytestmark = pytest.mark.serial  # a browser needs both cores to play in time


def test_console_shows_streams_nodes_and_events_as_they_happen(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    with visiting(platform) as visitor:
        page = visitor.open_signed_in("/console")
        expect(page.get_by_role("heading", name="No streams")).to_be_visible()
        expect(page.locator(".events .pill").first).to_have_text("Connected")
        pusher = platform.publish(made["ingest"]["key"])
        row = page.locator("tr", has=page.get_by_role("link", name="demo", exact=True))
        expect(row.get_by_text("Live")).to_be_visible(timeout=20_000)
        expect(page.locator(".events li", has_text="demo").first).to_be_visible()
        expect(page.locator(".node").first).to_contain_text("free")
        pusher.cut()
        expect(row.get_by_text("Interrupted")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Viewers").click()
        expect(page.get_by_role("columnheader", name="Viewers")).to_have_attribute("aria-sort", "descending")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert visitor.overflowing() == [], width


def test_console_says_when_it_is_disconnected_and_recovers(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open_signed_in("/console")
        expect(page.get_by_text("Updated")).to_be_visible()
        platform.kill()
        expect(page.get_by_text("Disconnected: this is how it was")).to_be_visible(timeout=30_000)
        platform.start()
        expect(page.get_by_text("Updated")).to_be_visible(timeout=40_000)
        visitor.wrongs.clear()  # refused connections while there was no server


def test_reference_holds_every_operation_and_its_example_is_real(platform: LivePlatform) -> None:
    status, body = platform.get("/api/v1/openapi.json")
    assert status == 200
    operations = [
        operation["operationId"]
        for methods in json.loads(body)["paths"].values()
        for operation in methods.values()
    ]
    with visiting(platform) as visitor:
        page = visitor.open("/docs")
        expect(page.get_by_role("heading", name="Tidegate API")).to_be_visible()
        for operation in operations:
            assert page.locator(f"#{operation}").count() == 1
        curl = page.locator("article", has=page.locator("#createChannel")).locator("pre").last.inner_text()
        assert f"{platform.url}/api/v1/channels" in curl
        assert "$TIDEGATE_TOKEN" in curl
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert visitor.overflowing() == [], width


LOADED = (
    tidegate.api.app,
    tidegate.media.gateway.cmaf.server,
    tidegate.media.edge.http1,
    tidegate.store.errors,
)
"""Modules whose errors must be known before they are counted."""


def error_codes() -> set[str]:
    """The codes of every error that the API, or what it calls, may answer with."""

    def below(base: type[TidegateError]) -> Iterator[type[TidegateError]]:
        for error in base.__subclasses__():
            yield error
            yield from below(error)

    answered = (
        "tidegate.core",
        "tidegate.api",
        "tidegate.store",
        "tidegate.media.channels",
        "tidegate.media.edge.http1",
        "tidegate.media.gateway.cmaf",
        "tidegate.media.cmaf",
        "tidegate.media.codecs",
        "tidegate.media.access",
        "tidegate.media.beacons",
        "tidegate.media.recordings",
        "tidegate.settings",
        "tidegate.webhooks",
        "tidegate.telemetry",
        "tidegate.governance",
    )
    return {error.code for error in below(TidegateError) if error.__module__.startswith(answered)}


def test_reference_explains_every_error_code(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open("/docs/errors#channel-not-found")
        expect(page.locator("#channel-not-found")).to_be_in_viewport()
        explained = set(page.locator(".error-code").evaluate_all("all => all.map(each => each.id)"))
        assert error_codes() - explained == set()
        answers = [
            platform.get("/api/v1/channels"),
            platform.get("/api/v1/nothing"),
            platform.get("/api/v1/watch/no"),
        ]
        for status, body in answers:
            problem = json.loads(body)
            assert status == problem["status"]
            assert problem["type"] == f"/docs/errors#{problem['code']}"
            assert problem["code"] in explained


def test_front_page_asks_who_you_are_then_shows_what_is_live(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform) as visitor:
        page = visitor.open("/")
        expect(page.get_by_label("Admin token")).to_be_visible()
        page = visitor.open_signed_in("/")
        page.reload()  # same document: only the fragment differed
        page.get_by_role("link", name="demo").click()
        visitor.until_playing()
