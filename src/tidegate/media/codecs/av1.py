"""AV1: AV1CodecConfigurationRecord and codec string (AV1 in ISOBMFF, 2.3 and 5), sequence header OBU (AV1, 5.5).

In: an `av1C` payload that carries the sequence header. Out: `VideoConfig`.
"""

import msgspec

from tidegate.media.codecs.bits import BitReader
from tidegate.media.codecs.errors import CodecError
from tidegate.media.types import VideoConfig

_SEQUENCE_HEADER = 1
_MARKER_AND_VERSION = 0x81
_IDENTITY_MATRIX = 0
_SRGB = (1, 13)  # colour primaries and transfer of BT.709 / sRGB, which with the identity matrix imply 4:4:4
_SELECT = 2  # "select" values of the two screen content choices
_LONGEST_LEB128 = 8
TEMPORAL_DELIMITER = b"\x12\x00"
"""The OBU that begins each temporal unit of a byte stream; a CMAF sample goes without it (AV1 in ISOBMFF, 2.4)."""


class SequenceHeader(msgspec.Struct, frozen=True):
    """What a sequence header OBU says of the pictures. `fps` is 0 where it says nothing."""

    profile: int
    level: int
    tier: int
    width: int
    height: int
    fps: float
    bit_depth: int
    monochrome: bool
    subsampling: tuple[int, int, int]
    colour: tuple[int, int, int]
    full_range: bool


def video_config(record: bytes, fps: float = 0.0) -> VideoConfig:
    """Read an `av1C` payload; `fps` stands in where the sequence header says nothing.

    Raises:
        CodecError: it is malformed, or carries no sequence header.
    """
    if len(record) < 4 or record[0] != _MARKER_AND_VERSION:
        raise CodecError("The AV1 decoder configuration (av1C) is malformed.", hint="Restart the encoder.")
    header = parse_sequence_header(_find_sequence_header(record[4:]))
    return VideoConfig("av01", codec_string(header), record, header.width, header.height, header.fps or fps)


def codec_string(header: SequenceHeader) -> str:
    """`av01.0.08M.08`, with the colour fields where they differ from the defaults."""
    text = f"av01.{header.profile}.{header.level:02d}{'MH'[header.tier]}.{header.bit_depth:02d}"
    colour = (header.monochrome, header.subsampling, header.colour, header.full_range)
    if colour == (False, (1, 1, 0), (1, 1, 1), False) or (
        colour[:2] == (False, (1, 1, 0)) and header.colour == (2, 2, 2)
    ):
        return text
    sampling = "".join(str(digit) for digit in header.subsampling)
    primaries, transfer, matrix = header.colour
    return f"{text}.{header.monochrome:d}.{sampling}.{primaries:02d}.{transfer:02d}.{matrix:02d}.{header.full_range:d}"


def _find_sequence_header(obus: bytes) -> bytes:
    reader = BitReader(obus, "AV1 decoder configuration (av1C)")
    while reader.left >= 8:
        reader.skip(1)
        kind = reader.read(4)
        extended, sized = reader.flag(), reader.flag()
        reader.skip(1 + 8 * extended)
        size = _leb128(reader) if sized else reader.left >> 3
        start = reader.position >> 3
        reader.skip(size * 8)
        if kind == _SEQUENCE_HEADER:
            return obus[start : start + size]
    raise CodecError(
        "The AV1 decoder configuration (av1C) carries no sequence header.",
        hint="Update the encoder: it must send the sequence header before the first frame.",
    )


def _leb128(reader: BitReader) -> int:
    value = 0
    for index in range(_LONGEST_LEB128):
        byte = reader.read(8)
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value
    raise CodecError(
        "The AV1 decoder configuration (av1C) holds a number out of range.", hint="Restart the encoder."
    )


def parse_sequence_header(obu: bytes) -> SequenceHeader:
    """Read the payload of a sequence header OBU.

    Raises:
        CodecError: it is cut off.
    """
    reader = BitReader(obu, "AV1 sequence header")
    profile = reader.read(3)
    reader.skip(1)
    reduced = reader.flag()
    level, tier, fps = (reader.read(5), 0, 0.0) if reduced else _operating_points(reader)
    width_bits, height_bits = reader.read(4) + 1, reader.read(4) + 1
    width, height = reader.read(width_bits) + 1, reader.read(height_bits) + 1
    _skip_tools(reader, reduced=reduced)
    bit_depth, monochrome, subsampling, colour, full_range = _color_config(reader, profile)
    return SequenceHeader(
        profile, level, tier, width, height, fps, bit_depth, monochrome, subsampling, colour, full_range
    )


def _operating_points(reader: BitReader) -> tuple[int, int, float]:
    """Level and tier of the first operating point, frames per second."""
    fps, decoder_model, delay_bits = 0.0, False, 0
    if reader.flag():
        fps = _timing(reader)
        decoder_model = reader.flag()
        if decoder_model:
            delay_bits = reader.read(5) + 1
            reader.skip(32 + 5 + 5)
    initial_display_delay = reader.flag()
    points = []
    for _ in range(reader.read(5) + 1):
        reader.skip(12)
        level = reader.read(5)
        points.append((level, reader.read(1) if level > 7 else 0))
        if decoder_model and reader.flag():
            reader.skip(2 * delay_bits + 1)
        if initial_display_delay and reader.flag():
            reader.skip(4)
    return *points[0], fps


def _timing(reader: BitReader) -> float:
    ticks, timescale = reader.read(32), reader.read(32)
    if not reader.flag():
        return 0.0
    ticks_per_picture = reader.unsigned() + 1
    return timescale / (ticks * ticks_per_picture) if ticks else 0.0


def _skip_tools(reader: BitReader, *, reduced: bool) -> None:
    """Everything between the picture size and the colour configuration (5.5.1)."""
    if not reduced and reader.flag():  # frame_id_numbers_present_flag
        reader.skip(4 + 3)
    reader.skip(3)
    if not reduced:
        reader.skip(4)
        if reader.flag():  # enable_order_hint
            reader.skip(2)
            order_hint = True
        else:
            order_hint = False
        screen_content = _SELECT if reader.flag() else reader.read(1)
        if screen_content and not reader.flag():
            reader.skip(1)
        if order_hint:
            reader.skip(3)
    reader.skip(3)


def _color_config(
    reader: BitReader, profile: int
) -> tuple[int, bool, tuple[int, int, int], tuple[int, int, int], bool]:
    """Bit depth, monochrome, subsampling x/y/position, primaries/transfer/matrix, full range (5.5.2)."""
    high = reader.flag()
    bit_depth = (12 if reader.flag() else 10) if profile == 2 and high else 8 + 2 * high
    monochrome = profile != 1 and reader.flag()
    colour = (reader.read(8), reader.read(8), reader.read(8)) if reader.flag() else (2, 2, 2)
    if monochrome:
        return bit_depth, True, (1, 1, 0), colour, reader.flag()
    if colour == (*_SRGB, _IDENTITY_MATRIX):
        return bit_depth, False, (0, 0, 0), colour, True
    full_range = reader.flag()
    x, y = _subsampling(reader, profile, bit_depth)
    position = reader.read(2) if x and y else 0
    return bit_depth, False, (x, y, position), colour, full_range


def _subsampling(reader: BitReader, profile: int, bit_depth: int) -> tuple[int, int]:
    if profile == 0:
        return 1, 1
    if profile == 1:
        return 0, 0
    if bit_depth < 12:
        return 1, 0
    x = reader.read(1)
    return x, reader.read(1) if x else 0
