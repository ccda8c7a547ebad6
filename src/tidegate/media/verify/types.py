"""What the verifying process is told and what it reports."""

from typing import ClassVar, Literal

import msgspec

from tidegate.core.errors import TidegateError
from tidegate.media.player.types import Place

FaultKind = Literal["missing", "repeated", "reordered"]


class VerifyError(TidegateError):
    """The verifying process failed."""

    code: ClassVar[str] = "verify"


class Header(msgspec.Struct, frozen=True, tag="header"):
    """A CMAF header; what follows is decoded with it."""

    data: bytes


class Media(msgspec.Struct, frozen=True, tag="media"):
    """A part or segment, and where it stands."""

    data: bytes
    place: Place


class Fault(msgspec.Struct, frozen=True):
    """A run of frames that did not come as they were drawn.

    Attributes:
        frame: number of the first of them.
        count: how many.
        explained: by which break in the stream; empty: by none.
        segment, part: where the next frame that came stands; part -1: somewhere in the segment.
    """

    kind: FaultKind
    frame: int
    count: int
    explained: str
    segment: int
    part: int


class FrameReport(msgspec.Struct, frozen=True):
    """Every frame that was received, counted.

    Attributes:
        continuous: each frame came once and in order, but for what a break explains.
        frames: decoded; `unreadable` of them carry no strip: a slate, or a damaged picture.
        first, last: numbers of the first and last frame with a strip.
        missing, repeated, reordered: in all; `unexplained_…` of them without a break that explains it. One that is
            reordered came after a higher number; where it should have stood it counts as missing.
        restarts: times a new source began to count anew.
        discontinuities: EXT-X-DISCONTINUITY passed.
        undecodable: pieces that could not be decoded.
        left_out: pieces that were not looked at, because decoding could not keep up.
        faults: the first of them, in order.
    """

    continuous: bool
    frames: int
    unreadable: int
    first: int
    last: int
    missing: int
    repeated: int
    reordered: int
    unexplained_missing: int
    unexplained_repeated: int
    unexplained_reordered: int
    restarts: int
    discontinuities: int
    undecodable: int
    left_out: int
    faults: tuple[Fault, ...]
