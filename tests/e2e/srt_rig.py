"""A real SRT server on a port of the system's choosing, with sinks that record, for the e2e tests of the gateway."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

import imageio_ffmpeg

from tidegate.core.clock import SystemClock
from tidegate.core.errors import TidegateError, UnauthorizedError
from tidegate.core.streams import EndReason, Note, Publisher
from tidegate.media.gateway.srt.config import SrtConfig, SrtLimits
from tidegate.media.gateway.srt.server import SrtServer
from unit.gateway.rtmp_peer import RecordingSink

KEY = "right-key"
DEADLINE_S = 30.0


class Rig:
    """Admits whoever brings `KEY`, and remembers all that happens. A newer publisher takes over from an older one."""

    def __init__(self, passphrase: str, limits: SrtLimits) -> None:
        self.publishers: list[Publisher] = []
        self.sinks: list[RecordingSink] = []
        self.hang_ups: dict[str, Callable[[EndReason], None]] = {}
        self.refuse_with: TidegateError | None = None
        self.refusals: list[tuple[str, Note]] = []
        ids = itertools.count(1)
        config = SrtConfig(
            port=0, passphrase=passphrase, ffmpeg=imageio_ffmpeg.get_ffmpeg_exe(), limits=limits
        )
        self.server = SrtServer(
            config, self, self.open_sink, self, SystemClock(), lambda: f"ses_local_{next(ids)}"
        )

    async def admit(self, *, protocol: str, channel: str, key: str, remote_ip: str) -> str:
        if key != KEY:
            raise UnauthorizedError("The stream key is wrong.", hint="Copy it from the studio page.")
        return channel or "by-key"

    def open_sink(self, publisher: Publisher, hang_up: Callable[[EndReason], None]) -> RecordingSink:
        if self.refuse_with is not None:
            raise self.refuse_with
        if earlier := self.hang_ups.get(publisher.channel):
            earlier("taken-over")
        self.publishers.append(publisher)
        self.hang_ups[publisher.channel] = hang_up
        self.sinks.append(RecordingSink())
        return self.sinks[-1]

    def refused(self, channel: str, note: Note) -> None:
        self.refusals.append((channel, note))

    def url(self, stream_id: str = KEY, port: int = 0, **options: object) -> str:
        query = "".join(f"&{name}={value}" for name, value in options.items())
        return f"srt://127.0.0.1:{port or self.server.port}?streamid={quote(stream_id)}{query}"

    async def until(self, what: Callable[[], object]) -> None:
        """Wait for `what` to be true of the rig."""
        async with asyncio.timeout(DEADLINE_S):
            while not what():
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running_rig(passphrase: str = "", limits: SrtLimits | None = None) -> AsyncIterator[Rig]:
    rig = Rig(passphrase, limits or SrtLimits())
    await rig.server.start()
    try:
        yield rig
    finally:
        await rig.server.stop()
