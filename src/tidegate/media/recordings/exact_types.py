"""What is said between the server and the process that cuts clips exact to the frame."""

import struct
from typing import Final

import msgspec

LENGTH: Final = struct.Struct(">I")
"""Before each message and each blob of media: its length."""


class Piece(msgspec.Struct, frozen=True):
    """A stored segment; its bytes follow, after those of its header where `init` is not 0.

    Attributes:
        video: of the picture, else of the sound.
        group: segments of one number follow each other on one timeline; another number is another timeline.
        at_s: where it begins in the recording, seconds.
        init, size: bytes of the CMAF header where it is another than before, and of the segment.
    """

    video: bool
    group: int
    at_s: float
    init: int
    size: int


class Order(msgspec.Struct, frozen=True):
    """What to cut, from `begin_s` up to `end_s` of the recording, out of pieces: all of the picture's, then those of the sound."""

    begin_s: float
    end_s: float
    pieces: list[Piece]


class Told(msgspec.Struct, frozen=True, tag_field="told", tag="progress"):
    """How far it is, 0 to 1."""

    progress: float


class CutTrack(msgspec.Struct, frozen=True, tag_field="told", tag="track"):
    """A track of the clip; its CMAF header follows."""

    video: bool
    codec: str
    timescale: int
    width: int
    height: int
    size: int


class CutSegment(msgspec.Struct, frozen=True, tag_field="told", tag="segment"):
    """A segment of the clip; its bytes follow. `at_s`: its beginning in the recording, seconds."""

    video: bool
    number: int
    at_s: float
    duration_s: float
    size: int


class CutFailed(msgspec.Struct, frozen=True, tag_field="told", tag="failed"):
    """Nothing can be cut, and why."""

    reason: str


Answer = Told | CutTrack | CutSegment | CutFailed
