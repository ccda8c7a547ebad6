"""The platform killed while viewers play: those who are gone when it is back are ended, those who play on are not."""

import json
import time
import urllib.request

import pytest

from live import LivePlatform, wait_for

pytestmark = pytest.mark.serial

LOST_AFTER_S = 10
"""The least that can be set."""


class Player:
    """One that reports as a browser does."""

    def __init__(self, platform: LivePlatform) -> None:
        self._platform = platform
        _, body = platform.get("/live/demo/beacon")
        told = json.loads(body)
        self.session: str = told["session"]
        self._to = f"{platform.url}/live/demo/{told['report_to']}&player=hls.js"
        self._seq = 0

    def say(self, state: str) -> bool:
        line = f'e=ps,sid="{self.session}",sn={self._seq},sta={state},ts={time.time_ns() // 1_000_000},v=2'
        self._seq += 1
        with urllib.request.urlopen(self._to, data=line.encode(), timeout=10) as answer:
            return answer.status == 204


@pytest.mark.timeout(180)
def test_who_was_gone_when_the_platform_came_back_is_ended(platform: LivePlatform) -> None:
    platform.create_channel("demo")
    platform.cli_json("setting", "set", "beacons.lost_after_s", str(LOST_AFTER_S), "--json")
    watched, waited, stays = Player(platform), Player(platform), Player(platform)

    def sessions(*words: str) -> dict[str, str]:
        done = platform.cli("session", "list", "--json", *words)
        items = json.loads(done.stdout)["items"] if done.returncode == 0 else []
        return {item["session"]: item["exit"] for item in items}

    for player in (watched, stays):
        assert player.say("s")
        assert player.say("p")
    assert waited.say("s")
    assert all(stays.say("p") for _ in range(10))  # long enough not to be taken for one that joins
    wait_for("telemetry has all three", lambda: len(sessions()) == 3, 60)
    platform.kill()
    platform.start()

    def ended() -> dict[str, str]:
        assert stays.say("p")
        return {session: why for session, why in sessions().items() if why}

    wait_for("both are over", lambda: len(ended()) == 2, 90)
    assert sessions() == {watched.session: "lost", waited.session: "before-start", stays.session: ""}
    assert sessions("--exit", "lost") == {watched.session: "lost"}
    now = time.time()
    query = ("indicator", "query", "exits_before_start", "--last", "15m", "--json")
    assert platform.cli_json(*query)["rows"] == [[pytest.approx(1 / 3)]]
    story = platform.cli_json("session", "show", watched.session, "--json")
    assert [fact["exit"] for fact in story["facts"] if fact["exit"]] == ["lost"]
    assert story["session"]["last_at"] < now - LOST_AFTER_S
