"""One of the demo's publishers: a test card in a process of its own, which can be cut and mended."""

import asyncio
import os
import signal
from contextlib import suppress

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.media.publish.supervisor import Supervisor
from tidegate.media.testcard.service import card_supervisor
from tidegate.media.testcard.types import CardOptions


class DemoPicture:
    """A channel's test card; `url` carries its stream key."""

    def __init__(self, url: str, channel: str, options: CardOptions, clock: Clock) -> None:
        self.channel = channel
        self._url = url
        self._options = options
        self._clock = clock
        self._supervisor: Supervisor | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def last_error(self) -> str:
        return self._supervisor.status.last_error if self._supervisor is not None else ""

    def publish(self) -> None:
        """Begin, and begin again whenever it ends. What runs goes on."""
        if self._task is None:
            self._supervisor = card_supervisor(self._url, self.channel, self._clock, options=self._options)
            self._task = asyncio.create_task(self._supervisor.run(), name=f"demo-{self.channel}")

    def check(self) -> None:
        """Raises:
        TidegateError: publishing was given up.
        """
        if self._task is not None and self._task.done():
            self._task.result()

    async def cut(self) -> None:
        """End as a power cut ends an encoder: without a goodbye, and for good."""
        if self._supervisor is not None and self._supervisor.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._supervisor.pid, signal.SIGKILL)  # its session is its own: ffmpeg goes with it
        await self.stop()

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, TidegateError):
                await task
