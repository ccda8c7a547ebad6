"""ffmpeg as a publisher: where it is, its command lines, and what it says about files and progress.

ffmpeg takes a stream key on its command line and in no other way, so other users of the machine can see it there
while it publishes (see docs/decisions/0041). Nothing of ours repeats it.
"""

import os
import re
import shutil
from pathlib import Path

import imageio_ffmpeg
import msgspec

from tidegate.media.publish.target import Target
from tidegate.media.publish.types import NoFfmpegError, PublishStatus

QUIET = ("-hide_banner", "-nostats", "-loglevel", "warning", "-progress", "pipe:1", "-stats_period", "0.5")
"""Warnings on standard error, machine-readable progress on standard output, nothing else."""


def ffmpeg_path(setting: str = "") -> str:
    """The ffmpeg to run: `setting` (a path or a name on PATH) if given, else the bundled one, else the one on PATH.

    Raises:
        NoFfmpegError: none of them is there.
    """
    if setting:
        found = shutil.which(setting)
        if found is None:
            raise NoFfmpegError(
                f"There is no ffmpeg at {setting!r}.", hint="Correct the setting, or leave it empty."
            )
        return found
    if not os.environ.get("IMAGEIO_FFMPEG_EXE"):  # else whoever set it chose another
        for bundled in (Path(imageio_ffmpeg.__file__).parent / "binaries").glob("ffmpeg-*"):
            if os.access(bundled, os.X_OK):
                return str(bundled)  # imageio_ffmpeg would run it to see that it can: 70 ms of each start
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        found = shutil.which("ffmpeg")
    if found is None:
        raise NoFfmpegError("There is no ffmpeg on this machine.", hint="Install it: apt-get install ffmpeg.")
    return found


def x264(bitrate_kbps: int, gop: int) -> tuple[str, ...]:
    """Arguments for a live H.264 encode: no B-frames and no look-ahead, a keyframe each `gop` frames, constant rate."""
    return (
        "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "high", "-threads", "1",
        "-b:v", f"{bitrate_kbps}k", "-maxrate", f"{bitrate_kbps}k", "-bufsize", f"{bitrate_kbps}k",
        "-g", str(gop), "-keyint_min", str(gop), "-sc_threshold", "0", "-pix_fmt", "yuv420p",
    )  # fmt: skip


AAC = ("-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2")


def to_rtmp(target: Target) -> tuple[str, ...]:
    """Arguments that send the output to `target`."""
    return (
        "-flush_packets", "1", "-flvflags", "no_duration_filesize", "-rtmp_playpath", target.key, "-f", "flv", target.url,
    )  # fmt: skip


class Streams(msgspec.Struct, frozen=True):
    """What a file holds: codec names as ffmpeg prints them, empty where there is no such stream.

    `ffmpeg_major` is the version of the ffmpeg that looked, 0 where it is not a release.
    """

    video: str = ""
    audio: str = ""
    pixel_format: str = ""
    duration_s: float = 0.0
    ffmpeg_major: int = 0

    @property
    def publishable(self) -> bool:
        """Whether it can be sent as it is: 8-bit 4:2:0 H.264 with AAC, or either alone."""
        video = self.video in {"", "h264"} and (
            not self.video or self.pixel_format.startswith(("yuv420p", "yuvj420p"))
        )
        return video and self.audio in {"", "aac"}


_STREAM = re.compile(r"Stream #0:\d+[^:]*: (Video|Audio): (\w+)[^,\n]*(?:, (\w+))?")
_VERSION = re.compile(r"ffmpeg version n?(\d{1,3})\.")
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")


def parse_streams(said: str) -> Streams:
    """Read what `ffmpeg -i FILE` prints, banner included; the first video and the first audio stream count."""
    found: dict[str, tuple[str, str]] = {}
    for kind, codec, extra in _STREAM.findall(said):
        found.setdefault(kind, (codec, extra))
    video, pixel_format = found.get("Video", ("", ""))
    duration = _DURATION.search(said)
    seconds = 0.0
    if duration is not None:
        hours, minutes, rest = duration.groups()
        seconds = int(hours) * 3600 + int(minutes) * 60 + float(rest)
    version = _VERSION.search(said)
    return Streams(
        video, found.get("Audio", ("", ""))[0], pixel_format, seconds, int(version[1]) if version else 0
    )


def file_arguments(
    path: Path, streams: Streams, target: Target, *, loop: bool, start_s: float
) -> tuple[str, ...]:
    """Arguments that publish a file in real time, from `start_s`."""
    # from version 7 on -re begins with half a second at once, which would set the stream's clock that much wrong
    even = ("-readrate_initial_burst", "0.001") if streams.ffmpeg_major >= 7 else ()
    codecs = ("-c", "copy") if streams.publishable else (*x264(3000, 60), *AAC)
    return (
        *QUIET, "-nostdin", "-re", *even, *(("-stream_loop", "-1") if loop else ()),
        *(("-ss", f"{start_s:.3f}") if start_s else ()), "-i", f"file:{path}",
        "-map", "0:v:0?", "-map", "0:a:0?", *codecs, *to_rtmp(target),
    )  # fmt: skip


def progressed(status: PublishStatus, line: str) -> PublishStatus:
    """`status` with one `key=value` line of ffmpeg's `-progress` applied; other lines change nothing."""
    key, _, value = line.strip().partition("=")
    value = value.strip()
    if key == "frame" and value.isdecimal():
        return msgspec.structs.replace(status, frames=int(value[:18]))
    if key == "fps":
        return msgspec.structs.replace(status, fps=_number(value))
    if key == "bitrate":
        return msgspec.structs.replace(status, bitrate_bps=_number(value.removesuffix("kbits/s")) * 1000)
    if key == "out_time_us":
        return msgspec.structs.replace(status, position_s=_number(value) / 1e6, state="publishing")
    if key == "speed":
        return msgspec.structs.replace(status, speed=_number(value.removesuffix("x")))
    return status


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0.0 <= number < 1e15 else 0.0
