"""The studio in real Chromium: signing in, creating a channel, going live, stopping, what is left afterwards."""

import pytest
from playwright.sync_api import Page, expect

from e2e.pages_rig import WIDTHS, visiting
from live import LivePlatform

pytestmark = pytest.mark.serial  # a browser needs both cores to play in time


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("Admin token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def test_sign_in_by_form_refuses_a_wrong_token_and_keeps_the_address(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open("/studio")
        sign_in(page, "not-the-token")
        expect(page.get_by_role("alert")).to_be_visible()
        sign_in(page, platform.admin_token)
        expect(page.get_by_role("heading", name="Your channels")).to_be_visible()
        assert page.url == f"{platform.url}/studio"
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Admin token")).to_be_visible()


def test_sign_in_by_link_leaves_no_token_in_the_address_bar(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open_signed_in("/console")
        expect(page.get_by_role("heading", name="Console")).to_be_visible()
        assert page.url == f"{platform.url}/console"
        assert platform.admin_token not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")


def test_create_publish_watch_stop_and_summary(platform: LivePlatform) -> None:
    with visiting(platform, permissions=["clipboard-read", "clipboard-write"]) as visitor:
        page = visitor.open_signed_in("/studio")
        page.get_by_role("button", name="Create your first channel").click()
        name = page.get_by_label("Name", exact=True)
        name.fill("Morning Show")
        expect(page.get_by_text("Use small letters only.")).to_be_visible()
        expect(page.get_by_role("button", name="Create channel")).to_be_disabled()
        name.fill("morning-show")
        page.get_by_label("Title, for viewers (optional)").fill("The morning show")
        page.get_by_role("button", name="Create channel").click()

        expect(page.get_by_role("heading", name="The morning show")).to_be_visible()
        expect(page.get_by_text("No stream yet")).to_be_visible()
        page.get_by_role("button", name="Copy stream key").click()
        key = page.evaluate("navigator.clipboard.readText()")
        assert key
        assert key not in page.content(), "the key stays hidden until asked for"
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text(key, exact=True)).to_be_visible()

        platform.publish(key)
        expect(page.get_by_role("button", name="Stop publisher")).to_be_visible(timeout=20_000)
        expect(page.get_by_text("320 × 180")).to_be_visible(timeout=20_000)
        expect(page.get_by_text("H.264", exact=False).first).to_be_visible()
        visitor.until(
            "the preview plays", lambda: page.evaluate("document.querySelector('video')?.currentTime > 0.5")
        )

        page.get_by_role("button", name="Stop publisher").click()
        page.get_by_role("dialog").get_by_role("button", name="Stop publisher").click()
        expect(page.get_by_text("The stream has ended")).to_be_visible(timeout=90_000)
        expect(page.get_by_text("Peak viewers")).to_be_visible()

        page.reload()
        expect(page.get_by_text(f"•••• •••• {key[-4:]}")).to_be_visible()
        assert key not in page.content()


def test_rotating_a_key_cuts_the_old_one_off(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    with visiting(platform) as visitor:
        page = visitor.open_signed_in("/studio/demo")
        page.get_by_role("button", name="Rotate key").click()
        page.get_by_role("dialog").get_by_role("button", name="Rotate key").click()
        page.get_by_role("button", name="Show").click()
        new = page.locator(".fresh-key code").inner_text()
        assert new != made["ingest"]["key"]
        assert platform.publish(made["ingest"]["key"]).wait()
        platform.publish(new)
        platform.wait_for_state("demo", "live")


def test_an_unknown_channel_leads_back(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open_signed_in("/studio/nobody")
        page.get_by_role("link", name="Your channels").click()
        expect(page.get_by_role("heading", name="Your channels")).to_be_visible()


def test_fits_every_width(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform) as visitor:
        page = visitor.open_signed_in("/studio/demo")
        expect(page.get_by_role("heading", name="What arrives")).to_be_visible()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert visitor.overflowing() == [], width
