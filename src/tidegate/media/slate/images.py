"""What may be uploaded as a slate's picture: a PNG (ISO/IEC 15948) or JPEG (ISO/IEC 10918-1) of bounded size. Pure."""

import struct

from tidegate.media.slate.types import PictureError

BYTES_MAX = 4 << 20
SIDE_MIN, SIDE_MAX = 64, 4096
_PNG = b"\x89PNG\r\n\x1a\n"
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})
_HINT = "Upload a PNG or JPEG, at best 1280 x 720 or 1920 x 1080."


def checked(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of an acceptable picture.

    Raises:
        PictureError: it is too large, of another kind, or its size is out of bounds; the sentence says which.
    """
    if len(data) > BYTES_MAX:
        raise PictureError(f"The picture is larger than {BYTES_MAX >> 20} MiB.", hint="Save it smaller.")
    if data.startswith(_PNG):
        size = _png_size(data)
    elif data.startswith(b"\xff\xd8"):
        size = _jpeg_size(data)
    else:
        raise PictureError("The file is neither a PNG nor a JPEG.", hint=_HINT)
    if size is None:
        raise PictureError("The picture is cut off or damaged.", hint=_HINT)
    if not SIDE_MIN <= min(size) <= max(size) <= SIDE_MAX:
        raise PictureError(
            f"The picture has {size[0]} x {size[1]} pixels; each side may have {SIDE_MIN} to {SIDE_MAX}.",
            hint=_HINT,
        )
    return size


def _png_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 24 or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the first frame header (B.2.2)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _STANDALONE:
            at += 2
        elif 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            if at + 9 > len(data):
                return None
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None
