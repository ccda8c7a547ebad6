"""What a viewer gets: the watch page in real Chromium, over the whole platform, with the test card as its publisher.

Join: from navigation to the first frame on screen, over loads in fresh profiles (no cache, no connection), and over
loads that find the page's scripts in the cache. Beside them, in turn with the fresh loads, a page that holds nothing
but a short file: what this browser on this machine takes for any picture at all.

Latency: from a frame's arrival at the origin to the screen, as the page's own measuring port says. And, by no part of
the product's word, from the drawing of a frame to the screen: read from the machine-readable strip in the very pixels
the browser shows. The second must exceed the first by what encoding and pushing take, and by no more.

    python benchmarks/bench_browser.py --loads 20 --seconds 120
"""

import argparse
import asyncio
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from playwright.async_api import Browser, Page, async_playwright

from measure import OthersMeter, ProcessTree, percentile, report, say, verdict
from plain_page import FIRST_FRAME, plain_page
from stage import StageError, Tidegate, bench_file
from tidegate.core.clock import SystemClock
from tidegate.media.testcard import strip
from tidegate.media.testcard.service import card_supervisor

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip

JOIN_P50_LIMIT_S = 0.30
LATENCY_P50_LIMIT_S = 0.65
LATENCY_P95_LIMIT_S = 0.80
ENCODING_S = (0.0, 0.1)
"""Drawing to arrival takes this long: a frame to draw and encode, and the way to the server on the same machine."""

WARM_UP_S = 15.0
JOIN_DEADLINE_S = 30.0
SAMPLE_EVERY_MS = 250

READ_STRIP = """({columns, rows, share, everyMs}) => {
  const video = document.querySelector('video');
  const canvas = new OffscreenCanvas(columns * 8, 16);
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  window.stripSamples = [];
  let due = 0;
  const onFrame = (now, frame) => {
    video.requestVideoFrameCallback(onFrame);
    if (now < due) return;
    due = now + everyMs;
    const shownAt = Date.now() + (frame.expectedDisplayTime - performance.now());
    const height = video.videoHeight * rows / share;
    pen.drawImage(video, 0, video.videoHeight - height, video.videoWidth, height, 0, 0, canvas.width, canvas.height);
    const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    const blocks = [];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const at = ((row * 8 + 4) * canvas.width + column * 8 + 4) * 4;
        blocks.push(pixels[at + 1]);
      }
    window.stripSamples.push([shownAt, blocks]);
  };
  video.requestVideoFrameCallback(onFrame);
}"""


@dataclass
class Result:
    join_navigation_s: list[float] = field(default_factory=list)
    join_load_s: list[float] = field(default_factory=list)
    join_cached_s: list[float] = field(default_factory=list)
    plain_page_s: list[float] = field(default_factory=list)
    others_joining: float = 0.0
    others_watching: float = 0.0
    latency_p50_s: float = 0.0
    latency_p95_s: float = 0.0
    drawn_to_screen_s: list[float] = field(default_factory=list)
    strips_unread: int = 0
    rebuffers_at_first: int = 0
    rebuffers: int = 0
    rebuffer_s: float = 0.0
    dropped_frames: int = 0
    frames: int = 0


async def joined(page: Page, url: str) -> dict[str, Any]:
    """Open the watch page and wait for its first frame; what the measuring port then says."""
    await page.goto(url)
    deadline = time.monotonic() + JOIN_DEADLINE_S
    while time.monotonic() < deadline:
        # evaluated from outside: the page's content security policy rightly forbids it to evaluate text itself
        stats: dict[str, Any] | None = await page.evaluate(
            "window.__tidegate ? window.__tidegate.stats() : null"
        )
        if stats is not None and stats["startup_load_s"] is not None and stats["startup_load_s"] > 0:
            return stats
        await asyncio.sleep(0.25)  # seldom: asking costs the processor that the page needs
    raise StageError(f"The watch page showed no picture within {JOIN_DEADLINE_S:.0f} s.")


async def measure_joins(browser: Browser, url: str, loads: int, result: Result) -> None:
    """Each load has a fresh profile, and so has each load of the plain page that goes before it."""
    others = OthersMeter(ProcessTree(os.getpid()))
    with plain_page(bench_file(2, 2700, (1280, 720))) as plain_url:
        for number in range(loads):
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(plain_url)
            plain = await page.evaluate(FIRST_FRAME)
            await context.close()
            context = await browser.new_context()
            stats = await joined(await context.new_page(), url)
            await context.close()
            result.plain_page_s.append(plain)
            result.join_navigation_s.append(stats["startup_navigation_s"])
            result.join_load_s.append(stats["startup_load_s"])
            say(
                f"load {number + 1}: first frame after {stats['startup_navigation_s']:.3f} s; plain {plain:.3f} s"
            )
    context = await browser.new_context()
    page = await context.new_page()
    for number in range(loads // 2 + 1):
        stats = await joined(page, url)
        if number:  # the first fills the cache
            result.join_cached_s.append(stats["startup_navigation_s"])
        await page.goto("about:blank")
    await context.close()
    result.others_joining = others.stop()


async def measure_latency(browser: Browser, url: str, seconds: float, result: Result) -> None:
    page = await browser.new_page()
    await joined(page, url)
    await asyncio.sleep(WARM_UP_S)
    before = await page.evaluate("window.__tidegate.stats()")
    result.rebuffers_at_first = before["rebuffers"]
    await page.evaluate("window.__tidegate.reset()")
    await page.evaluate(
        READ_STRIP,
        {
            "columns": strip.COLUMNS,
            "rows": strip.ROWS,
            "share": strip.HEIGHT_SHARE,
            "everyMs": SAMPLE_EVERY_MS,
        },
    )
    say(f"watching for {seconds:.0f} s …")
    others = OthersMeter(ProcessTree(os.getpid()))
    await asyncio.sleep(seconds)
    result.others_watching = others.stop()
    latency = await page.evaluate("window.__tidegate.latency()")
    stats = await page.evaluate("window.__tidegate.stats()")
    result.latency_p50_s, result.latency_p95_s = latency["p50"], latency["p95"]
    result.rebuffers, result.rebuffer_s = stats["rebuffers"], stats["rebuffer_s"]
    result.dropped_frames = stats["dropped_frames"] - before["dropped_frames"]
    result.frames = stats["total_frames"] - before["total_frames"]
    for shown_ms, blocks in await page.evaluate("window.stripSamples"):
        stamp = strip.decode_blocks(np.array(blocks, float).reshape(strip.ROWS, strip.COLUMNS))
        if stamp is None:
            result.strips_unread += 1
        else:
            result.drawn_to_screen_s.append((shown_ms - stamp.wall_ms) / 1000)
    await page.close()


async def run(loads: int, seconds: float) -> Result:
    result = Result()
    with Tidegate() as server:
        url = f"{server.url}/watch/bench-0"
        publishing = asyncio.create_task(card_supervisor(server.publish_url(0), "bench", SystemClock()).run())
        try:
            deadline = time.monotonic() + 30
            while not await asyncio.to_thread(server.live_streams):
                if time.monotonic() > deadline:
                    raise StageError("The test card did not come live within 30 s.")
                await asyncio.sleep(0.1)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                await asyncio.sleep(3.0)  # a window of some segments, as any running stream has
                await measure_joins(browser, url, loads, result)
                await measure_latency(browser, url, seconds, result)
                await browser.close()
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)
    return result


def spread(values: list[float]) -> list[str]:
    return [f"{percentile(values, 0.5):.3f} s", f"{percentile(values, 0.95):.3f} s"]


def join_rows(result: Result) -> list[list[str]]:
    join, plain = result.join_navigation_s, result.plain_page_s
    ratio = percentile(join, 0.5) / percentile(plain, 0.5)
    return [
        [
            "navigation → first frame, nothing cached",
            *spread(join),
            verdict(percentile(join, 0.5), JOIN_P50_LIMIT_S),
        ],
        ["  from the opening's first line on", *spread(result.join_load_s), ""],
        ["  scripts cached", *spread(result.join_cached_s), ""],
        ["  a plain page with a short file", *spread(plain), f"watch page {ratio:.1f} ×"],
        ["  other work on the machine", f"{result.others_joining:.2f} cores", "", ""],
    ]


def latency_rows(result: Result) -> list[list[str]]:
    drawn = result.drawn_to_screen_s
    apart_s = percentile(drawn, 0.5) - result.latency_p50_s
    agree = ENCODING_S[0] <= apart_s <= ENCODING_S[1]
    limits = f"{verdict(result.latency_p50_s, LATENCY_P50_LIMIT_S)}  {verdict(result.latency_p95_s, LATENCY_P95_LIMIT_S)}"
    return [
        [
            "arrival at origin → screen",
            f"{result.latency_p50_s:.3f} s",
            f"{result.latency_p95_s:.3f} s",
            limits,
        ],
        ["drawn → screen, from the pixels", *spread(drawn), ""],
        [
            "  encoding and pushing, by difference",
            f"{apart_s:.3f} s",
            "",
            "✔" if agree else "✘ they disagree",
        ],
        [
            "rebuffers",
            str(result.rebuffers),
            f"{result.rebuffer_s:.2f} s",
            "✔" if not result.rebuffers else "✘",
        ],
        [f"  in the first {WARM_UP_S:.0f} s", str(result.rebuffers_at_first), "", ""],
        ["frames dropped", f"{result.dropped_frames} of {result.frames}", "", ""],
        ["strips read", f"{len(drawn)} of {len(drawn) + result.strips_unread}", "", ""],
        ["other work on the machine", f"{result.others_watching:.2f} cores", "", ""],
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loads", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    result = asyncio.run(run(asked.loads, asked.seconds))
    report(
        f"Watch page in Chromium: {asked.loads} loads, then {asked.seconds:.0f} s",
        ["", "p50", "p95", "to the limit"],
        [*join_rows(result), *latency_rows(result)],
        asdict(result),
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
