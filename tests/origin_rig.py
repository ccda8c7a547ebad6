"""A publisher, a packager and an origin on one manual clock, with a real object store below."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path

from synthetic_publisher import AAC, AVC, audio_packets, interleaved, video_packets
from tidegate.core.clock import ManualClock
from tidegate.core.decisions import Decision
from tidegate.core.delivery import LiveResponse
from tidegate.core.settings import SettingsBook, Subject
from tidegate.core.streams import EndReason, Publisher, Role, StreamEvent, StreamState
from tidegate.media.cmaf.packager import Packager, PackagerSettings
from tidegate.media.cmaf.settings import packager_settings
from tidegate.media.origin.archive import ArchivePolicy
from tidegate.media.origin.service import OriginConfig, OriginService
from tidegate.media.types import AudioConfig, Packet, VideoConfig
from tidegate.objects.abc import Content
from tidegate.objects.errors import ObjectsFullError
from tidegate.objects.local import LocalObjects


class FillingDisk(LocalObjects):
    """A store whose disk is full while `full` is set."""

    full = False

    async def put(self, *items: tuple[str, Content]) -> None:
        if self.full:
            raise ObjectsFullError("No space is left.", hint="Free some.")
        await super().put(*items)

    async def extend(self, *items: tuple[str, int, Content]) -> None:
        if self.full:
            raise ObjectsFullError("No space is left.", hint="Free some.")
        await super().extend(*items)


class Publishing:
    """One publishing session; `send` moves the clock to each packet's arrival."""

    def __init__(
        self,
        rig: "Rig",
        channel: str,
        session: str,
        video: VideoConfig | None,
        audio: AudioConfig | None,
        role: Role = "primary",
        encoder: str = "synthetic",
    ) -> None:
        self.rig = rig
        self.fenced: list[EndReason] = []
        publisher = Publisher(session, channel, "test", "127.0.0.1", encoder, rig.clock.wall(), role)
        self.ingest = rig.origin.open(publisher, self.fenced.append)
        subject = Subject(channel=channel, session=session)
        current = partial(packager_settings, rig.book, subject) if rig.book is not None else PackagerSettings
        self.packager = Packager(self.ingest, current(), rig.clock, current)
        self.packager.expect(video=video is not None, audio=audio is not None)
        if video is not None:
            self.packager.video_config(video)
        if audio is not None:
            self.packager.audio_config(audio)
        self.began = rig.clock.monotonic()
        self.sent_s = 0.0

    async def send(self, packets: Iterable[Packet], each: Callable[[], None] | None = None) -> None:
        """Send packets when they are due; `each` is called after every one."""
        for count, packet in enumerate(packets):
            at = self.began + packet.arrived_at
            self.rig.clock.advance(max(0.0, at - self.rig.clock.monotonic()))
            self.packager.packet(_arriving(packet, at))
            if each is not None:
                each()
            if not count % 64:
                await self.rig.settle()
        await self.rig.settle()

    async def play(
        self,
        seconds: float,
        *,
        start: float = 0.0,
        gop_s: float = 1.0,
        each: Callable[[], None] | None = None,
    ) -> None:
        """Send media from `start` to `start` + `seconds` of an endless source."""
        packets = interleaved(video_packets(30, start + seconds, gop_s=gop_s), audio_packets(start + seconds))
        await self.send((packet for packet in packets if packet.arrived_at >= start), each)


def source(start: float, seconds: float, gop_s: float = 1.0) -> list[Packet]:
    """What an endless source sends from `start` on for `seconds`."""
    packets = interleaved(video_packets(30, start + seconds, gop_s=gop_s), audio_packets(start + seconds))
    return [packet for packet in packets if packet.arrived_at >= start - 1e-9]


def _arriving(packet: Packet, at: float) -> Packet:
    return Packet(packet.kind, packet.dts_us, packet.cts_us, packet.keyframe, packet.data, at)


class Rig:
    """An origin whose clock the test owns."""

    def __init__(self, folder: Path, config: OriginConfig, book: SettingsBook | None = None) -> None:
        self.folder = folder
        self.config = config
        self.book = book
        self.clock = ManualClock()
        self.events: list[StreamEvent] = []
        self.decisions: list[Decision] = []
        self.policy = ArchivePolicy()
        self.archived: list[tuple[str, str]] = []
        self._sessions = 0
        self._make()

    def _make(self) -> None:
        self.objects = FillingDisk(self.folder)
        self.origin = OriginService(
            self.objects,
            self.clock,
            self.config,
            self.events.append,
            book=self.book,
            policy=lambda _: self.policy,
            on_archived=lambda channel, broadcast: self.archived.append((channel, broadcast)),
            decide=self.decisions.append,
        )

    def media(self, channel: str = "demo") -> Path:
        """The folder of a channel's one broadcast."""
        (folder,) = (self.folder / "media" / channel).iterdir()
        return folder

    def publish(
        self,
        channel: str = "demo",
        *,
        session: str = "",
        video: VideoConfig | None = AVC,
        audio: AudioConfig | None = AAC,
        role: Role = "primary",
        encoder: str = "synthetic",
    ) -> Publishing:
        self._sessions += 1
        return Publishing(
            self, channel, session or f"ses_local_{self._sessions:03d}", video, audio, role, encoder
        )

    async def play_together(self, seconds: float, *publishers: Publishing, gop_s: float = 1.0) -> None:
        """Each publisher sends its next `seconds` at once with the others."""
        starts = [publisher.sent_s for publisher in publishers]
        began = self.clock.monotonic()
        due = heapq.merge(
            *(
                [
                    (began + packet.arrived_at - start, index, packet)
                    for packet in source(start, seconds, gop_s)
                ]
                for index, start in enumerate(starts)
            ),
            key=lambda each: each[:2],
        )
        for count, (at, index, packet) in enumerate(due):
            self.clock.advance(max(0.0, at - self.clock.monotonic()))
            publishers[index].packager.packet(_arriving(packet, at))
            if not count % 32:
                await self.settle()
                self.origin.sweep()
        for publisher, start in zip(publishers, starts, strict=True):
            publisher.sent_s = start + seconds
        await self.settle()
        self.origin.sweep()

    async def settle(self) -> None:
        """Let what is to be stored be stored."""
        self.origin.sweep()
        await asyncio.sleep(0)
        while self.origin.storing or self.origin._removing:
            await asyncio.sleep(0.001)

    async def kill_and_restart(self) -> None:
        """As after kill -9: nothing is told, nothing more is written; a new process finds the folder."""
        await self.settle()
        sweeper = self.origin._sweeper
        if sweeper is not None:
            sweeper.cancel()
            await asyncio.wait([sweeper])
        await self.objects.close()
        self.clock.advance(2.0)
        self._make()
        await self.origin.start()

    def state(self, channel: str = "demo") -> StreamState | None:
        status = self.origin.status(channel)
        return status.state if status is not None else None

    def now(self, target: str, if_none_match: bytes = b"") -> LiveResponse:
        """The answer to a request that must not wait."""
        answer = self.origin.get(target, if_none_match)
        assert isinstance(answer, LiveResponse), f"{target} waits"
        return answer

    def text(self, track: str = "video", query: str = "", channel: str = "demo") -> str:
        answer = self.now(f"{channel}/{track}/index.m3u8{query}")
        assert answer.status == 200, answer
        return answer.body.decode()

    def later(self, target: str) -> "asyncio.Future[LiveResponse]":
        """The answer to a request that must wait."""
        answer = self.origin.get(target)
        assert isinstance(answer, Awaitable), f"{target} does not wait: {answer}"
        return asyncio.ensure_future(answer)

    async def read(self, target: str) -> LiveResponse:
        answer = self.origin.get(target)
        return answer if isinstance(answer, LiveResponse) else await answer

    async def stop(self) -> None:
        await self.origin.stop()
        await self.objects.close()
