"""The platform with something on: a test picture on `demo`, an empty channel `mine`, and a check that it plays.

The two stream keys are kept in the demo's data folder, as an encoder would keep its own, so that OBS set up for
`mine` still works at the next start.
"""

import asyncio
import contextlib
import os
import time
from pathlib import Path

import msgspec

from tidegate.app.config import Config
from tidegate.app.platform import Platform, Step
from tidegate.core.clock import Clock, SystemClock
from tidegate.core.errors import TidegateError
from tidegate.media.player.service import watch
from tidegate.media.player.types import WatchReport
from tidegate.media.publish.types import PublishStatus
from tidegate.media.testcard.service import publish_card
from tidegate.media.transcode.settings import ENABLED
from tidegate.settings.types import Author, Place

CHANNEL = "demo"
OWN_CHANNEL = "mine"
TITLES = {CHANNEL: "Test picture", OWN_CHANNEL: "My first stream"}
KEYS_FILE = "demo-keys.json"
CHECK_S = 4.0
LIVE_DEADLINE_S = 30.0
POLL_S = 0.05


class DemoError(TidegateError):
    """The demo's picture does not play."""

    code = "demo-failed"


class Demo:
    """A running platform, its test picture's publisher in a child process, and one playback's report.

    Attributes:
        report: how our own player fared, once `start` has returned.
        own_key: stream key of the empty channel, for the user's own encoder.
    """

    channel = CHANNEL
    own_channel = OWN_CHANNEL
    report: WatchReport
    own_key: str

    def __init__(self, config: Config, on_step: Step, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._on_step = on_step
        self._publishing: asyncio.Task[None] | None = None
        self._published = PublishStatus()
        self.platform = Platform(config, on_step, self._clock)

    async def start(self) -> None:
        """Start all, wait until the picture is live, play it for a few seconds.

        Raises:
            TidegateError: what did not work, and what to do.
        """
        await self.platform.start()
        began = time.perf_counter()
        keys = await self._channels()
        self.own_key = keys[OWN_CHANNEL]
        url = f"{self.platform.addresses.rtmp_url}/{keys[CHANNEL]}"
        self._publishing = asyncio.create_task(
            publish_card(url, CHANNEL, self._clock, on_progress=self._note), name="demo-publisher"
        )
        await self._until_live()
        self._on_step("test picture is live", time.perf_counter() - began)
        began = time.perf_counter()
        playlist = f"{self.platform.addresses.http_url}/live/{CHANNEL}/index.m3u8"
        self.report = await watch(playlist, CHECK_S, self._clock)
        self._on_step(_sentence(self.report), time.perf_counter() - began)
        await self._want_ladder()

    async def stop(self) -> None:
        """Stop the publisher, then the platform. Safe at any time."""
        if self._publishing is not None:
            self._publishing.cancel()
            with contextlib.suppress(asyncio.CancelledError, TidegateError):
                await self._publishing
        await self.platform.stop()

    async def _want_ladder(self) -> None:
        """Show a ladder too, unless somebody has decided: it is begun if this machine can carry it."""
        settings = self.platform.settings
        if CHANNEL not in settings.book.state(ENABLED.name).overrides.get("channel", {}):
            author = Author("demo", reason="To show one")
            await settings.set(ENABLED.name, True, author, Place("channel", CHANNEL))

    def _note(self, status: PublishStatus) -> None:
        self._published = status

    async def _until_live(self) -> None:
        until = self._clock.monotonic() + LIVE_DEADLINE_S
        while self._clock.monotonic() < until:
            assert self._publishing is not None  # noqa: S101 (set by `start`, which calls this)
            if self._publishing.done():
                await self._publishing
            status = self.platform.stream(CHANNEL)
            if status is not None and status.state == "live":
                return
            await asyncio.sleep(POLL_S)
        raise DemoError(
            f"The test picture was not live within {LIVE_DEADLINE_S:.0f} s. {self._published.last_error}".rstrip(),
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
