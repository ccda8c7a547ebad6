"""What packager and origin cost per stream: synthetic 2.7 Mbps 1080p30 with AAC, parts of 200 ms, one watching edge.

How to read it: "µs per part" is processor time from packets in to playlist bytes out, all threads, divided by the
parts of both tracks; "% of a core" is the same per second of media. An edge asks for every playlist version and
every part of both tracks, so nothing is left unrendered. The budget is 0.05 % of a core per stream, without the disk:
writing is the kernel's time, and mostly for new pages of its cache, which varies by machine.
"""

import asyncio
import gc
import shutil
import tempfile
import time
from pathlib import Path

import structlog
import uvloop

from tidegate.core.clock import ManualClock
from tidegate.core.delivery import LiveResponse
from tidegate.core.ports import Ingest
from tidegate.core.streams import Publisher
from tidegate.media.cmaf.packager import Packager, PackagerSettings
from tidegate.media.origin.service import OriginService
from tidegate.media.types import AudioConfig, Packet, VideoConfig
from tidegate.objects.abc import Content
from tidegate.objects.local import LocalObjects

STREAMS = 20
SECONDS = 20
FPS = 30
VIDEO_BPS, AUDIO_BPS, RATE, FRAME = 2_570_000, 128_000, 48_000, 1024
BUDGET = 0.05
AVC = VideoConfig("avc1", "avc1.640028", bytes(40), 1920, 1080, float(FPS))
AAC = AudioConfig("mp4a", "mp4a.40.2", b"\x11\x90", RATE, 2, FRAME)


def packets() -> list[Packet]:
    """A minute's worth of one stream; keyframes every 2 s, each as large as eight other frames."""
    unit = VIDEO_BPS // 8 * 2 // (2 * FPS - 1 + 8)
    frames = [bytes(unit * 8), bytes(unit)]
    sound = bytes(AUDIO_BPS * FRAME // RATE // 8)
    video = [
        Packet("video", i * 1000 // FPS * 1000, 0, i % (2 * FPS) == 0, frames[i % (2 * FPS) != 0], i / FPS)
        for i in range(SECONDS * FPS)
    ]
    audio = [
        Packet("audio", i * FRAME * 1000 // RATE * 1000, 0, True, sound, i * FRAME / RATE)
        for i in range(SECONDS * RATE // FRAME)
    ]
    return sorted(video + audio, key=lambda packet: packet.arrived_at)


class NoIngest:
    """An origin that costs nothing, to tell the packager's share."""

    timeline_start_s = 0.0
    chunks = 0

    def track(self, _track: object) -> None: ...
    def ready(self) -> None: ...
    def note(self, *_note: str) -> None: ...
    def close(self, _reason: str) -> None: ...

    def chunk(self, _chunk: object) -> None:
        self.chunks += 1


def bench_packager() -> tuple[float, int]:
    """CPU seconds and parts of the packager alone."""
    sinks = [NoIngest() for _ in range(STREAMS)]
    media = packets()
    started = time.process_time()
    for sink in sinks:
        packager = Packager(sink, PackagerSettings(), ManualClock())
        packager.expect(video=True, audio=True)
        packager.video_config(AVC)
        packager.audio_config(AAC)
        for packet in media:
            packager.packet(packet)
    return time.process_time() - started, sum(sink.chunks for sink in sinks)


class NoDisk(LocalObjects):
    """A store that forgets, to tell the disk's share: the kernel's, for pages of its cache."""

    async def put(self, *items: tuple[str, Content]) -> None:
        self.puts += len(items)
        await asyncio.sleep(0)

    async def extend(self, *items: tuple[str, int, Content]) -> None:
        self.puts += len(items)
        await asyncio.sleep(0)


async def bench_origin(engine: type[LocalObjects], *, watched: bool) -> tuple[float, int, float]:
    """CPU seconds, parts and bytes of memory per stream of packagers and an origin."""
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    clock = ManualClock()
    objects = engine(folder)
    origin = OriginService(objects, clock)
    media = packets()
    packagers = []
    for number in range(STREAMS):
        publisher = Publisher(f"ses_local_{number}", f"s{number}", "bench", "", "", 0.0)
        ingest: Ingest = origin.open(publisher, lambda _reason: None)
        packager = Packager(ingest, PackagerSettings(), clock)
        packager.expect(video=True, audio=True)
        packager.video_config(AVC)
        packager.audio_config(AAC)
        packagers.append(packager)
    edges = [Edge(origin, f"s{number}") for number in range(STREAMS)]
    begun = media[2 * (FPS + RATE // FRAME)]
    gc.collect()
    gc.freeze()
    started = time.process_time()
    for packet in media:
        clock.advance(packet.arrived_at - clock.monotonic())
        for packager in packagers:
            packager.packet(packet)
        if watched and packet is begun:
            for edge in edges:
                edge.watch()
        if packet.keyframe and packet.kind == "video":
            await idle(origin)
        await asyncio.sleep(0)
    spent = time.process_time() - started
    memory = origin.memory_bytes() / STREAMS
    parts = origin.parts
    await origin.stop()
    await objects.close()
    shutil.rmtree(folder)
    return spent, parts, memory


async def idle(origin: OriginService) -> None:
    """Sweep, and let the disk keep up with media that runs faster than real time."""
    origin.sweep()
    await asyncio.sleep(0)
    while origin.storing:
        await asyncio.sleep(0.02)


class Edge:
    """Asks for each version of both playlists and each part once, as a collapsing edge does."""

    def __init__(self, origin: OriginService, channel: str) -> None:
        self._origin = origin
        self._broadcast = origin._streams[channel].broadcast  # noqa: SLF001  # asking for addresses as text would be measured too
        self.bodies = 0

    def watch(self) -> None:
        """Begin once the stream is live."""
        for track in self._broadcast.windows:
            self._ask(track)

    def _ask(self, track: str) -> None:
        window = self._broadcast.windows[track]
        msn, part = window.last
        path = f"{self._broadcast.channel}/{track}"
        media = self._origin.get(f"{path}/part-{window.session}-{window.next_part - 1}.m4s")
        assert isinstance(media, LiveResponse)
        assert media.status == 200, media
        asked = self._origin.get(f"{path}/index.m3u8?_HLS_msn={msn}&_HLS_part={part + 1}&_HLS_skip=YES")
        assert isinstance(asked, asyncio.Future)
        asked.add_done_callback(lambda done: self._answered(track, done))

    def _answered(self, track: str, done: "asyncio.Future[LiveResponse]") -> None:
        if not done.cancelled() and done.result().status == 200:
            self.bodies += len(done.result().body)
            self._ask(track)


def main() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    rows = []
    spent, parts = bench_packager()
    rows.append(("packager alone", spent, parts, 0.0))
    for name, engine, watched in (
        ("packager and origin, nobody watching", NoDisk, False),
        ("packager and origin, one edge", NoDisk, True),
        ("… and segments written to disk", LocalObjects, True),
    ):
        rows.append((name, *uvloop.run(bench_origin(engine, watched=watched))))
    print(__doc__.split("\n\n")[1])
    print(f"\n{STREAMS} streams of {SECONDS} s each:")
    print(f"{'':38}{'µs per part':>12}{'% of a core':>13}{'memory MB':>11}")
    for name, spent, parts, memory in rows:
        share = spent / (STREAMS * SECONDS) * 100
        print(f"{name:38}{spent / parts * 1e6:12.1f}{share:13.4f}{memory / 1e6:11.2f}")
    print(f"budget {'':31}{'':12}{BUDGET:13.4f}{4.0:11.2f}")


if __name__ == "__main__":
    main()
