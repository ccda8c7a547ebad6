"""What a ladder is made of, and what its process is told and tells."""

from typing import ClassVar

import msgspec

from tidegate.core.errors import TidegateError


class LadderError(TidegateError):
    """A ladder cannot be made."""

    code: ClassVar[str] = "ladder"
    status: ClassVar[int] = 503


class Source(msgspec.Struct, frozen=True):
    """The picture that comes in. `fps` and `kbps` are 0 where nothing is known yet."""

    width: int
    height: int
    fps: float = 0.0
    kbps: float = 0.0


class Rung(msgspec.Struct, frozen=True):
    """One rendition to make.

    Attributes:
        name: of its track, such as `720p`.
        kbps: aimed at over a second; never more than 1.2 times of it over half a second.
        resume_dts: where it goes on, ticks; 0: from the beginning.
    """

    name: str
    width: int
    height: int
    kbps: int
    resume_dts: int = 0


class Job(msgspec.Struct, frozen=True):
    """What a process is told on standard input, one line of JSON; the line ends it when it closes.

    Attributes:
        host, port: of the door that the source is read from and renditions are pushed to.
        token: opens that door; a secret.
        fps: of the source, 0 where unknown.
    """

    host: str
    port: int
    channel: str
    token: str
    track: str
    fps: float
    rungs: tuple[Rung, ...]
    encoder: str
    preset: str


class RungProgress(msgspec.Struct, frozen=True):
    """One rendition so far: frames and bytes since the process began."""

    name: str
    frames: int
    bytes: int


class Progress(msgspec.Struct, frozen=True):
    """What a process tells on standard output, at least twice a second, one line of JSON each.

    Attributes:
        frames: decoded since it began.
        cpu_s: processor time it has taken.
        rss_bytes: memory it holds.
    """

    frames: int
    cpu_s: float
    rss_bytes: int
    rungs: tuple[RungProgress, ...] = ()


class Calibration(msgspec.Struct, frozen=True):
    """What this machine takes for a million pixels, seconds of one core."""

    decode_s: float
    encode_s: float
