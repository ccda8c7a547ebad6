"""A publisher's other end for tests: the real RTMP gateway with a sink that keeps what arrives."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tidegate.core.clock import SystemClock
from tidegate.core.errors import UnauthorizedError
from tidegate.core.streams import EndReason, Note, NoteLevel, Publisher
from tidegate.media.gateway.rtmp.config import RtmpConfig
from tidegate.media.gateway.rtmp.server import RtmpServer
from tidegate.media.types import AudioConfig, Packet, VideoConfig

HangUp = Callable[[EndReason], None]


class Session:
    """One publishing session as it arrives."""

    def __init__(self, publisher: Publisher, hang_up: HangUp) -> None:
        self.publisher = publisher
        self.hang_up = hang_up
        self.video: VideoConfig | None = None
        self.audio: AudioConfig | None = None
        self.packets: list[Packet] = []
        self.closed: EndReason | None = None

    def expect(self, *, video: bool, audio: bool) -> None: ...

    def video_config(self, config: VideoConfig) -> None:
        self.video = config

    def audio_config(self, config: AudioConfig) -> None:
        self.audio = config

    def packet(self, packet: Packet) -> None:
        self.packets.append(packet)

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None: ...

    def close(self, reason: EndReason) -> None:
        self.closed = reason

    def frames(self, kind: str) -> list[Packet]:
        return [packet for packet in self.packets if packet.kind == kind]


class RtmpCollector:
    """Listens on a free port; admits the one key `key`."""

    def __init__(self, key: str = "s3cretkey") -> None:
        self.key = key
        self.sessions: list[Session] = []
        self.wrong_keys = 0
        count = iter(range(1, 1000))
        self._server = RtmpServer(
            RtmpConfig(port=0, tls_port=0),
            self,
            self._open,
            self,
            SystemClock(),
            lambda: f"ses{next(count)}",
        )

    @property
    def url(self) -> str:
        return f"rtmp://127.0.0.1:{self._server.port}/live/{self.key}"

    async def admit(self, *, protocol: str, channel: str, key: str, remote_ip: str) -> str:
        if key != self.key:
            self.wrong_keys += 1
            raise UnauthorizedError("This stream key is not known.")
        return "test"

    def refused(self, channel: str, note: Note) -> None: ...

    def _open(self, publisher: Publisher, hang_up: HangUp) -> Session:
        session = Session(publisher, hang_up)
        self.sessions.append(session)
        return session

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.stop(0.0)

    async def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until `condition` holds."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)
