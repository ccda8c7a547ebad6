"""Settings as an operator changes them: while real ffmpeg publishes, by several at once, across a restart."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from live import TIDEGATE, LivePlatform, Pusher


@pytest.fixture
def key(platform: LivePlatform) -> str:
    made: str = platform.create_channel("demo")["ingest"]["key"]
    return made


def on_air(platform: LivePlatform, key: str) -> Pusher:
    pusher = platform.publish(key)
    platform.wait_for_state("demo", "live")
    return pusher


def test_a_new_grace_holds_for_the_stream_that_runs(platform: LivePlatform, key: str) -> None:
    pusher = on_air(platform, key)
    made = platform.cli_json("setting", "set", "origin.grace_s", "2", "--reason", "test", "--json")
    assert (made["value"], made["source"]) == (2.0, "set")
    assert platform.stream("demo")["state"] == "live"
    pusher.cut()
    platform.wait_for_state("demo", "interrupted")
    cut_at = time.monotonic()
    platform.wait_for_state("demo", "ended", deadline_s=10)
    assert 1.5 < time.monotonic() - cut_at < 5


def test_fewer_publishers_may_come_and_none_is_cut(platform: LivePlatform, key: str) -> None:
    first = on_air(platform, key)
    platform.cli_json("setting", "set", "rtmp.connections_max", "1", "--json")
    other = platform.create_channel("other")["ingest"]["key"]
    assert platform.publish(other).wait()  # ffmpeg gives up by itself: it was turned away
    assert first.running
    assert platform.stream("demo")["state"] == "live"
    platform.cli_json("setting", "reset", "rtmp.connections_max", "--json")
    platform.publish(other)
    platform.wait_for_state("other", "live")


def test_a_change_stamps_the_stream_and_the_log(platform: LivePlatform, key: str) -> None:
    on_air(platform, key)
    made = platform.cli_json("setting", "set", "origin.linger_s", "1", "--share", "100%", "--json")
    arm = f"{made['changes'][0]['id']}:treatment"
    assert platform.stream("demo")["arms"] == [arm]
    platform.pushers[0].say_goodbye()
    platform.wait_for_state("demo", "ended", deadline_s=10)  # 10 s by default: the change holds
    lines = [json.loads(line) for line in (platform.data / "logs" / "tidegate.log").read_text().splitlines()]
    ended = next(line for line in reversed(lines) if line["event"] == "stream_state")
    assert ended["arms"] == [arm]
    platform.cli_json("setting", "promote", "origin.linger_s", "--json")
    assert platform.stream("demo")["arms"] == []


def test_of_two_commands_at_once_one_wins(platform: LivePlatform) -> None:
    environment = {**platform.environment, "TIDEGATE_URL": platform.url, "TIDEGATE_DATA": str(platform.data)}
    both = [
        subprocess.Popen(
            [TIDEGATE, "setting", "set", "origin.grace_s", str(value), "--version", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for value in (11, 12)
    ]
    said = [process.communicate(timeout=60) for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    assert any("is at version 1 by now" in errors for _, errors in said)


def test_what_is_set_outlives_a_kill_and_wins_over_the_configuration(tmp_path: Path) -> None:
    platform = LivePlatform(tmp_path / "data", grace_s=40, log_level="warning")
    try:
        platform.start()
        got = platform.cli_json("setting", "get", "origin.grace_s", "--json")
        assert (got["value"], got["source"], got["node_default"]) == (40.0, "config", 40.0)
        platform.cli_json("setting", "set", "origin.grace_s", "50", "--json")
        platform.cli_json("setting", "set", "node.log_level", "info", "--json")
        platform.kill()
        platform.start()
        assert platform.cli_json("setting", "get", "origin.grace_s", "--json")["value"] == 50.0
        assert "platform_started" in (platform.data / "logs" / "tidegate.log").read_text()
        assert platform.cli_json("setting", "reset", "origin.grace_s", "--json")["value"] == 40.0
    finally:
        platform.stop()


def test_what_cannot_be_is_a_sentence_and_an_exit_code(platform: LivePlatform) -> None:
    for words, code, sentence in (
        (("set", "origin.grace_s", "700"), 2, "at most 600 s"),
        (("set", "origin.grace_s", "-5"), 2, "at least 0 s"),
        (("set", "grace_s", "5"), 1, "Did you mean origin.grace_s?"),
        (("set", "origin.grace_s", "5", "--channel", "nobody"), 1, "no channel 'nobody'"),
        (("set", "origin.grace_s", "5", "--share", "5"), 2, "such as 5%"),
        (("set", "origin.grace_s", "5", "--channel", "a", "--node", "b"), 2, "Give one of"),
        (("promote", "origin.grace_s"), 2, "Start one with --share"),
        (("diff", "--since", "yesterday"), 2, "Write 30m"),
    ):
        done = platform.cli("setting", *words)
        assert (done.returncode, sentence in done.stderr) == (code, True), (words, done.stderr)
    shown = platform.cli("setting", "list", "grace").stdout
    assert "origin.grace_s" in shown
    assert "60 s" in shown
    assert platform.cli_json("setting", "history", "--json")["items"] == []
