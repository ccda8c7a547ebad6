"""How soon does a player's beat show on the console? The whole platform on its defaults, and its overview in real Chromium.

A stream runs, a crowd watches it and reports, and the console's overview is open. Then one player after the other reports that it
begins, as `docs/player-telemetry.md` has it: by HTTP, through the edge. Two clocks run from the moment before that request is sent:
until the indicator API counts the play, asked again and again; and until *Plays* on the page does, as the page itself saw its tile
change. Between two beats passes a while of random length, so that none is in step with the batches or with the page's asking.

Both clocks are this machine's. A player tells a change of state at once, and else beats every `beacons.interval_s`: that wait is the
player's own, and in no row.

    python benchmarks/bench_console.py --beats 30 --viewers 50
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import structlog
from playwright.async_api import Page, async_playwright

from measure import OthersMeter, ProcessTree, percentile, report, say, verdict
from stage import Pushers, StageError, Tidegate, bench_file, until

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

BEAT_TO_SCREEN_P95_LIMIT_S = 3.0
"""The limit the project set itself."""

RANGE_S = 900
"""The console's own range when it is opened."""
SHOWN_WITHIN_S = 30.0
ASK_EVERY_S = 0.05
PAUSE_MAX_S = 2.0
"""Longer than the time between two batches and between two questions of the page."""
WARM_UP_S = 5.0
LEAVE_S = 120.0
"""How much longer than it is needed the crowd is asked to stay: it is ended once all is measured."""

TILE = '.tile[data-indicator="plays"] strong'
WATCH_TILE = """(selector) => {
  window.tileShown = {};
  const look = () => {
    const text = document.querySelector(selector)?.textContent;
    if (text && !(text in window.tileShown)) window.tileShown[text] = Date.now();
  };
  new MutationObserver(() => requestAnimationFrame(look))
    .observe(document.body, {subtree: true, childList: true, characterData: true});
  look();
}"""
"""When each text of the tile was first on screen, milliseconds since the epoch; a frame after it changed."""


@dataclass
class Result:
    """Seconds, one of each list a beat."""

    taken_s: list[float] = field(default_factory=list)
    known_s: list[float] = field(default_factory=list)
    shown_s: list[float] = field(default_factory=list)
    plays_before: int = 0
    others_cores: float = 0.0

    @property
    def drawn_s(self) -> list[float]:
        """From the API's first answer to the screen; below zero where the page asked first."""
        return [shown - known for shown, known in zip(self.shown_s, self.known_s, strict=True)]


class Player:
    """What a player of one's own says of its playback, up to its first word."""

    def __init__(self, server: Tidegate) -> None:
        beside = f"{server.url}/live/bench-0/beacon"
        self._session = str(uuid4())
        with urllib.request.urlopen(f"{beside}?session={self._session}", timeout=10) as answer:
            self._report_to = f"{server.url}/live/bench-0/{json.load(answer)['report_to']}"

    def begin(self) -> None:
        line = f'e=ps,sid="{self._session}",sn=0,sta=s,ts={round(time.time() * 1000)},v=2\n'
        request = urllib.request.Request(
            self._report_to, line.encode(), {"Content-Type": "application/cmcd"}, method="POST"
        )
        urllib.request.urlopen(request, timeout=10).close()


def plays(server: Tidegate) -> int:
    """What the API says of the console's range; 0 while it does not answer."""
    now = time.time()
    asked = {"indicators": ["plays"], "from": now - RANGE_S, "to": now}
    try:
        rows: list[list[Any]] = server.api("POST", "/indicators/query", asked)["rows"]
    except StageError:
        return 0
    return int(rows[0][0] or 0) if rows else 0


@contextmanager
def crowd(server: Tidegate, viewers: int, seconds: float) -> Iterator[None]:
    """Viewers that stay, on a network as good as it gets, each of which is counted once; all have begun at the end."""
    process = subprocess.Popen(
        [Path(sys.executable).parent / "tidegate", "crowd", server.playlist_url(0), "--viewers", str(viewers),
         "--networks", "none", "--devices", "any", "--seconds", str(seconds), "--json"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(f"{viewers} viewers to report", lambda: plays(server) >= viewers)
        yield
    finally:
        process.kill()
        process.wait()


async def known_at(server: Tidegate, count: int) -> float:
    """When the API first counts `count` plays, seconds since the epoch."""
    deadline = time.monotonic() + SHOWN_WITHIN_S
    while await asyncio.to_thread(plays, server) < count:
        if time.monotonic() > deadline:
            raise StageError(f"The API did not count play {count} within {SHOWN_WITHIN_S:.0f} s.")
        await asyncio.sleep(ASK_EVERY_S)
    return time.time()


async def shown_at(page: Page, count: int) -> float:
    """When the page first showed `count` plays, seconds since the epoch."""
    deadline = time.monotonic() + SHOWN_WITHIN_S
    while (at := await page.evaluate(f"window.tileShown['{count}'] ?? null")) is None:
        if time.monotonic() > deadline:
            raise StageError(f"The console did not show play {count} within {SHOWN_WITHIN_S:.0f} s.")
        await asyncio.sleep(ASK_EVERY_S)
    return float(at) / 1000


async def one_beat(server: Tidegate, page: Page, count: int, result: Result) -> None:
    player = await asyncio.to_thread(Player, server)
    sent = time.time()
    await asyncio.to_thread(player.begin)
    result.taken_s.append(time.time() - sent)
    known, shown = await asyncio.gather(known_at(server, count), shown_at(page, count))
    result.known_s.append(known - sent)
    result.shown_s.append(shown - sent)
    say(f"beat {len(result.shown_s)}: known after {known - sent:.2f} s, on screen after {shown - sent:.2f} s")


async def measure(server: Tidegate, beats: int, chance: Random) -> Result:
    token = (server.folder / "data" / "admin-token").read_text().strip()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(f"{server.url}/console#token={token}")
        await page.wait_for_selector(TILE)
        await page.evaluate(WATCH_TILE, TILE)
        await asyncio.sleep(WARM_UP_S)
        result = Result(plays_before=await asyncio.to_thread(plays, server))
        others = OthersMeter(ProcessTree(os.getpid()))
        for beat in range(1, beats + 1):
            await asyncio.sleep(chance.uniform(0, PAUSE_MAX_S))
            await one_beat(server, page, result.plays_before + beat, result)
        result.others_cores = others.stop()
        await browser.close()
    return result


def spread(values: list[float]) -> list[str]:
    return [f"{percentile(values, share):.2f} s" for share in (0.5, 0.95, 1.0)]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--beats", type=int, default=30)
    words.add_argument("--viewers", type=int, default=20)
    words.add_argument("--seed", type=int, default=0, help="of the pauses between beats")
    words.add_argument("--json", action="store_true")
    asked = words.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    stays_s = asked.beats * (BEAT_TO_SCREEN_P95_LIMIT_S + PAUSE_MAX_S) + LEAVE_S
    with Tidegate() as server, Pushers(server, 1, bench_file(kbps=1000, size=(1280, 720))):
        until("telemetry to answer", lambda: bool(server.api("GET", "/indicators")["items"]))
        with crowd(server, asked.viewers, stays_s):
            result = asyncio.run(measure(server, asked.beats, Random(asked.seed)))
    shown_p95 = percentile(result.shown_s, 0.95)
    report(
        f"{asked.beats} beats on the console, {asked.viewers} viewers",
        ["", "p50", "p95", "worst", "p95 to the limit"],
        [
            ["beat → console", *spread(result.shown_s), verdict(shown_p95, BEAT_TO_SCREEN_P95_LIMIT_S)],
            ["  beat → taken by the edge", *spread(result.taken_s), ""],
            ["  beat → the API counts it", *spread(result.known_s), ""],
            ["  the API counts it → screen", *spread(result.drawn_s), ""],
            ["other work on the machine", f"{result.others_cores:.2f} cores", "", "", ""],
        ],
        asdict(result) | {"beat_to_screen_p95_s": shown_p95},
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
