"""H.264: AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3) and sequence parameter set (ITU-T H.264, 7.3.2.1).

In: an `avcC` payload, or parameter sets found in the bitstream. Out: `VideoConfig` with four-byte NAL lengths.
"""

import msgspec

from tidegate.media.codecs.bits import BitReader
from tidegate.media.codecs.errors import CodecError
from tidegate.media.codecs.nal import unescape
from tidegate.media.types import VideoConfig

SPS = 7
PPS = 8
_NAL_TYPE_MASK = 0x1F
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose SPS carries the chroma format and bit depths (7.3.2.1.1)."""

_PROFILES_WITH_EXTENSION = frozenset({100, 110, 122, 144, 244})
"""Profiles whose `avcC` ends in chroma format and bit depths (ISO/IEC 14496-15, 5.3.3.1.2)."""

_MOST_MACROBLOCKS = 1024
"""Widest or highest picture accepted, in macroblocks of 16: twice what level 6.2 allows for 16:9."""

_MOST_PARAMETER_SETS = 31
"""What the five-bit count of SPS in `avcC` can hold."""


class AvcRecord(msgspec.Struct, frozen=True):
    """The fields of an `avcC` that matter here. `sps` may be empty: some encoders send them in band only."""

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    length_size: int


class SequenceParameters(msgspec.Struct, frozen=True):
    """What an SPS says of the pictures. `fps` is 0 where it says nothing."""

    width: int
    height: int
    fps: float
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int


def parse_record(record: bytes) -> AvcRecord:
    """Read an `avcC` payload.

    Raises:
        CodecError: it is cut off or of another version.
    """
    reader = BitReader(record, "H.264 decoder configuration (avcC)")
    if reader.read(8) != 1:
        raise CodecError(
            "The H.264 decoder configuration (avcC) has an unknown version.", hint="Restart the encoder."
        )
    reader.skip(24 + 6)
    length_size = reader.read(2) + 1
    reader.skip(3)
    sps = _parameter_sets(record, reader, reader.read(5))
    pps = _parameter_sets(record, reader, reader.read(8))
    return AvcRecord(sps, pps, length_size)


def _parameter_sets(record: bytes, reader: BitReader, count: int) -> tuple[bytes, ...]:
    sets = []
    for _ in range(count):
        size = reader.read(16)
        start = reader.position >> 3
        reader.skip(size * 8)
        if size:
            sets.append(record[start : start + size])
    return tuple(sets)


def parameter_sets(nals: list[bytes]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The distinct SPS and PPS among `nals`, in order."""
    sps = dict.fromkeys(nal for nal in nals if nal and nal[0] & _NAL_TYPE_MASK == SPS)
    pps = dict.fromkeys(nal for nal in nals if nal and nal[0] & _NAL_TYPE_MASK == PPS)
    return tuple(sps)[:_MOST_PARAMETER_SETS], tuple(pps)[:_MOST_PARAMETER_SETS]


def video_config(sps: tuple[bytes, ...], pps: tuple[bytes, ...], fps: float = 0.0) -> VideoConfig:
    """A configuration made of parameter sets; `fps` stands in where the SPS says nothing.

    Raises:
        CodecError: there is no SPS or PPS, or the first SPS is malformed.
    """
    if not sps or not pps:
        raise CodecError(
            "The H.264 stream carries no sequence or picture parameter set.", hint="Restart the encoder."
        )
    parameters = parse_sps(sps[0])
    return VideoConfig(
        fourcc="avc1",
        codec=f"avc1.{sps[0][1:4].hex()}",
        record=_build_record(sps, pps, parameters),
        width=parameters.width,
        height=parameters.height,
        fps=parameters.fps or fps,
    )


def _build_record(sps: tuple[bytes, ...], pps: tuple[bytes, ...], parameters: SequenceParameters) -> bytes:
    profile = sps[0][1]
    record = bytearray((1, *sps[0][1:4], 0xFC | 3, 0xE0 | len(sps)))
    for nal in sps:
        record += len(nal).to_bytes(2, "big") + nal
    record.append(len(pps))
    for nal in pps:
        record += len(nal).to_bytes(2, "big") + nal
    if profile in _PROFILES_WITH_EXTENSION:
        record += bytes(
            (
                0xFC | parameters.chroma_format,
                0xF8 | (parameters.bit_depth_luma - 8),
                0xF8 | (parameters.bit_depth_chroma - 8),
                0,
            )
        )
    return bytes(record)


def parse_sps(nal: bytes) -> SequenceParameters:
    """Read a sequence parameter set NAL unit.

    Raises:
        CodecError: it is cut off, or claims an impossible picture.
    """
    reader = BitReader(unescape(nal), "H.264 sequence parameter set")
    reader.skip(8)
    profile = reader.read(8)
    reader.skip(16)
    reader.unsigned()  # seq_parameter_set_id
    chroma_format, bit_depth_luma, bit_depth_chroma = (
        _chroma(reader) if profile in _HIGH_PROFILES else (1, 8, 8)
    )
    reader.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(reader)
    reader.unsigned()  # max_num_ref_frames
    reader.skip(1)
    columns, rows = reader.unsigned() + 1, reader.unsigned() + 1
    frames_only = reader.flag()
    if not frames_only:
        reader.skip(1)
    reader.skip(1)
    width, height = _cropped(reader, columns, rows * (2 - frames_only), chroma_format, 2 - frames_only)
    return SequenceParameters(width, height, _fps(reader), chroma_format, bit_depth_luma, bit_depth_chroma)


def _chroma(reader: BitReader) -> tuple[int, int, int]:
    chroma_format = reader.unsigned()
    if chroma_format == 3:
        reader.skip(1)
    luma, chroma = reader.unsigned() + 8, reader.unsigned() + 8
    reader.skip(1)
    if chroma_format > 3 or luma > 14 or chroma > 14:
        raise CodecError("The H.264 stream claims an impossible colour format.", hint="Restart the encoder.")
    if reader.flag():
        for index in range(12 if chroma_format == 3 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return chroma_format, luma, chroma


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.signed()) % 256
        last = following or last


def _skip_picture_order(reader: BitReader) -> None:
    kind = reader.unsigned()
    if kind == 0:
        reader.unsigned()
    elif kind == 1:
        reader.skip(1)
        reader.signed()
        reader.signed()
        cycle = reader.unsigned()
        if cycle > 255:
            raise CodecError(
                "The H.264 stream claims an impossible picture order.", hint="Restart the encoder."
            )
        for _ in range(cycle):
            reader.signed()


def _cropped(reader: BitReader, columns: int, rows: int, chroma_format: int, fields: int) -> tuple[int, int]:
    """Picture size in pixels after the cropping window (7.4.2.1.1, equations 7-19 to 7-22)."""
    left = right = top = bottom = 0
    if reader.flag():
        left, right, top, bottom = (reader.unsigned() for _ in range(4))
    unit_x = 2 if chroma_format in (1, 2) else 1
    unit_y = (2 if chroma_format == 1 else 1) * fields
    width, height = columns * 16 - (left + right) * unit_x, rows * 16 - (top + bottom) * unit_y
    if width <= 0 or height <= 0 or columns > _MOST_MACROBLOCKS or rows > _MOST_MACROBLOCKS:
        raise CodecError("The H.264 stream claims an impossible picture size.", hint="Restart the encoder.")
    return width, height


def _fps(reader: BitReader) -> float:
    """Frames per second from the VUI (Annex E.1.1), 0 where it has none or is cut off: only a hint hangs on it."""
    try:
        if not reader.flag():
            return 0.0
        if reader.flag() and reader.read(8) == 255:
            reader.skip(32)
        if reader.flag():
            reader.skip(1)
        if reader.flag():
            reader.skip(4)
            if reader.flag():
                reader.skip(24)
        if reader.flag():
            reader.unsigned()
            reader.unsigned()
        if not reader.flag():
            return 0.0
        ticks, timescale = reader.read(32), reader.read(32)
    except CodecError:
        return 0.0
    return timescale / (2 * ticks) if ticks else 0.0
