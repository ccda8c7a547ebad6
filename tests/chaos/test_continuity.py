"""Every fault under a viewer that verifies each frame: what it costs on screen, in one table.

The test card's frames are numbered by the clock, so what is missing is exactly how much of time was not shown, and a
second encoder draws the same numbers. Whoever runs this alone (`pytest -s tests/chaos/test_continuity.py`) reads the table.
"""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ladders import last_part, switch_on, transcoder, wait_for_ladder
from live import TIDEGATE, LivePlatform, free_port, wait_for

pytestmark = pytest.mark.serial

FPS = 30
STEADY_S = 3.0
"""How long the viewer plays before the fault."""

RUNG = "180p"
"""Of the card's 640 x 360: small, and its frames' numbers can still be read."""

WRAP = 1 << 32

LIVE_S = 6.0
"""A viewer whose last frame is older than this when its report is there did not come back by itself."""


@dataclass(frozen=True)
class Row:
    fault: str
    stall_s: float
    missing: int
    repeated: int
    reordered: int
    discontinuities: int
    unexplained: int
    reload: bool


ROWS: list[Row] = []


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    print(
        f"\n{'fault':<42} {'stall s':>8} {'missing':>8} {'repeated':>9} {'reordered':>10} {'disc.':>6} {'unexpl.':>8} reload"
    )
    for row in ROWS:
        print(
            f"{row.fault:<42} {row.stall_s:>8.2f} {row.missing:>8} {row.repeated:>9} {row.reordered:>10}"
            f" {row.discontinuities:>6} {row.unexplained:>8} {'needed' if row.reload else 'no'}"
        )  # fmt: skip


class Viewer:
    """`tidegate watch --verify` in a process of its own."""

    def __init__(self, url: str, seconds: float) -> None:
        self._process = subprocess.Popen(
            [TIDEGATE, "watch", url, "--seconds", str(seconds), "--verify", "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def row(self, fault: str) -> Row:
        """Wait for its end, and note what it saw."""
        said, complained = self._process.communicate(timeout=150)
        assert said, complained
        report: dict[str, Any] = json.loads(said)
        frames = report["frames"]
        behind = (round(time.time() * FPS) - frames["last"]) % WRAP
        row = Row(
            fault,
            report["rebuffer_s"],
            frames["missing"],
            frames["repeated"],
            frames["reordered"],
            report["discontinuities"],
            sum(frames[f"unexplained_{kind}"] for kind in ("missing", "repeated", "reordered")),
            report["state"] != "playing" or behind > LIVE_S * FPS,
        )
        ROWS.append(row)
        assert frames["undecodable"] == frames["left_out"] == 0
        assert frames["frames"] > STEADY_S * FPS
        assert not row.reload, report
        assert row.unexplained == 0, frames["faults"]
        return row


@dataclass
class Stage:
    """A platform with the test card on `demo`, and an edge in a process of its own where asked for."""

    platform: LivePlatform
    key: str
    edge_port: int = 0
    edge: subprocess.Popen[bytes] | None = None

    def view(self, seconds: float, playlist: str = "index.m3u8") -> Viewer:
        port = self.edge_port or self.platform.http_port
        viewer = Viewer(f"http://127.0.0.1:{port}/live/demo/{playlist}", seconds)
        wait_for("the viewer", lambda: self.platform.stream("demo")["viewers"] > 0 or self.edge_port)
        time.sleep(STEADY_S)  # not a synchronisation: how long there is to see before the fault
        return viewer

    def start_ladder(self) -> None:
        switch_on(self.platform, "demo", RUNG)
        wait_for_ladder(self.platform, "demo")
        wait_for("a slate for the rung", lambda: self.platform.stream("demo")["slate"] == "ready")
        wait_for("a rung to begin in", lambda: self.platform.playlist("demo", RUNG).count("#EXTINF") >= 3)

    def start_edge(self) -> None:
        self.edge_port = self.edge_port or free_port()
        self.edge = subprocess.Popen(
            [TIDEGATE, "edge", "run", "--origin", self.platform.url, "--http", f"127.0.0.1:{self.edge_port}"],
            env=self.platform.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for("the edge", self._edge_answers)

    def kill_edge(self) -> None:
        assert self.edge
        self.edge.kill()
        self.edge.wait()

    def _edge_answers(self) -> bool:
        done = subprocess.run(
            ["curl", "-sf", "-o", "/dev/null", f"http://127.0.0.1:{self.edge_port}/live/demo/index.m3u8"],
            check=False,
        )
        return done.returncode == 0


@pytest.fixture
def stage(platform: LivePlatform) -> Iterator[Stage]:
    key = platform.create_channel("demo")["ingest"]["key"]
    platform.publish_card(key)
    platform.wait_for_state("demo", "live")
    wait_for("a slate", lambda: platform.stream("demo")["slate"] == "ready")
    made = Stage(platform, key)
    yield made
    if made.edge is not None:
        with contextlib.suppress(ProcessLookupError):
            made.kill_edge()


def standby(platform: LivePlatform) -> Callable[[], bool]:
    return lambda: any(
        each["place"] == "standby" and each["ready"] for each in platform.stream("demo")["publishers"]
    )


def on_air(platform: LivePlatform, role: str) -> Callable[[], bool]:
    return lambda: (platform.stream("demo")["publisher"] or {}).get("role") == role


def test_a_publisher_is_cut_and_comes_back(stage: Stage) -> None:
    viewer = stage.view(12)
    stage.platform.pushers[0].cut()
    stage.platform.publish_card(stage.key)
    row = viewer.row("publisher cut, back at once")
    assert row.discontinuities == 1
    assert row.repeated == row.reordered == 0
    assert row.stall_s < 4


def test_a_publisher_stays_away_and_viewers_see_the_slate(stage: Stage) -> None:
    viewer = stage.view(16)
    stage.platform.pushers[0].cut()
    wait_for("the slate", lambda: stage.platform.stream("demo")["slate"] == "on air")
    time.sleep(3)  # not a synchronisation: how long the slate is shown
    stage.platform.publish_card(stage.key)
    row = viewer.row("publisher away for 5 s, slate meanwhile")
    assert row.discontinuities == 2
    assert row.stall_s < 4


def test_a_backup_takes_over_and_hands_back(stage: Stage) -> None:
    platform = stage.platform
    assert platform.cli("setting", "set", "continuity.return_after_s", "3").returncode == 0
    platform.publish_card(f"{stage.key}?role=backup")
    wait_for("a standby", standby(platform))
    viewer = stage.view(18)
    platform.pushers[0].cut()
    wait_for("the backup", on_air(platform, "backup"))
    platform.publish_card(stage.key)
    wait_for("the primary again", on_air(platform, "primary"))
    row = viewer.row("primary cut, backup, primary again")
    assert row.discontinuities == 2
    assert row.stall_s <= 2.0
    assert row.missing <= FPS


def test_a_primary_hangs_and_the_backup_takes_over(stage: Stage) -> None:
    platform = stage.platform
    platform.publish_card(f"{stage.key}?role=backup")
    wait_for("a standby", standby(platform))
    viewer = stage.view(10)
    platform.pushers[0].freeze()  # type: ignore[union-attr]
    wait_for("the backup", on_air(platform, "backup"))
    row = viewer.row("primary silent, backup after 1 s")
    assert row.discontinuities == 1
    assert row.stall_s <= 2.0


def test_an_edge_is_killed(stage: Stage) -> None:
    stage.start_edge()
    viewer = stage.view(12)
    stage.kill_edge()
    stage.start_edge()
    row = viewer.row("kill -9 of the edge, started again")
    assert (row.discontinuities, row.missing, row.repeated, row.reordered) == (0, 0, 0, 0)
    assert row.stall_s < 4


def test_the_origin_is_killed_behind_an_edge(stage: Stage) -> None:
    stage.start_edge()
    viewer = stage.view(18)
    stage.platform.kill()
    stage.platform.start(publishers_only=True)
    stage.platform.publish_card(stage.key)
    row = viewer.row("kill -9 of origin and gateway, behind an edge")
    assert 1 <= row.discontinuities <= 3
    assert row.repeated <= 2 * FPS
    assert row.stall_s < 6


def test_the_whole_platform_is_killed(stage: Stage) -> None:
    viewer = stage.view(18)
    stage.platform.kill()
    stage.platform.start(publishers_only=True)
    stage.platform.publish_card(stage.key)
    row = viewer.row("kill -9 of the whole platform")
    assert 1 <= row.discontinuities <= 3
    assert row.stall_s < 6


def test_a_transcoder_is_killed_under_viewers_of_its_rung(stage: Stage) -> None:
    stage.start_ladder()
    viewer = stage.view(12, f"{RUNG}/index.m3u8")
    transcoder(stage.platform).kill()
    row = viewer.row("kill -9 of the transcoder, on a rung")
    assert (row.discontinuities, row.missing, row.repeated, row.reordered) == (0, 0, 0, 0)
    assert row.stall_s <= 2.0


def test_a_rung_shows_the_slate_and_comes_back(stage: Stage) -> None:
    stage.start_ladder()
    viewer = stage.view(20, f"{RUNG}/index.m3u8")
    stage.platform.pushers[0].cut()
    wait_for("the slate", lambda: stage.platform.stream("demo")["slate"] == "on air")
    shown = last_part(stage.platform, "demo", RUNG)
    wait_for("it on the rung", lambda: last_part(stage.platform, "demo", RUNG) > shown)
    time.sleep(3)  # not a synchronisation: how long the slate is shown
    stage.platform.publish_card(stage.key)
    row = viewer.row("publisher away for 5 s, slate on a rung")
    assert row.discontinuities == 2
    assert row.stall_s < 4
