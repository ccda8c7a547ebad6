"""Alerts and logs of a whole platform: found, told once though it is killed, over once; lines found and followed."""

import subprocess
from pathlib import Path

from live import TIDEGATE, LivePlatform, wait_for
from webhook_receiver import Receiver, receiving

RULE = """
[a-disk]
title = "There is a disk"
indicator = "disk_free"
condition = { kind = "threshold", below = 2 }
by = ["node"]
severity = "warning"
no_data = "keep"
sentence = "{value} is free in {slice}."
fix = "Nothing."
window_s = 10
for_s = 0
calm_s = 0
"""


def told(receiver: Receiver) -> list[str]:
    return [kind for kind, data in receiver.events() if data.get("rule") == "a-disk"]


def rounds(platform: LivePlatform) -> float:
    """Done since the platform started."""
    lines = platform.get("/metrics", token=True)[1].decode().splitlines()
    return next(
        (float(line.split()[-1]) for line in lines if line.startswith("tidegate_alert_rounds_total")), 0.0
    )


def quickly(platform: LivePlatform) -> None:
    for setting, value in (
        ("webhooks.allow_private", "true"),
        ("alerts.every_s", "2"),
        ("alerts.lag_s", "1"),
    ):
        done = platform.cli("setting", "set", setting, value)
        assert done.returncode == 0, done.stderr


def test_an_alert_is_told_once_though_the_platform_is_killed(platform: LivePlatform, tmp_path: Path) -> None:
    quickly(platform)
    (tmp_path / "mine.toml").write_text(RULE)
    with receiving() as receiver:
        platform.cli_json(
            "webhook", "add", receiver.url, "--event", "alert.firing", "--event", "alert.resolved", "--json"
        )
        done = platform.cli("alert", "apply", str(tmp_path / "mine.toml"))
        assert "a-disk: kept" in done.stdout, done.stderr
        wait_for("it fires", lambda: told(receiver) == ["alert.firing"], 90)
        (alert,) = [
            each for each in platform.cli_json("alert", "list", "--json")["items"] if each["rule"] == "a-disk"
        ]
        shown = platform.cli("alert", "show", alert["id"]).stdout
        assert "What to do" in shown
        assert "/console?node=" in shown
        platform.kill()
        platform.start()
        wait_for("it is looked again", lambda: rounds(platform) >= 4, 90)
        assert told(receiver) == ["alert.firing"]
        assert platform.cli("alert", "ack", alert["id"], "--who", "ann", "--note", "Seen").returncode == 0
        assert "ann Seen" in platform.cli("alert", "show", alert["id"]).stdout
        assert platform.cli("alert", "reset", "a-disk").returncode == 0
        wait_for("it is over", lambda: told(receiver) == ["alert.firing", "alert.resolved"], 60)


def test_the_log_is_searched_and_followed(platform: LivePlatform) -> None:
    follower = subprocess.Popen(
        [TIDEGATE, "logs", "-f", "setting_changed", "--data", platform.data],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for("it follows", lambda: b"event_streams 1.0" in platform.get("/metrics", token=True)[1])
        platform.cli("setting", "set", "alerts.every_s", "7")
        assert follower.stdout is not None
        assert "setting=alerts.every_s" in follower.stdout.readline()
    finally:
        follower.kill()
        follower.communicate()

    def found() -> str:
        return platform.cli("logs", "setting=alerts.every_s", "--level", "info").stdout

    assert "setting_changed" in wait_for("it is found", found)
    assert platform.cli("logs", "nothing-like-this").stdout == ""
