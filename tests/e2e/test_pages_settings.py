"""The Settings page in real Chromium: found, changed in place, refused with the bound, looked up, taken back."""

import pytest
from playwright.sync_api import expect

from e2e.pages_rig import WIDTHS, visiting
from live import LivePlatform

pytestmark = pytest.mark.serial  # a browser needs both cores


def test_a_setting_is_found_changed_looked_up_and_reset(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open_signed_in("/settings")
        page.get_by_role("searchbox").fill("cut off")
        row = page.get_by_role("listitem").filter(has=page.get_by_text("origin.grace_s"))
        expect(row).to_have_count(1)
        expect(row).to_contain_text("60 s")
        expect(row.locator(".pill")).to_have_text("default")

        row.get_by_role("button", name="Edit").click()
        row.get_by_label("Value, s").fill("700")
        expect(row.get_by_role("alert")).to_have_text("It must be at most 600 s.")
        expect(row.get_by_role("button", name="Set", exact=True)).to_be_disabled()
        row.get_by_label("Value, s").fill("5")
        row.get_by_label("Why").fill("Wi-Fi")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert visitor.overflowing() == [], width
        row.get_by_role("button", name="Set", exact=True).click()
        expect(row.locator(".setting-value")).to_contain_text("5 s")
        expect(row.locator(".pill")).to_have_text("set")
        assert platform.cli_json("setting", "get", "origin.grace_s", "--json")["value"] == 5.0

        platform.cli_json("setting", "set", "origin.grace_s", "7", "--json")  # someone else, meanwhile
        expect(row.locator(".setting-value")).to_contain_text("7 s", timeout=15_000)
        row.get_by_role("button", name="History of").click()
        drawer = page.get_by_role("dialog")
        expect(drawer.get_by_role("listitem")).to_have_count(2)
        expect(drawer).to_contain_text("default → 5 s")
        expect(drawer).to_contain_text("Wi-Fi")
        drawer.get_by_role("button", name="Close").click()

        row.get_by_role("button", name="Reset origin.grace_s").click()
        expect(row.locator(".pill")).to_have_text("default")


def test_a_change_is_released_and_promoted(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open_signed_in("/settings")
        page.get_by_role("searchbox").fill("linger")
        row = page.locator(".setting", has=page.get_by_text("origin.linger_s"))
        row.get_by_role("button", name="Edit").click()
        row.get_by_label("Value, s").fill("20")
        row.get_by_label("For", exact=True).select_option("share")
        row.get_by_role("button", name="Release").click()
        expect(row.locator(".changes")).to_contain_text("20 s for 5% of channels")
        row.get_by_role("button", name="Promote").click()
        page.get_by_role("dialog").get_by_role("button", name="Promote").click()
        expect(row.locator(".setting-value")).to_contain_text("20 s")
        expect(row.locator(".changes")).to_have_count(0)


def test_nobody_sees_settings_without_signing_in(platform: LivePlatform) -> None:
    with visiting(platform) as visitor:
        page = visitor.open("/settings")
        expect(page.get_by_label("Admin token")).to_be_visible()
        expect(page.get_by_text("origin.grace_s")).to_have_count(0)
        visitor.wrongs.clear()  # the browser's console notes the refusal
