"""Packets as encoders send them, without an encoder; and an `Ingest` that remembers what it was told."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tidegate.core.chunks import Chunk, Track
from tidegate.core.streams import EndReason, NoteLevel
from tidegate.media.types import AudioConfig, Packet, VideoConfig

AVC = VideoConfig("avc1", "avc1.64001f", b"\x01\x64\x00\x1f\xff\xe0\x00", 1280, 720, 30.0)
AAC = AudioConfig("mp4a", "mp4a.40.2", b"\x11\x90", 48_000, 2, 1024)


def milliseconds(time_us: float) -> int:
    """As RTMP carries it."""
    return round(time_us / 1000) * 1000


def video_packets(
    fps: float,
    seconds: float,
    *,
    gop_s: float = 1.0,
    b_frames: int = 0,
    size: int = 40,
    start_us: int = 0,
    rounding: Callable[[float], int] = milliseconds,
) -> list[Packet]:
    """A constant-rate track; each frame arrives when it is due."""
    gop = max(1, round(gop_s * fps))
    return [
        Packet(
            "video",
            start_us + rounding(index * 1e6 / fps),
            rounding(offset * 1e6 / fps),
            index % gop == 0,
            index.to_bytes(4, "big") * (size // 4),
            index / fps,
        )
        for index, offset in enumerate(_composition(round(fps * seconds), gop, b_frames))
    ]


def _composition(frames: int, gop: int, b_frames: int) -> Iterator[int]:
    """Presentation minus decode time of each frame, in frames: I P b b P b b …, one frame of delay in all."""
    if not b_frames:
        yield from [0] * frames
        return
    for index in range(frames):
        place = index % gop
        if place == 0:
            yield 1
            continue
        step = (place - 1) % (b_frames + 1)
        whole = gop - 1 - (place - 1 - step) >= b_frames + 1
        yield (1 if not whole else b_frames + 1 if step == 0 else 0)


def audio_packets(
    seconds: float, *, rate: int = 48_000, frame: int = 1024, size: int = 20, start_us: int = 0
) -> list[Packet]:
    return [
        Packet(
            "audio",
            start_us + milliseconds(index * frame * 1e6 / rate),
            0,
            True,
            index.to_bytes(4, "big") * (size // 4),
            index * frame / rate,
        )
        for index in range(int(seconds * rate / frame))
    ]


def interleaved(*tracks: Iterable[Packet]) -> list[Packet]:
    return list(heapq.merge(*tracks, key=lambda packet: packet.arrived_at))


@dataclass
class RecordingIngest:
    """Remembers everything, with the arrival time of the packet that caused it."""

    timeline_start_s: float = 0.0
    tracks: list[Track] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    emitted_at: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_ready: bool = False
    closed: EndReason | None = None
    now: float = 0.0

    def track(self, track: Track) -> None:
        self.tracks.append(track)

    def ready(self) -> None:
        self.is_ready = True

    def chunk(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)
        self.emitted_at.append(self.now)

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None:
        assert message
        assert level in ("info", "warning", "error")
        self.notes.append(code)

    def close(self, reason: EndReason) -> None:
        self.closed = reason

    def of(self, name: str) -> list[Chunk]:
        return [chunk for chunk in self.chunks if chunk.track == name]

    def last_track(self, name: str) -> Track:
        return next(track for track in reversed(self.tracks) if track.name == name)

    def data(self, name: str) -> bytes:
        """Header and all chunks: a file that players read."""
        return self.last_track(name).init + b"".join(chunk.data for chunk in self.of(name))
