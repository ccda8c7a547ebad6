"""Real Chromium in front of a running Tidegate: what a person does with the pages, and what must not happen meanwhile."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from live import LivePlatform, wait_for

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
WIDTHS = (1440, 768, 390, 320)
ASKS_TELEMETRY = ("indicators/query", "playback-sessions", "logs", "alerts")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of one test's own: the synchronous driver holds an event loop, which no other test may meet."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person's browser window on one platform, and everything that went wrong in it."""

    def __init__(self, platform: LivePlatform, context: BrowserContext) -> None:
        self.platform = platform
        self.page: Page = context.new_page()
        self.wrongs: list[str] = []
        self.page.on("pageerror", lambda error: self.wrongs.append(f"script: {error}"))
        self.page.on("console", self._on_console)
        self.page.on("response", self._on_response)

    def open(self, path: str, until: Literal["load", "commit"] = "load") -> Page:
        self.page.goto(self.platform.url + path, wait_until=until)
        return self.page

    def open_signed_in(self, path: str) -> Page:
        """Open by the link that `tidegate status` prints: the token in the fragment."""
        return self.open(f"{path}#token={self.platform.admin_token}")

    def until(self, what: str, probe: Callable[[], Any], deadline_s: float = 20.0) -> Any:
        def turn() -> Any:
            self.page.wait_for_timeout(50)  # lets the page's own events through
            return probe()

        return wait_for(what, turn, deadline_s)

    def stats(self) -> dict[str, Any]:
        """The player's measuring port; empty before there is one."""
        measured: dict[str, Any] = self.page.evaluate("window.__tidegate?.stats() ?? {}")
        return measured

    def media_time(self) -> float:
        return float(self.page.evaluate("document.querySelector('video')?.currentTime ?? 0"))

    def until_playing(self, deadline_s: float = 20.0) -> dict[str, Any]:
        self.until("a playing picture", lambda: self.stats().get("phase") == "playing", deadline_s)
        start = self.media_time()
        self.until("the picture moves", lambda: self.media_time() > start + 0.5, deadline_s)
        return self.stats()

    def overflowing(self) -> list[str]:
        """What sticks out of the window to the right, so that the page would scroll sideways."""
        names: list[str] = self.page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? [] :
               [...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
               .map(e => `${e.tagName}.${e.className}`)"""
        )
        return names

    def _on_console(self, message: ConsoleMessage) -> None:
        # a refused answer is the business of `_on_response`
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrongs.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status == 503 and response.url.split("/api/v1/")[-1].startswith(ASKS_TELEMETRY):
            return  # it opens after the platform serves; pages ask again
        if response.status >= 500:
            self.wrongs.append(f"{response.status}: {response.url}")


@contextlib.contextmanager
def visiting(platform: LivePlatform, **context: Any) -> Iterator[Visitor]:
    """A visitor whose scripts must not fail while they are here."""
    with chromium() as browser:
        window = browser.new_context(**context)
        visitor = Visitor(platform, window)
        yield visitor
        assert visitor.wrongs == []
        window.close()
