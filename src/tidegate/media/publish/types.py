"""What a publisher reports of itself, and the errors it can end with."""

from typing import ClassVar, Literal

import msgspec

from tidegate.core.errors import TidegateError

PublishState = Literal["starting", "publishing", "waiting", "ended"]
"""starting: the process runs, nothing sent yet · publishing · waiting: it failed and starts anew soon · ended."""


class PublishError(TidegateError):
    """Publishing cannot go on."""

    code: ClassVar[str] = "publish"
    status: ClassVar[int] = 502


class NoFfmpegError(PublishError):
    """There is no ffmpeg to publish with."""

    code: ClassVar[str] = "no-ffmpeg"


class PublishStatus(msgspec.Struct, frozen=True):
    """How publishing goes, as ffmpeg's `-progress` tells it.

    Attributes:
        restarts: times the process ended without being asked to.
        frames: video frames sent by the running process.
        position_s: media time sent by the running process.
        speed: media seconds per second; 1.0 is real time.
        last_error: the last line ffmpeg said before it last failed, without the stream key.
    """

    state: PublishState = "starting"
    restarts: int = 0
    frames: int = 0
    fps: float = 0.0
    bitrate_bps: float = 0.0
    position_s: float = 0.0
    speed: float = 0.0
    last_error: str = ""


class Launch(msgspec.Struct, frozen=True):
    """A process to start.

    Attributes:
        argv: command and arguments.
        stdin: written to standard input, which then stays open until the process is to end; None: no input.
        secrets: texts never to be shown: they are struck out of what the process says.
    """

    argv: tuple[str, ...]
    stdin: bytes | None = None
    secrets: tuple[str, ...] = ()
