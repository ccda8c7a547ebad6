"""A picture as PNG (ISO/IEC 15948), for documents: `yuv420p` in, file bytes out. Pure."""

import struct
import zlib

import numpy as np

from tidegate.media.testcard.canvas import Canvas


def to_png(picture: Canvas) -> bytes:
    """Convert a limited-range BT.709 picture to an 8-bit RGB PNG."""
    luma = (picture.y.astype(np.float32) - 16) / 219
    blue = (np.repeat(np.repeat(picture.cb, 2, 0), 2, 1).astype(np.float32) - 128) / 224
    red = (np.repeat(np.repeat(picture.cr, 2, 0), 2, 1).astype(np.float32) - 128) / 224
    rgb = np.stack([luma + 1.5748 * red, luma - 0.1873 * blue - 0.4681 * red, luma + 1.8556 * blue], axis=-1)
    pixels = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8).reshape(picture.height, -1)
    unfiltered = np.concatenate([np.zeros((picture.height, 1), np.uint8), pixels], axis=1)
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(unfiltered.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
