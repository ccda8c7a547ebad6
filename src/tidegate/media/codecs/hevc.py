"""HEVC: HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3) and sequence parameter set (ITU-T H.265, 7.3.2.2).

In: an `hvcC` payload. Out: `VideoConfig` with four-byte NAL lengths and an Annex E codec string.
"""

import msgspec

from tidegate.media.codecs.bits import BitReader
from tidegate.media.codecs.errors import CodecError
from tidegate.media.codecs.nal import unescape
from tidegate.media.types import VideoConfig

_SPS = 33
_LENGTH_SIZE_AT = 21
_MOST_PIXELS_A_SIDE = 16_888
"""Widest or highest picture of level 6.2 (ITU-T H.265, A.4.1)."""


class HevcRecord(msgspec.Struct, frozen=True):
    """The fields of an `hvcC` that matter here."""

    codec: str
    sps: bytes
    length_size: int


def video_config(record: bytes, fps: float = 0.0) -> VideoConfig:
    """Read an `hvcC` payload; `fps` is what the metadata claims.

    Raises:
        CodecError: it or its sequence parameter set is malformed, or it has none.
    """
    parsed = parse_record(record)
    width, height = picture_size(parsed.sps)
    normalised = bytearray(record)
    normalised[_LENGTH_SIZE_AT] |= 3
    return VideoConfig("hvc1", parsed.codec, bytes(normalised), width, height, fps)


def parse_record(record: bytes) -> HevcRecord:
    """Read the header of an `hvcC` payload and find its first SPS.

    Raises:
        CodecError: it is cut off, of another version, or carries no SPS.
    """
    reader = BitReader(record, "HEVC decoder configuration (hvcC)")
    if reader.read(8) != 1:
        raise CodecError(
            "The HEVC decoder configuration (hvcC) has an unknown version.", hint="Restart the encoder."
        )
    codec = _codec_string(reader)
    reader.skip(16 + 8 + 8 + 8 + 8 + 16 + 6)
    length_size = reader.read(2) + 1
    for _ in range(reader.read(8)):
        kind = reader.read(8) & 0x3F
        for _ in range(reader.read(16)):
            size = reader.read(16)
            start = reader.position >> 3
            reader.skip(size * 8)
            if kind == _SPS:
                return HevcRecord(codec, record[start : start + size], length_size)
    raise CodecError("The HEVC stream carries no sequence parameter set.", hint="Restart the encoder.")


def _codec_string(reader: BitReader) -> str:
    """`hvc1.1.6.L120.B0`: profile, compatibility, tier and level, constraints (ISO/IEC 14496-15, Annex E.3)."""
    space, tier, profile = reader.read(2), reader.read(1), reader.read(5)
    compatibility = int(f"{reader.read(32):032b}"[::-1], 2)
    constraints = reader.read(48).to_bytes(6, "big").rstrip(b"\x00")
    level = reader.read(8)
    parts = [
        "hvc1",
        f"{('', 'A', 'B', 'C')[space]}{profile}",
        f"{compatibility:X}",
        f"{'LH'[tier]}{level}",
        *(f"{byte:X}" for byte in constraints),
    ]
    return ".".join(parts)


def picture_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels after the conformance window.

    Raises:
        CodecError: the SPS is cut off, or claims an impossible picture.
    """
    reader = BitReader(unescape(sps), "HEVC sequence parameter set")
    reader.skip(16 + 4)
    sub_layers = reader.read(3)
    reader.skip(1)
    _skip_profile_tier_level(reader, sub_layers)
    reader.unsigned()  # sps_seq_parameter_set_id
    chroma_format = reader.unsigned()
    if chroma_format == 3:
        reader.skip(1)
    width, height = reader.unsigned(), reader.unsigned()
    if reader.flag():
        left, right, top, bottom = (reader.unsigned() for _ in range(4))
        width -= (left + right) * (2 if chroma_format in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma_format == 1 else 1)
    if not 0 < width <= _MOST_PIXELS_A_SIDE or not 0 < height <= _MOST_PIXELS_A_SIDE:
        raise CodecError("The HEVC stream claims an impossible picture size.", hint="Restart the encoder.")
    return width, height


def _skip_profile_tier_level(reader: BitReader, sub_layers: int) -> None:
    """ITU-T H.265, 7.3.3."""
    reader.skip(88 + 8)
    present = [(reader.flag(), reader.flag()) for _ in range(sub_layers)]
    if sub_layers:
        reader.skip(2 * (8 - sub_layers))
    for profile, level in present:
        reader.skip(88 * profile + 8 * level)
