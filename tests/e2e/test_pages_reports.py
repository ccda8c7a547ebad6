"""What the watch page reports of a real viewer in real Chromium: playing, a lost network, leaving before and after the picture."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.pages_rig import visiting
from live import wait_for
from told_rig import FactsPlatform, running_with_facts

pytestmark = pytest.mark.serial  # a browser needs both cores to play in time


@pytest.fixture
def on_air(tmp_path: Path) -> Iterator[FactsPlatform]:
    """A platform with a live channel `demo`."""
    with running_with_facts(tmp_path / "data") as platform:
        platform.publish(platform.create_channel("demo")["ingest"]["key"])
        platform.wait_for_state("demo", "live")
        yield platform


def test_a_viewers_whole_story(on_air: FactsPlatform) -> None:
    with visiting(on_air) as visitor:
        visitor.open("/watch/demo")
        visitor.until_playing()
        playing = on_air.wait_for_fact("it plays", lambda fact: fact.started)
        session = playing.session
        assert playing.received_at - playing.at < 3.0
        assert 0 < (playing.startup_s or 0) < 10
        beat = on_air.wait_for_fact("a beat", lambda fact: fact.event == "beat" and fact.session == session)
        assert (beat.player, beat.device, beat.channel) == ("hls.js", "desktop", "demo")
        assert beat.player_version.startswith("1.7")
        assert beat.rendition == "video"
        assert beat.frames > 30
        assert (beat.bitrate_bps or 0) > 100_000
        assert 0 < (beat.latency_s or 0) < 5
        assert beat.watched_s > 2
        assert beat.transfers > 3
        assert beat.request_bytes > 10_000
        assert 0 <= (beat.transfer_sample_s or 0) <= beat.transfer_s < beat.transfers * 0.1

        visitor.page.context.set_offline(True)
        visitor.until("it stalls", lambda: visitor.stats()["phase"] == "waiting", 30)
        visitor.page.wait_for_timeout(1500)
        visitor.page.context.set_offline(False)
        visitor.until_playing()
        on_air.wait_for_fact("the stall is told", lambda fact: fact.rebuffers)
        visitor.page.close()
        left = on_air.wait_for_fact("the viewer left", lambda fact: fact.exit)
        facts = on_air.playback(session)
        assert (left.session, left.exit, left.state) == (session, "left", "quit")
        assert sum(fact.rebuffer_s for fact in facts) > 1.0
        assert sum(fact.joined for fact in facts) == sum(fact.started for fact in facts) == 1
        assert {fact.session for fact in on_air.playback()} == {session}
        assert [fact.seq for fact in facts] == list(range(len(facts)))


def test_leaving_before_the_picture_is_told_too(on_air: FactsPlatform) -> None:
    with visiting(on_air) as visitor:
        visitor.page.route("**/*.m4s", lambda route: None)  # never answered
        visitor.open("/watch/demo", until="commit")
        on_air.wait_for_fact("it starts", lambda fact: fact.state == "starting")
        visitor.page.close()
        left = on_air.wait_for_fact("the viewer left", lambda fact: fact.exit)
        assert (left.exit, left.watched_s) == ("before-start", 0.0)
        assert sum(fact.started for fact in on_air.playback()) == 0


def test_whoever_looks_at_a_silent_channel_plays_nothing(tmp_path: Path) -> None:
    with running_with_facts(tmp_path / "data") as platform:
        platform.create_channel("demo")
        with visiting(platform) as visitor:
            visitor.open("/watch/demo")
            visitor.page.get_by_text("not started", exact=False).or_(
                visitor.page.get_by_text("offline", exact=False)
            ).first.wait_for()
            visitor.page.close()
        assert platform.playback() == []


def test_a_hidden_channel_is_reported_below_its_viewers_token(tmp_path: Path) -> None:
    with running_with_facts(tmp_path / "data") as platform:
        platform.publish(platform.create_channel("demo")["ingest"]["key"])
        assert platform.cli("setting", "set", "playback.access", "token", "--channel", "demo").returncode == 0
        platform.wait_for_state("demo", "live")
        status, body = platform.get("/live/demo/beacon")
        assert (status, json.loads(body)["code"]) == (401, "token-needed")
        token = platform.cli_json("channel", "token", "demo", "--json")["token"]
        with visiting(platform) as visitor:
            visitor.open(f"/watch/demo?token={token}")
            visitor.until_playing()
            platform.wait_for_fact("it plays", lambda fact: fact.started)
        assert wait_for("left", lambda: [fact.exit for fact in platform.playback() if fact.exit]) == ["left"]
        assert time.time() - platform.playback()[-1].at < 30
