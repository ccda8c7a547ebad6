"""The headless player's reports, from its first wish to play to its leaving, as facts of a real platform."""

import asyncio
import time
from pathlib import Path

import pytest

from tidegate.app.config import Address
from tidegate.app.edge import RemoteEdge
from tidegate.core.clock import SystemClock
from tidegate.media.player.service import watch
from tidegate.media.player.types import PlayerOptions, ReportOptions
from told_rig import running_with_facts

pytestmark = pytest.mark.serial


def test_a_watching_player_reports_its_whole_session(tmp_path: Path) -> None:
    with running_with_facts(tmp_path / "data") as platform:
        platform.publish(platform.create_channel("demo")["ingest"]["key"])
        broadcast = platform.wait_for_state("demo", "live")["broadcast"]
        began = time.time()
        labels = ReportOptions(device="tv", network="4g", region="eu-west")
        report = asyncio.run(
            watch(
                f"{platform.url}/live/demo/index.m3u8",
                7,
                SystemClock(),
                options=PlayerOptions(reports=labels),
            )
        )
        left = platform.wait_for_fact("the viewer left", lambda fact: fact.exit == "left")
        facts = platform.playback(left.session)
        assert [fact.event for fact in facts] == ["state", "state", "beat", "state"]
        assert [fact.state for fact in facts] == ["starting", "playing", "playing", "quit"]
        assert sum(fact.joined for fact in facts) == sum(fact.started for fact in facts) == 1
        assert next(fact.startup_s for fact in facts if fact.startup_s) == pytest.approx(
            report.startup_s, abs=0.01
        )
        assert sum(fact.watched_s for fact in facts) == pytest.approx(
            report.duration_s - report.startup_s, abs=0.3
        )
        assert {(fact.channel, fact.stream, fact.player) for fact in facts} == {
            ("demo", broadcast, "headless")
        }
        assert {(fact.device, fact.network, fact.region) for fact in facts} == {("tv", "4g", "eu-west")}
        assert all(began - 1 < fact.at <= fact.received_at < time.time() for fact in facts)
        assert facts[1].received_at - facts[1].at < 1.0
        beat = facts[2]
        assert 0 < (beat.latency_s or 0) < 5
        assert beat.buffer_s is not None
        assert beat.transfers > 10
        assert beat.request_bytes > 10_000
        assert (
            0 < (beat.transfer_sample_s or 0) < beat.transfer_s < 1
        )  # no wait for parts that were yet to come


def test_a_player_told_not_to_does_not_report(tmp_path: Path) -> None:
    with running_with_facts(tmp_path / "data") as platform:
        platform.publish(platform.create_channel("demo")["ingest"]["key"])
        platform.wait_for_state("demo", "live")
        url = f"{platform.url}/live/demo/index.m3u8"
        asyncio.run(watch(url, 1, SystemClock(), options=PlayerOptions(reports=None)))
        assert platform.cli("setting", "set", "beacons.enabled", "false").returncode == 0
        asyncio.run(watch(url, 1, SystemClock()))
        assert platform.playback() == []


def test_a_private_channels_player_reports_with_its_token(tmp_path: Path) -> None:
    with running_with_facts(tmp_path / "data") as platform:
        platform.publish(platform.create_channel("demo")["ingest"]["key"])
        assert platform.cli("setting", "set", "playback.access", "token", "--channel", "demo").returncode == 0
        platform.wait_for_state("demo", "live")
        token = platform.cli_json("channel", "token", "demo", "--json")["token"]
        asyncio.run(watch(f"{platform.url}/live/demo/index.m3u8?token={token}", 1, SystemClock()))
        platform.wait_for_fact("the viewer left", lambda fact: fact.exit == "left")


def test_a_further_edge_takes_reports_by_itself_and_says_where(tmp_path: Path) -> None:
    with running_with_facts(tmp_path / "data") as platform:
        platform.publish(platform.create_channel("demo")["ingest"]["key"])
        platform.wait_for_state("demo", "live")
        token = (platform.data / "edge-token").read_text().strip()

        async def play() -> None:
            where = Address("127.0.0.1", 0)
            edge = RemoteEdge(platform.url, where, token=token, node="edge-9", region="us-east")
            await edge.start()
            await watch(f"http://{edge.address}/live/demo/index.m3u8", 2, SystemClock())
            await edge.stop()

        asyncio.run(play())
        left = platform.wait_for_fact("the viewer left", lambda fact: fact.exit == "left")
        assert (left.region, left.node, left.player) == ("us-east", "edge-9", "headless")
        assert sum(fact.started for fact in platform.playback()) == 1
