"""What a slate is made of, and how the encoding process is told."""

from typing import ClassVar

import msgspec

from tidegate.core.errors import InvalidError, TidegateError
from tidegate.media.types import AudioCodec, VideoCodec


class SlateError(TidegateError):
    """A slate could not be made."""

    code: ClassVar[str] = "slate"


class PictureError(InvalidError):
    """The upload is no picture that a slate can be made of."""

    code: ClassVar[str] = "slate-picture"


class VideoPlan(msgspec.Struct, frozen=True):
    """A video track to make; `part_target_s` and `fps` are the live track's."""

    name: str
    fourcc: VideoCodec
    width: int
    height: int
    fps: float
    part_target_s: float


class AudioPlan(msgspec.Struct, frozen=True):
    """An audio track to make: silence."""

    name: str
    fourcc: AudioCodec
    sample_rate: int
    channels: int
    part_target_s: float


class SlateJob(msgspec.Struct, frozen=True):
    """Everything the encoding process needs.

    Attributes:
        title: of the channel; `line` stands above it. Both only where there is no picture.
        picture: a PNG or JPEG file; empty: the slate is drawn.
        length_s: of the loop, at most.
        preview: make a PNG of the picture instead of a loop.
    """

    title: str
    line: str
    picture: bytes
    video: tuple[VideoPlan, ...]
    audio: tuple[AudioPlan, ...]
    length_s: float = 2.0
    preview: bool = False
