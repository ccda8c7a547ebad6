"""NAL unit framing: start codes (ITU-T H.264 Annex B) and length prefixes (ISO/IEC 14496-15, 5.3.2)."""

from collections.abc import Iterable

from tidegate.media.codecs.errors import CodecError

_START_CODE = b"\x00\x00\x01"


def unescape(nal: bytes) -> bytes:
    """Take the emulation prevention bytes out of a NAL unit (ITU-T H.264, 7.4.1)."""
    return nal.replace(b"\x00\x00\x03", b"\x00\x00")


def is_annex_b(data: bytes) -> bool:
    """Whether `data` begins with a start code."""
    return data.startswith((b"\x00\x00\x00\x01", _START_CODE))


def split_annex_b(data: bytes) -> list[bytes]:
    """The NAL units of a byte stream with start codes; anything before the first start code is left out."""
    parts = data.split(_START_CODE)[1:]
    return [nal for part in parts if (nal := part.rstrip(b"\x00"))]  # a NAL unit never ends in a zero byte


def split_sized(data: bytes, size: int) -> list[bytes]:
    """The NAL units of a sample whose lengths take `size` bytes each.

    Raises:
        CodecError: the lengths do not add up to the sample.
    """
    nals: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + size
        at = start + int.from_bytes(data[at:start], "big")
        if start > end or at > end:
            raise CodecError(
                "A video frame's NAL unit lengths do not add up to the frame.", hint="Restart the encoder."
            )
        if at > start:
            nals.append(data[start:at])
    return nals


def join_sized(nals: Iterable[bytes]) -> bytes:
    """A sample with four-byte lengths, the form CMAF carries."""
    return b"".join([piece for nal in nals for piece in (len(nal).to_bytes(4, "big"), nal)])
