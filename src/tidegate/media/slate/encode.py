"""Makes the loop: a still picture and silence, encoded once and cut into CMAF chunks (ISO/IEC 23000-19). PyAV is here alone.

In: a `SlateJob`. Out: a `core.chunks.Loop` whose chunks begin at time 0, or a PNG of the picture. Each track loops at a
whole number of its own parts, so that a chunk of one loop is followed by the first of the next without a hole.
"""

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from tidegate.core.chunks import Chunk, Loop, LoopTrack, Track
from tidegate.media.cmaf.audio import frame_samples, timescale
from tidegate.media.cmaf.fragment import fragment
from tidegate.media.cmaf.header import audio_header, video_header
from tidegate.media.cmaf.types import VIDEO_TIMESCALE
from tidegate.media.codecs import aac, av1, h264, hevc, opus
from tidegate.media.slate import card
from tidegate.media.slate.types import AudioPlan, PictureError, SlateJob, VideoPlan
from tidegate.media.testcard.canvas import Canvas
from tidegate.media.testcard.png import to_png
from tidegate.media.types import AudioConfig, VideoConfig

PREVIEW_WIDTH, PREVIEW_HEIGHT = 640, 360

_ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    "avc1": ("libx264", {"preset": "veryfast", "crf": "22", "bf": "0", "sc_threshold": "0"}),
    "hvc1": (
        "libx265",
        {"preset": "fast", "crf": "24", "x265-params": "bframes=0:scenecut=0:open-gop=0:log-level=none"},
    ),
    "av01": ("libsvtav1", {"preset": "10", "crf": "35", "svtav1-params": "pred-struct=1"}),
}
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_FRAME_S = 1.0
"""Silence encoded, of which one frame from the middle stands for all."""


def make_loop(job: SlateJob) -> Loop:
    """Encode every track.

    Raises:
        PictureError: the picture cannot be decoded.
    """
    video = [_video(plan, picture_of(job, plan.width, plan.height), job.length_s) for plan in job.video]
    return Loop((*video, *(_audio(plan) for plan in job.audio)))


def make_preview(job: SlateJob) -> bytes:
    """The slate's picture as PNG."""
    return to_png(picture_of(job, PREVIEW_WIDTH, PREVIEW_HEIGHT))


def picture_of(job: SlateJob, width: int, height: int) -> Canvas:
    """The owner's picture whole in the middle, on black where its shape is another; or the drawn one."""
    if not job.picture:
        return card.draw(width, height, job.line, job.title)
    try:
        with av.open(io.BytesIO(job.picture), "r") as container:
            frame = next(container.decode(video=0))
    except (FFmpegError, StopIteration, ValueError, IndexError) as error:
        raise PictureError(
            "The picture cannot be decoded.", hint="Save it anew as a PNG or JPEG, and try again."
        ) from error
    scale = min(width / frame.width, height / frame.height)
    inner = (max(2, int(frame.width * scale) // 2 * 2), max(2, int(frame.height * scale) // 2 * 2))
    fitted = frame.reformat(*inner, format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
    planes = fitted.to_ndarray()
    tile = Canvas(*inner)
    tile.data[:] = planes.reshape(-1)
    whole = Canvas(width, height)
    whole.y[:], whole.cb[:], whole.cr[:] = 16, 128, 128
    whole.copy((width - inner[0]) // 4 * 2, (height - inner[1]) // 4 * 2, tile)
    return whole


def _video(plan: VideoPlan, picture: Canvas, length_s: float) -> LoopTrack:
    fps = Fraction(plan.fps).limit_denominator(1001)
    each = max(1, round(plan.part_target_s * fps))
    count = max(1, int(length_s * fps) // each) * each
    config, payloads = _encoded_picture(plan, picture, fps, count)
    starts = [round(index * VIDEO_TIMESCALE / fps) for index in range(count + 1)]
    chunks = []
    for first in range(0, count, each):
        durations = [starts[index + 1] - starts[index] for index in range(first, first + each)]
        syncs = [index == 0 for index in range(first, first + each)]
        data = fragment(
            1,
            starts[first],
            durations,
            syncs,
            None,
            payloads[first : first + each],
            starts_segment=first == 0,
        )
        chunks.append(Chunk(plan.name, starts[first], sum(durations), first == 0, 0, 0.0, each, data))
    track = Track(
        plan.name, "video", config.codec, VIDEO_TIMESCALE, video_header(config, VIDEO_TIMESCALE),
        plan.part_target_s, width=plan.width, height=plan.height, fps=float(fps),
    )  # fmt: skip
    return LoopTrack(track, tuple(chunks))


def _encoded_picture(
    plan: VideoPlan, picture: Canvas, fps: Fraction, count: int
) -> tuple[VideoConfig, list[bytes]]:
    """The decoder's configuration and `count` coded frames, the first a keyframe and no other."""
    name, options = _ENCODERS[plan.fourcc]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream: Any = out.add_stream(name, rate=fps, options={**options, "g": str(count + 1)})
        stream.width, stream.height, stream.pix_fmt = plan.width, plan.height, "yuv420p"
        stream.codec_context.thread_count = 1
        shape = (plan.height * 3 // 2, plan.width)
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(picture.data.reshape(shape), format="yuv420p")
            frame.pts, frame.time_base = number, 1 / fps
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    record, payloads = _read(file, "video")
    if plan.fourcc == "avc1":
        found = h264.parse_record(record)
        return h264.video_config(found.sps, found.pps, float(fps)), payloads
    parse = hevc.video_config if plan.fourcc == "hvc1" else av1.video_config
    return parse(record, float(fps)), payloads


def _audio(plan: AudioPlan) -> LoopTrack:
    config, silence = _encoded_silence(plan)
    rate = timescale(config)
    samples = frame_samples(config)
    count = max(1, int(plan.part_target_s * rate + 1e-6) // samples)
    data = fragment(1, 0, [samples] * count, None, None, [silence] * count, starts_segment=False)
    track = Track(
        plan.name, "audio", config.codec, rate, audio_header(config, rate), plan.part_target_s,
        sample_rate=config.sample_rate, channels=config.channels,
    )  # fmt: skip
    return LoopTrack(track, (Chunk(plan.name, 0, samples * count, True, 0, 0.0, count, data),))


def _encoded_silence(plan: AudioPlan) -> tuple[AudioConfig, bytes]:
    """The decoder's configuration and one frame of silence."""
    layout = _LAYOUTS[plan.channels]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        name = "aac" if plan.fourcc == "mp4a" else "libopus"
        stream: Any = out.add_stream(name, rate=plan.sample_rate, layout=layout)
        silent = np.zeros((1, int(plan.sample_rate * _FRAME_S) * plan.channels), np.int16)
        frame = av.AudioFrame.from_ndarray(silent, format="s16", layout=layout)
        frame.sample_rate, frame.pts = plan.sample_rate, 0
        fitting = av.AudioResampler(
            format=stream.codec_context.format, layout=layout, rate=plan.sample_rate,
            frame_size=stream.codec_context.frame_size or 1024,
        )  # fmt: skip
        for part in (*fitting.resample(frame), *fitting.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    record, payloads = _read(file, "audio")
    config = aac.audio_config(record) if plan.fourcc == "mp4a" else opus.audio_config(record)
    return config, payloads[len(payloads) // 2]


def _read(file: io.BytesIO, kind: str) -> tuple[bytes, list[bytes]]:
    """Decoder configuration and samples of a file's only track, in the form a sample entry wants them."""
    file.seek(0)
    with av.open(file, "r", format="mp4") as made:
        stream: Any = made.streams.video[0] if kind == "video" else made.streams.audio[0]
        record = bytes(stream.codec_context.extradata or b"")
        return record, [bytes(packet) for packet in made.demux(stream) if packet.size]
