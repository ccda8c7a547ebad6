"""The webhooks page in real Chromium: add, test, read the log, send again; on a phone's width too."""

import pytest

from e2e.pages_rig import WIDTHS, visiting
from live import LivePlatform
from webhook_receiver import receiving

pytestmark = pytest.mark.serial


def test_a_webhook_is_added_tested_read_and_replayed(platform: LivePlatform) -> None:
    assert platform.cli("setting", "set", "webhooks.allow_private", "true").returncode == 0
    with visiting(platform, viewport={"width": 390, "height": 844}) as visitor, receiving() as receiver:
        page = visitor.open_signed_in("/console/webhooks")
        page.get_by_text("Nobody is told yet").wait_for()
        tab = page.get_by_role("navigation", name="Console").get_by_role("link", name="Webhooks")
        assert tab.get_attribute("aria-current") == "page"
        page.get_by_role("button", name="Add a webhook").click()
        page.get_by_label("Address to post to").fill(receiver.url)
        page.get_by_label("Description, for people").fill("Our site's calendar")
        page.get_by_role("checkbox", name="stream.started").check()
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("whsec_").wait_for()
        assert visitor.overflowing() == []
        page.get_by_role("button", name="I have it").click()
        receiver.status, receiver.answer = 500, b"out of order"
        page.get_by_role("button", name="Send a test").click()
        row = page.locator(".deliveries > li").first
        row.get_by_text("Waiting").wait_for()
        row.locator("summary").click()
        row.get_by_text("out of order").wait_for()
        receiver.status, receiver.answer = 200, b"thank you"
        row.get_by_role("button", name="Send again").click()
        row.get_by_text("Delivered").wait_for()
        row.get_by_text("thank you").wait_for()
        assert len(set(receiver.ids())) == 1
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert visitor.overflowing() == [], width
        page.get_by_role("button", name="New secret").click()
        page.get_by_role("dialog").get_by_text("The old one has leaked").wait_for()
        assert visitor.overflowing() == []
        page.get_by_role("button", name="Make a new secret").click()
        page.get_by_text("The secret before this one counts until").wait_for()
        page.get_by_role("button", name="I have it").click()
        page.get_by_role("button", name="Edit").click()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Remove").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        page.get_by_text("Nobody is told yet").wait_for()
