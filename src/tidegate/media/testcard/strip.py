"""The machine-readable strip along the picture's lower edge: when a frame was drawn, and which it is. Pure.

Two rows of 50 blocks. The outer blocks are references: white and black in the upper row, black and white in the lower.
Between them stand 96 bits, most significant first, upper row before lower: 48 of wall-clock milliseconds since the Unix
epoch, 32 of frame number, 16 of CRC (CRC-16/XMODEM over the ten bytes before). A block is 1/50 of the picture wide and
1/36 high, so that it survives scaling to a quarter and 500 kbps.
"""

from binascii import crc_hqx

import msgspec
import numpy as np
from numpy.typing import NDArray

COLUMNS = 50
ROWS = 2
HEIGHT_SHARE = 36
"""A row is one part in this many of the picture's height."""

WHITE = 220
BLACK = 30
"""Luma inside the limited range, so that filters' overshoot is not clipped."""

MIN_CONTRAST = 60
"""Difference of the references below which there is no strip."""

Plane = NDArray[np.uint8]


class Stamp(msgspec.Struct, frozen=True):
    """`wall_ms`: milliseconds since the Unix epoch at which the frame was drawn. `frame`: its number, modulo 2**32."""

    wall_ms: int
    frame: int


def rows_of(height: int) -> tuple[int, int]:
    """The strip's first row of pixels and the height of one row of blocks, for a picture `height` pixels high."""
    row = max(1, height // HEIGHT_SHARE)
    return height - ROWS * row, row


def encode(stamp: Stamp) -> NDArray[np.uint8]:
    """Luma of the blocks, two rows of 50."""
    payload = (stamp.wall_ms % 2**48).to_bytes(6, "big") + (stamp.frame % 2**32).to_bytes(4, "big")
    payload += crc_hqx(payload, 0).to_bytes(2, "big")
    bits = np.unpackbits(np.frombuffer(payload, np.uint8)).reshape(ROWS, COLUMNS - 2)
    blocks = np.empty((ROWS, COLUMNS), np.uint8)
    blocks[:, 1:-1] = np.where(bits, WHITE, BLACK)
    blocks[0, 0] = blocks[1, -1] = WHITE
    blocks[1, 0] = blocks[0, -1] = BLACK
    return blocks


def column_map(width: int) -> NDArray[np.intp]:
    """Which block each of `width` pixels belongs to."""
    return np.arange(width) * COLUMNS // width


def draw(luma: Plane, stamp: Stamp, columns: NDArray[np.intp]) -> None:
    """Draw the strip into a luma plane; `columns` is `column_map` of its width."""
    top, row = rows_of(luma.shape[0])
    blocks = encode(stamp)
    luma[top : top + row] = blocks[0][columns]
    luma[top + row : top + 2 * row] = blocks[1][columns]


def block_means(luma: Plane) -> NDArray[np.float64]:
    """Mean luma of the middle of each block, two rows of 50."""
    height, width = luma.shape
    top = height - ROWS * height / HEIGHT_SHARE
    row = height / HEIGHT_SHARE
    means = np.empty((ROWS, COLUMNS))
    for line in range(ROWS):
        first = round(top + (line + 0.3) * row)
        pixels = luma[first : max(first + 1, round(top + (line + 0.7) * row))].mean(axis=0)
        for column in range(COLUMNS):
            left = round((column + 0.3) * width / COLUMNS)
            right = max(left + 1, round((column + 0.7) * width / COLUMNS))
            means[line, column] = pixels[left:right].mean()
    return means


def decode(luma: Plane) -> Stamp | None:
    """Read the strip of a picture's luma plane of any size; None where there is none, or it is damaged."""
    if luma.ndim != 2 or luma.shape[0] < HEIGHT_SHARE or luma.shape[1] < COLUMNS:
        return None
    return decode_blocks(block_means(luma))


def decode_blocks(blocks: NDArray[np.float64]) -> Stamp | None:
    """Read the strip from its blocks' brightness, two rows of 50, on any scale of 0 to 255."""
    white = min(blocks[0, 0], blocks[1, -1])
    black = max(blocks[1, 0], blocks[0, -1])
    if white - black < MIN_CONTRAST:
        return None
    bits = (blocks[:, 1:-1] > (white + black) / 2).astype(np.uint8)
    payload = np.packbits(bits.reshape(-1)).tobytes()
    if crc_hqx(payload[:10], 0) != int.from_bytes(payload[10:], "big"):
        return None
    return Stamp(int.from_bytes(payload[:6], "big"), int.from_bytes(payload[6:10], "big"))
