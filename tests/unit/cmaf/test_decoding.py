"""Real encoders' frames through the packager, read back by real demuxers and decoders without a complaint."""

import io
import subprocess
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest

from synthetic_publisher import RecordingIngest, interleaved
from tidegate.core.clock import ManualClock
from tidegate.media.cmaf.boxes import read_boxes
from tidegate.media.cmaf.packager import Packager, PackagerSettings
from tidegate.media.types import AudioConfig, Packet, VideoConfig

SECONDS = 3
SIZE = (160, 90)
RATE = 48_000


class Encoded(NamedTuple):
    video: VideoConfig
    audio: AudioConfig
    packets: list[Packet]
    frames: int


VIDEO = {
    "libx264": ("avc1", "avc1.640015", b"avcC", {"g": "30", "bf": "0", "preset": "ultrafast"}),
    "libx264 with B-frames": ("avc1", "avc1.640015", b"avcC", {"g": "30", "bf": "3", "preset": "veryfast"}),
    "libx265": (
        "hvc1",
        "hvc1.1.6.L60.90",
        b"hvcC",
        {"preset": "ultrafast", "x265-params": "keyint=30:log-level=none"},
    ),
    "libsvtav1": (
        "av01",
        "av01.0.00M.08",
        b"av1C",
        {"g": "30", "preset": "12", "svtav1-params": "pred-struct=1"},
    ),
}


@lru_cache(maxsize=8)
def encoded(video: str, audio: str = "aac", fps: Fraction = Fraction(30)) -> Encoded:
    """A few seconds encoded by FFmpeg's libraries, in the form a gateway hands over, in RTMP's milliseconds."""
    fourcc, codec, box, options = VIDEO[video]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        picture = out.add_stream(video.split(maxsplit=1)[0], rate=fps, options=options)
        picture.width, picture.height, picture.pix_fmt = *SIZE, "yuv420p"
        sound = out.add_stream(audio, rate=RATE)
        sound.layout = "stereo"
        frames = int(SECONDS * fps)
        for index in range(frames):
            pixels = np.full((SIZE[1], SIZE[0], 3), index * 2 % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = index, 1 / fps
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        step = 960
        for index in range(SECONDS * RATE // step):
            silence = av.AudioFrame.from_ndarray(np.zeros((2, step), np.float32), "fltp", "stereo")
            silence.sample_rate, silence.pts, silence.time_base = RATE, index * step, Fraction(1, RATE)
            out.mux(sound.encode(silence))
        out.mux(sound.encode(None))
    file.seek(0)
    with av.open(file) as back:
        streams = {"video": back.streams.video[0], "audio": back.streams.audio[0]}
        packets = {"video": [], "audio": []}
        for packet in back.demux():
            if packet.dts is None:
                continue
            kind = packet.stream.type
            dts, cts = packet.dts * packet.time_base, (packet.pts - packet.dts) * packet.time_base
            packets[kind].append(
                Packet(
                    kind,
                    round(dts * 1000) * 1000,
                    round(cts * 1000) * 1000,
                    packet.is_keyframe,
                    bytes(packet),
                    float(dts),
                )
            )
        extradata = {kind: bytes(stream.codec_context.extradata) for kind, stream in streams.items()}
    record = audio_record(extradata["audio"]) if audio == "libopus" else extradata["audio"]
    assert box in (b"avcC", b"hvcC", b"av1C")
    return Encoded(
        VideoConfig(fourcc, codec, extradata["video"], *SIZE, float(fps)),
        AudioConfig("Opus", "opus", record, RATE, 2)
        if audio == "libopus"
        else AudioConfig("mp4a", "mp4a.40.2", record, RATE, 2, 1024),
        interleaved(packets["video"], packets["audio"]),
        frames,
    )


def audio_record(head: bytes) -> bytes:
    """`dOps` from an Ogg identification header: version 0, and big-endian instead of little."""
    assert head.startswith(b"OpusHead")
    channels, skip, rate = head[9], head[10:12], head[12:16]
    return bytes([0, channels]) + skip[::-1] + rate[::-1] + bytes(3)


def packaged(source: Encoded) -> RecordingIngest:
    ingest = RecordingIngest()
    packager = Packager(ingest, PackagerSettings(), ManualClock())
    packager.expect(video=True, audio=True)
    packager.video_config(source.video)
    packager.audio_config(source.audio)
    for packet in source.packets:
        packager.packet(packet)
    packager.close("unpublished")
    return ingest


@pytest.mark.parametrize(
    ("video", "audio", "fps"),
    [
        ("libx264", "aac", Fraction(30)),
        ("libx264 with B-frames", "aac", Fraction(30)),
        ("libx264 with B-frames", "aac", Fraction(30000, 1001)),
        ("libx265", "aac", Fraction(25)),
        ("libsvtav1", "libopus", Fraction(30)),
    ],
)
def test_decoders_see_every_frame_in_its_place(video: str, audio: str, fps: Fraction) -> None:
    source = encoded(video, audio, fps)
    ingest = packaged(source)
    av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture() as complaints, av.open(io.BytesIO(ingest.data("video"))) as file:
        stream = file.streams.video[0]
        times = [frame.pts * frame.time_base for frame in file.decode(stream)]
    assert complaints == []
    assert len(times) == source.frames
    assert times == sorted(times)
    first = next(packet for packet in source.packets if packet.kind == "video")
    assert abs(times[0] - Fraction(first.cts_us, 1_000_000)) < Fraction(1, 900)
    for index, time in enumerate(times):
        assert abs(time - times[0] - index / fps) < Fraction(1, 45_000)
    with av.logging.Capture() as complaints, av.open(io.BytesIO(ingest.data("audio"))) as file:
        samples = sum(frame.samples for frame in file.decode(file.streams.audio[0]))
    assert complaints == []
    assert abs(samples / RATE - SECONDS) < 0.1


@pytest.mark.parametrize("video", ["libx264 with B-frames", "libx265"])
def test_ffmpeg_and_ffprobe_have_nothing_to_complain_of(video: str, tmp_path: Path) -> None:
    ingest = packaged(encoded(video))
    for name in ("video", "audio"):
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(ingest.data(name))
        for command in (
            ["ffprobe", "-v", "warning", "-show_entries", "stream=codec_name", str(path)],
            ["ffmpeg", "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_each_segment_of_keyframes_decodes_by_itself() -> None:
    ingest = packaged(encoded("libx264"))
    segments: dict[int, list[bytes]] = {}
    for chunk in ingest.of("video"):
        segments.setdefault(chunk.segment, []).append(chunk.data)
    assert len(segments) == SECONDS
    for pieces in segments.values():
        data = b"".join(pieces)
        assert [each.kind for each in read_boxes(data)][:3] == [b"styp", b"moof", b"mdat"]
        with av.open(io.BytesIO(ingest.last_track("video").init + data)) as file:
            assert sum(1 for _ in file.decode(file.streams.video[0])) == 30
