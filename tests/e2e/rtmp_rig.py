"""A real RTMP server on a port of the system's choosing, with sinks that record, for the e2e tests of the gateway."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable

from tidegate.core.clock import Clock, SystemClock
from tidegate.core.errors import UnauthorizedError
from tidegate.core.streams import EndReason, Note, Publisher
from tidegate.media.gateway.rtmp.config import RtmpConfig
from tidegate.media.gateway.rtmp.server import RtmpServer
from unit.gateway.rtmp_peer import RecordingSink

KEY = "right-key"
DEADLINE_S = 30.0


class Rig:
    """Admits whoever brings `KEY`, and remembers all that happens."""

    def __init__(self, config: RtmpConfig, clock: Clock) -> None:
        self.publishers: list[Publisher] = []
        self.sinks: list[RecordingSink] = []
        self.hang_ups: list[Callable[[EndReason], None]] = []
        self.refusals: list[tuple[str, Note]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        ids = itertools.count(1)
        self.server = RtmpServer(config, self, self.open_sink, self, clock, lambda: f"ses_local_{next(ids)}")

    async def admit(self, *, protocol: str, channel: str, key: str, remote_ip: str) -> str:
        await self.gate.wait()
        if key != KEY:
            raise UnauthorizedError("The stream key is wrong.", hint="Copy it from the studio page.")
        return channel or "by-key"

    def open_sink(self, publisher: Publisher, hang_up: Callable[[EndReason], None]) -> RecordingSink:
        self.publishers.append(publisher)
        self.hang_ups.append(hang_up)
        self.sinks.append(RecordingSink())
        return self.sinks[-1]

    def refused(self, channel: str, note: Note) -> None:
        self.refusals.append((channel, note))

    def url(self, path: str = f"live/{KEY}", scheme: str = "rtmp") -> str:
        port = self.server.port if scheme == "rtmp" else self.server.tls_port
        return f"{scheme}://127.0.0.1:{port}/{path}"

    async def until(self, what: Callable[[], object]) -> None:
        """Wait for `what` to be true of the rig."""
        async with asyncio.timeout(DEADLINE_S):
            while not what():
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running_rig(config: RtmpConfig | None = None, clock: Clock | None = None) -> AsyncIterator[Rig]:
    rig = Rig(config or RtmpConfig(port=0), clock or SystemClock())
    await rig.server.start()
    try:
        yield rig
    finally:
        await rig.server.stop(grace_s=1.0)
