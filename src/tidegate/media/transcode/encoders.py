"""Encoders that a ladder may use, and whether each really works here.

In: a name of the `ladder.encoder` setting. Out: libavcodec's encoder, open and tuned for live: no reordering, no
look-ahead, a keyframe where one is asked for and nowhere else, bits even within half a second.
"""

from fractions import Fraction
from typing import Any

import av
import msgspec
from av.codec.context import Flags

from tidegate.media.transcode.types import LadderError, Rung

NO_KEYFRAMES = 1_000_000
"""Frames between keyframes that nobody asked for."""

PEAK = 1.2
VBV_S = 0.5
"""Peak rate over the target, and the buffer it is held to: parts of a part's length must not wait for the network."""

SLICED_PIXELS_PER_S = 60e6
"""Pixels a second from which on one rendition takes more than one thread: 1080p at 30 frames a second."""


class EncoderError(LadderError):
    """The encoder does not work on this machine."""

    code = "ladder-encoder"


class Encoder(msgspec.Struct, frozen=True):
    """One kind of encoder.

    Attributes:
        codec: libavcodec's name.
        pixels: the pixel format it takes.
        options: for live use; a value may hold `{preset}` and `{threads}`.
        needs: what has to be there, for people.
    """

    codec: str
    pixels: str
    options: dict[str, str]
    needs: str


ENCODERS: dict[str, Encoder] = {
    "x264": Encoder(
        "libx264",
        "yuv420p",
        {
            "preset": "{preset}",
            "tune": "zerolatency",
            "profile": "high",
            "forced-idr": "1",
            "x264-params": "scenecut=0:sliced-threads=1:threads={threads}:nal-hrd=none",
        },
        "a processor",
    ),
    "nvenc": Encoder(
        "h264_nvenc",
        "yuv420p",
        {"preset": "p3", "tune": "ull", "forced-idr": "1", "zerolatency": "1", "delay": "0", "rc": "cbr"},
        "an NVIDIA GPU with its driver",
    ),
    "qsv": Encoder(
        "h264_qsv",
        "nv12",
        {"preset": "{preset}", "forced_idr": "1", "async_depth": "1", "look_ahead": "0"},
        "an Intel GPU with its driver (oneVPL)",
    ),
    "vaapi": Encoder(
        "h264_vaapi", "nv12", {"forced_idr": "1"}, "a GPU with a VA-API driver, and an FFmpeg built with it"
    ),
    "videotoolbox": Encoder("h264_videotoolbox", "yuv420p", {"realtime": "1"}, "a Mac"),
}


def open_encoder(name: str, preset: str, rung: Rung, timescale: int, fps: float) -> "av.VideoCodecContext":
    """An encoder for `rung`, its header (`extradata`) known. Times are in ticks of `timescale`.

    Raises:
        EncoderError: this machine, or this build of FFmpeg, has no such encoder, or it refuses.
    """
    kind = ENCODERS[name]
    threads = max(1, round(rung.width * rung.height * (fps or 30.0) / SLICED_PIXELS_PER_S))
    try:
        context: Any = av.CodecContext.create(kind.codec, "w")
        context.width, context.height, context.pix_fmt = rung.width, rung.height, kind.pixels
        context.time_base = Fraction(1, timescale)
        context.framerate = Fraction(fps or 30.0).limit_denominator(1001)
        context.gop_size = NO_KEYFRAMES
        context.max_b_frames = 0
        context.bit_rate = rung.kbps * 1000
        context.options = {
            **{key: value.format(preset=preset, threads=threads) for key, value in kind.options.items()},
            "maxrate": str(round(rung.kbps * 1000 * PEAK)),
            "bufsize": str(round(rung.kbps * 1000 * PEAK * VBV_S)),
        }
        context.flags |= Flags.global_header
        context.open()
    except (av.FFmpegError, ValueError) as error:
        raise EncoderError(
            f"The encoder {name} does not work here: it needs {kind.needs} ({_reason(error)}).",
            hint="`tidegate doctor` checks them all; x264 works everywhere.",
        ) from error
    return context  # type: ignore[no-any-return]  # PyAV's own types do not reach here


def _reason(error: Exception) -> str:
    if isinstance(error, av.codec.codec.UnknownCodecError):
        return f"this FFmpeg has no {error}"
    return str(getattr(error, "strerror", "") or error).strip().rstrip(".")


def check_encoder(name: str) -> str:
    """Encode a few frames. Returns an empty text if that works, else why not."""
    rung = Rung("check", 320, 180, 300)
    try:
        context = open_encoder(name, "veryfast", rung, 90_000, 30.0)
        made = 0
        for index in range(4):
            frame = av.VideoFrame(rung.width, rung.height, ENCODERS[name].pixels)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts = index * 3000
            made += len(context.encode(frame))
        made += len(context.encode(None))
    except EncoderError as error:
        return error.message
    except av.FFmpegError as error:
        return f"The encoder {name} fails: {_reason(error)}."
    return "" if made >= 4 else f"The encoder {name} loses frames."
