"""Ladders in a running platform, as e2e and chaos tests look at them."""

import re
from typing import Any

import psutil

from live import LivePlatform, video_file, wait_for

RUNGS = "144p 90p"
"""Of the 320 x 180 test file: small, so that a busy machine carries them."""


def switch_on(platform: LivePlatform, channel: str, rungs: str = RUNGS) -> None:
    platform.cli_json("setting", "set", "ladder.rungs", rungs, "--channel", channel, "--json")
    platform.cli_json("setting", "set", "ladder.preset", "ultrafast", "--channel", channel, "--json")
    platform.cli_json("setting", "set", "ladder.enabled", "true", "--channel", channel, "--json")


def publish_with_ladder(platform: LivePlatform, channel: str) -> dict[str, Any]:
    """A live channel whose ladder runs; the stream as the API tells it."""
    made = platform.create_channel(channel)
    switch_on(platform, channel)
    platform.publish(made["ingest"]["key"], video_file())
    platform.wait_for_state(channel, "live")
    return wait_for_ladder(platform, channel)


def wait_for_ladder(platform: LivePlatform, channel: str, state: str = "running") -> dict[str, Any]:
    wait_for(
        f"{state}: {platform.stream(channel)['ladder']}",
        lambda: platform.stream(channel)["ladder"]["state"] == state,
    )
    return platform.stream(channel)


def transcoder(platform: LivePlatform) -> psutil.Process:
    """The platform's one transcoding process."""
    assert platform.process

    def find() -> list[psutil.Process]:
        children = psutil.Process(platform.process.pid).children(recursive=True)  # type: ignore[union-attr]
        return [each for each in children if "tidegate.media.transcode" in each.cmdline()]

    (found,) = wait_for("a transcoder", find)
    return found


def last_part(platform: LivePlatform, channel: str, track: str) -> int:
    """Number of the newest part a track lists."""
    return int(re.findall(r"part-[0-9a-z]+-(\d+)\.m4s", platform.playlist(channel, track))[-1])
