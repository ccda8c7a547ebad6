"""The platform with something on: test pictures on two channels, an empty channel `mine`, a check that it plays, and viewers.

The stream keys are kept in the demo's data folder, as an encoder would keep its own, so that OBS set up for `mine` still works at
the next start.
"""

import asyncio
import os
import time
from pathlib import Path

import msgspec

from tidegate.app.config import Config
from tidegate.app.demo_picture import DemoPicture
from tidegate.app.platform import Platform, Step
from tidegate.app.world import CutPublisher, DeadTranscoder, DemoWorld, SlowRegion, demo_crowd, demo_plan
from tidegate.core.clock import Clock, SystemClock
from tidegate.core.errors import TidegateError
from tidegate.media.crowd.process import CrowdProcess
from tidegate.media.player.service import watch
from tidegate.media.player.types import WatchReport
from tidegate.media.testcard.types import CardOptions
from tidegate.media.transcode.settings import ENABLED
from tidegate.settings.types import Author, Place

CHANNEL = "demo"
SIDE_CHANNEL = "side"
OWN_CHANNEL = "mine"
TITLES = {CHANNEL: "Test picture", SIDE_CHANNEL: "Small test picture", OWN_CHANNEL: "My first stream"}
SIDE_CARD = CardOptions(640, 360, 25, 700)
"""A second channel at a tenth of a core: a console with one row shows nothing."""

SIDE_WEIGHT, MAIN_WEIGHT = 1.0, 3.0
VIEWERS = 36
"""Who are not real, at the busiest: a sixth of a core, with what serving them costs."""

KEYS_FILE = "demo-keys.json"
CHECK_S = 4.0
LIVE_DEADLINE_S = 30.0
POLL_S = 0.05


class DemoError(TidegateError):
    """The demo's picture does not play."""

    code = "demo-failed"


class Demo:
    """A running platform, its test pictures' publishers in child processes, one playback's report, and a crowd.

    Attributes:
        report: how our own player fared, once `start` has returned.
        own_key: stream key of the empty channel, for the user's own encoder.
    """

    channel = CHANNEL
    own_channel = OWN_CHANNEL
    report: WatchReport
    own_key: str

    def __init__(
        self, config: Config, on_step: Step, clock: Clock | None = None, *, viewers: int = VIEWERS
    ) -> None:
        """`viewers`: how many come who are not real, at the busiest; 0: none."""
        self._clock = clock or SystemClock()
        self._on_step = on_step
        self._viewers = viewers
        self._pictures: list[DemoPicture] = []
        self._crowd: CrowdProcess | None = None
        self.platform = Platform(config, on_step, self._clock)

    async def start(self) -> None:
        """Start all, wait until the picture is live, play it for a few seconds, let the crowd in.

        Raises:
            TidegateError: what did not work, and what to do.
        """
        await self.platform.start()
        began = time.perf_counter()
        keys = await self._channels()
        self.own_key = keys[OWN_CHANNEL]
        main = self._picture(CHANNEL, keys, CardOptions())
        main.publish()
        await self._until_live(main)
        self._on_step("test picture is live", time.perf_counter() - began)
        began = time.perf_counter()
        self.report = await watch(self._playlist(CHANNEL), CHECK_S, self._clock)
        self._on_step(_sentence(self.report), time.perf_counter() - began)
        await self._want_ladder()
        self._picture(SIDE_CHANNEL, keys, SIDE_CARD).publish()
        if self._viewers:
            self._begin_world(main)

    async def stop(self) -> None:
        """Send the crowd home, stop the publishers, then the platform. Safe at any time."""
        if self._crowd is not None:
            await self._crowd.stop()
        for picture in self._pictures:
            await picture.stop()
        await self.platform.stop()

    def _begin_world(self, main: DemoPicture) -> None:
        began = time.perf_counter()
        platform, clock = self.platform, self._clock
        urls = [(self._playlist(CHANNEL), MAIN_WEIGHT), (self._playlist(SIDE_CHANNEL), SIDE_WEIGHT)]
        self._crowd = crowd = demo_crowd(demo_plan(urls, self._viewers))
        crowd.start()
        platform.stage.world = DemoWorld(
            crowd,
            (
                SlowRegion(clock, crowd),
                DeadTranscoder(
                    clock,
                    lambda: platform.transcoder(CHANNEL),
                    lambda: platform.ladder(CHANNEL).state == "running",
                ),
                CutPublisher(clock, main.cut, main.publish, lambda: self._is_live(CHANNEL)),
            ),
        )
        self._on_step(f"up to {self._viewers} synthetic viewers come and go", time.perf_counter() - began)

    def _picture(self, channel: str, keys: dict[str, str], options: CardOptions) -> DemoPicture:
        url = f"{self.platform.addresses.rtmp_url}/{keys[channel]}"
        picture = DemoPicture(url, channel, options, self._clock)
        self._pictures.append(picture)
        return picture

    def _playlist(self, channel: str) -> str:
        return f"{self.platform.addresses.http_url}/live/{channel}/index.m3u8"

    def _is_live(self, channel: str) -> bool:
        status = self.platform.stream(channel)
        return status is not None and status.state == "live"

    async def _want_ladder(self) -> None:
        """Show a ladder too, unless somebody has decided: it is begun if this machine can carry it."""
        settings = self.platform.settings
        if CHANNEL not in settings.book.state(ENABLED.name).overrides.get("channel", {}):
            author = Author("demo", reason="To show one")
            await settings.set(ENABLED.name, True, author, Place("channel", CHANNEL))

    async def _until_live(self, picture: DemoPicture) -> None:
        until = self._clock.monotonic() + LIVE_DEADLINE_S
        while self._clock.monotonic() < until:
            picture.check()
            if self._is_live(picture.channel):
                return
            await asyncio.sleep(POLL_S)
        raise DemoError(
            f"The test picture was not live within {LIVE_DEADLINE_S:.0f} s. {picture.last_error}".rstrip(),
            hint=f"Look into {self.platform.data / 'logs' / 'tidegate.log'}, and run: tidegate doctor",
        )

    async def _channels(self) -> dict[str, str]:
        """The stream key of each of the demo's channels; channels and keys that are missing are made."""
        path = self.platform.data / KEYS_FILE
        keys = _read_keys(path)
        for name, title in TITLES.items():
            channels = self.platform.channels
            if channels.directory.channel(name) is None:
                keys[name] = (await channels.create(name, title)).key
            elif not self.platform.has_key(name, keys.get(name, "")):
                keys[name] = (await channels.rotate_key(name)).key
        _write_keys(path, keys)
        return keys


def _sentence(report: WatchReport) -> str:
    latency = report.latency_s
    return (
        f"it plays: first picture after {report.startup_s * 1000:.0f} ms, {latency.p50:.2f} s behind live, "
        f"{report.rebuffers} rebuffers"
    )


def _read_keys(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def _write_keys(path: Path, keys: dict[str, str]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(keys))
