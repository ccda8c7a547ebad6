"""What is said to the process that draws pictures of a recording."""

import struct

import msgspec

LENGTH = struct.Struct(">I")
"""Stands before each keyframe and each picture."""


class Wish(msgspec.Struct, frozen=True):
    """What to draw: tiles of `width` × `height` pixels in rows of `columns`, and `poster` as the number of its keyframe."""

    count: int
    columns: int
    width: int
    height: int
    poster: int
    poster_width: int
