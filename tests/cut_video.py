"""Real encoded video, packaged into CMAF parts as a publisher's would be."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import av

from synthetic_publisher import RecordingIngest
from tidegate.core.clock import ManualClock
from tidegate.media.cmaf.packager import Packager, PackagerSettings
from tidegate.media.types import Packet, VideoConfig


@dataclass(frozen=True)
class CutVideo:
    header: bytes
    parts: list[bytes]
    independent: list[bool]


def cut_video(
    frames: Iterable[av.VideoFrame], width: int, height: int, fps: Fraction, *, b_frames: int = 0
) -> CutVideo:
    """Encode with a keyframe each second, then package."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {
            "preset": "veryfast", "b": "600k", "g": str(round(fps)), "bf": str(b_frames), "sc_threshold": "0",
        }  # fmt: skip
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, 1 / fps
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file.seek(0)
    ingest = RecordingIngest()
    packager = Packager(ingest, PackagerSettings(), ManualClock())
    packager.expect(video=True, audio=False)
    with av.open(file) as source:
        stream = source.streams.video[0]
        record = stream.codec_context.extradata
        packager.video_config(VideoConfig("avc1", "avc1.64001f", record, width, height, float(fps)))
        for packet in source.demux(stream):
            if packet.size and packet.time_base is not None:
                dts_us = round(packet.dts * packet.time_base * 1_000_000)
                cts_us = round((packet.pts - packet.dts) * packet.time_base * 1_000_000)
                packager.packet(
                    Packet("video", dts_us, cts_us, packet.is_keyframe, bytes(packet), dts_us / 1e6)
                )
    packager.close("unpublished")
    chunks = ingest.of("video")
    return CutVideo(
        ingest.last_track("video").init,
        [chunk.data for chunk in chunks],
        [chunk.independent for chunk in chunks],
    )
