"""From a player's report to a row that an operator reads: the whole platform, its own telemetry, the command line."""

import asyncio
import time

import pytest

from live import LivePlatform, wait_for
from tidegate.core.clock import SystemClock
from tidegate.media.player.service import watch

pytestmark = pytest.mark.serial


def test_a_session_can_be_read_while_it_plays_and_after(platform: LivePlatform) -> None:
    platform.publish(platform.create_channel("demo")["ingest"]["key"])
    platform.wait_for_state("demo", "live")

    def sessions(*words: str) -> list[dict[str, object]]:
        done = platform.cli("session", "list", "--json", *words)
        return platform.cli_json("session", "list", "--json", *words)["items"] if done.returncode == 0 else []

    async def play() -> None:
        await watch(f"{platform.url}/live/demo/index.m3u8", 8, SystemClock())

    wait_for("telemetry answers", lambda: platform.cli("session", "list").returncode == 0, 60)
    began = time.time()
    asyncio.run(play())
    (row,) = wait_for("it is over", lambda: sessions("--channel", "demo", "--exit", "left"))
    assert row["startup_s"]
    assert row["player"] == "headless"
    assert began - 1 < row["joined_at"] < row["last_at"] < time.time()
    story = platform.cli_json("session", "show", str(row["session"]), "--json")
    assert story["session"] == row
    assert [fact["exit"] for fact in story["facts"] if fact["exit"]] == ["left"]
    shown = platform.cli("session", "show", str(row["session"])).stdout
    assert "first picture after" in shown
    assert str(row["session"]) in platform.cli("session", "list", "--order", "rebuffer").stdout
    assert platform.cli("session", "show", "nobody").returncode != 0
