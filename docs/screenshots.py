"""Makes the pictures of README and docs anew: a real demo, photographed by a real Chromium.

Run as `make screenshots`, or `python -m docs.screenshots NAME…` for some of them; writes `docs/images/*.png`.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
TIDEGATE = Path(sys.executable).parent / "tidegate"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--autoplay-policy=no-user-gesture-required"]
SETTLE_MS = 6000
"""Long enough for measured rates and a few points in each chart."""

ONE_SESSION = "/console/sessions"
"""The first of these is opened: whoever stalled most."""
FACTS_S = 60.0
"""For a minute of facts, so that charts have a course to show."""

PICTURES = (
    ("watch", "/watch/demo", 1440, 900),
    ("watch-phone", "/watch/demo", 390, 844),
    ("studio", "/studio/demo", 1440, 1100),
    ("studio-offline", "/studio/mine", 1440, 1100),
    ("console", "/console?last=300", 1440, 900),
    ("console-phone", "/console?last=300", 390, 844),
    ("console-number", "/console?last=300&show=rebuffer_ratio", 1440, 900),
    ("stream-health", "/console/streams/demo?last=300", 1440, 1500),
    ("stream-health-phone", "/console/streams/demo?last=300", 390, 844),
    ("session", ONE_SESSION, 1440, 1500),
    ("session-phone", ONE_SESSION, 390, 844),
    ("sessions", "/console/sessions?last=3600", 1440, 900),
    ("logs", "/console/logs", 1440, 900),
    ("logs-phone", "/console/logs", 390, 844),
    ("alerts", "/console/alerts", 1440, 900),
    ("alerts-phone", "/console/alerts", 390, 844),
    ("settings", "/settings", 1440, 900),
    ("settings-phone", "/settings", 390, 844),
    ("api", "/docs", 1440, 900),
)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def demo(data: Path) -> Iterator[str]:
    """A running demo; gives its URL once it says that it is up."""
    url = f"http://127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [
            TIDEGATE,
            "demo",
            "--data",
            data,
            "--http",
            url.removeprefix("http://"),
            "--rtmp",
            f"127.0.0.1:{free_port()}",
            "--srt",
            "127.0.0.1:0",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
    )
    try:
        _await_line(process.stdout, "Ctrl-C stops it")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _await_line(output: TextIO | None, words: str) -> None:
    assert output  # noqa: S101 (a pipe was asked for)
    for line in output:
        print(line, end="")
        if words in line:
            return
    raise SystemExit("The demo ended before it was up.")


def change_some_settings(data: Path) -> None:
    """So that the Settings page has something to show."""
    for words in (
        ("origin.grace_s", "20", "--reason", "Short breaks are fine"),
        ("origin.grace_s", "5", "--channel", "demo", "--reason", "Wi-Fi on the pier"),
        ("origin.linger_s", "20", "--share", "25%"),
    ):
        subprocess.run([TIDEGATE, "setting", "set", *words, "--data", data], check=True)


def photograph(browser: Browser, url: str, token: str, wanted: list[str]) -> None:
    for name, path, width, height in PICTURES:
        if wanted and name not in wanted:
            continue
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark")
        page = context.new_page()
        if not path.startswith(("/watch", "/docs")):
            page.goto(f"{url}/console#token={token}")
            page.wait_for_timeout(1500)
        page.goto(url + path)
        page.wait_for_timeout(SETTLE_MS)
        if path == ONE_SESSION:
            page.locator(".session-name a").first.click()
            page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=str(IMAGES / f"{name}.png"))
        context.close()
        print(f"docs/images/{name}.png")


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as url, sync_playwright() as playwright:
        token = (Path(folder) / "admin-token").read_text().strip()
        change_some_settings(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        time.sleep(FACTS_S)
        photograph(browser, url, token, sys.argv[1:])
        browser.close()


if __name__ == "__main__":
    main()
