"""`tidegate demo` as a person meets it: alive by itself, hurt by a button, healed by another, and gone when it is told to go."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from live import TIDEGATE, free_port, wait_for

pytestmark = pytest.mark.serial

VIEWERS = 24


class DemoProcess:
    """A demo on ports of its own, and its API."""

    def __init__(self, data: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._output = data.with_suffix(".txt").open("w+")
        self.process = subprocess.Popen(
            [TIDEGATE, "demo", "--data", data, "--viewers", str(VIEWERS), "--http", self.url.removeprefix("http://"),
             "--rtmp", f"127.0.0.1:{free_port()}", "--srt", "127.0.0.1:0"],
            stdout=self._output, stderr=subprocess.STDOUT, env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        wait_for("the demo is up", lambda: "Ctrl-C stops it" in self.output(), 90)
        token = (data / "admin-token").read_text().strip()
        self._api = httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"authorization": f"Bearer {token}"}, trust_env=False
        )

    def output(self) -> str:
        if self.process.poll() is not None:
            raise AssertionError(f"the demo ended: {Path(self._output.name).read_text()}")
        return Path(self._output.name).read_text()

    def world(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._api.get("/world").raise_for_status().json()
        return answer

    def region(self, name: str) -> dict[str, Any]:
        return next(region for region in self.world()["regions"] if region["region"] == name)

    def state(self, what: str) -> str:
        state: str = next(hurt["state"] for hurt in self.world()["hurts"] if hurt["what"] == what)
        return state

    def stream(self, channel: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._api.get(f"/streams/{channel}").raise_for_status().json()
        return answer

    def hurt(self, what: str) -> None:
        self._api.post(f"/world/hurt/{what}").raise_for_status()

    def heal(self, what: str) -> None:
        self._api.delete(f"/world/hurt/{what}").raise_for_status()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def close(self) -> None:
        self._api.close()
        self._output.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[DemoProcess]:
    running = DemoProcess(tmp_path / "data")
    yield running
    running.close()


def test_the_world_lives_is_hurt_heals_and_ends(demo: DemoProcess) -> None:
    wait_for(
        "viewers play in every region",
        lambda: (world := demo.world())["crowd"] and all(region["playing"] for region in world["regions"]),
        40,
    )
    assert {stream: demo.stream(stream)["state"] for stream in ("demo", "side")} == {
        "demo": "live",
        "side": "live",
    }
    assert demo.world()["viewers"] <= VIEWERS
    wait_for("the platform counts them", lambda: demo.stream("demo")["viewers"] > 3)

    _throttles_a_region(demo)
    _kills_the_transcoder(demo)
    _cuts_the_publisher(demo)
    _loses_its_crowd(demo)

    children = demo.children()
    assert len(children) >= 6, "two cards with their encoders, a transcoder, a crowd"
    assert demo.stop() == 0
    assert [
        child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    ] == []


def _throttles_a_region(demo: DemoProcess) -> None:
    demo.hurt("region")
    wait_for(
        "half of eu-west stalls", lambda: 2 * (now := demo.region("eu-west"))["stalled"] > now["viewers"]
    )
    assert demo.state("region") == "hurt"
    assert demo.region("eu-west")["throttled_bps"] > 0
    assert demo.region("us-east")["throttled_bps"] == 0
    demo.heal("region")
    wait_for("nearly all play again", lambda: 2 * (now := demo.region("eu-west"))["playing"] > now["viewers"])
    wait_for("it is well", lambda: demo.state("region") == "well")


def _kills_the_transcoder(demo: DemoProcess) -> None:
    def running() -> list[psutil.Process]:
        found = []
        for child in demo.children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it may end while it is asked
                if "tidegate.media.transcode" in child.cmdline():
                    found.append(child)
        return found

    wait_for("a ladder", lambda: demo.stream("demo")["ladder"]["state"] == "running", 40)
    (before,) = running()
    demo.hurt("transcoder")
    wait_for("it is dead", lambda: not before.is_running() or before.status() == psutil.STATUS_ZOMBIE)
    wait_for("there is another", lambda: demo.state("transcoder") == "well" and running(), 40)
    assert running()[0].pid != before.pid
    assert demo.stream("demo")["ladder"]["restarts"] == 1


def _cuts_the_publisher(demo: DemoProcess) -> None:
    demo.hurt("publisher")
    wait_for("the stream is interrupted", lambda: demo.stream("demo")["state"] == "interrupted")
    assert demo.state("publisher") == "hurt"
    assert demo.stream("side")["state"] == "live"
    demo.hurt("publisher")
    demo.heal("publisher")
    wait_for("it is live again", lambda: demo.stream("demo")["state"] == "live")
    wait_for("it is well", lambda: demo.state("publisher") == "well")
    demo.heal("publisher")
    assert demo.stream("demo")["state"] == "live"


def _loses_its_crowd(demo: DemoProcess) -> None:
    (crowd,) = [child for child in demo.children() if "tidegate.media.crowd" in child.cmdline()]
    demo.hurt("region")
    crowd.kill()
    wait_for("it is gone", lambda: not demo.world()["crowd"])
    wait_for("another comes, as throttled as before", lambda: demo.world()["crowd"], 20)
    wait_for("they are throttled", lambda: demo.region("eu-west")["throttled_bps"] > 0)
    demo.heal("region")
