"""Colours of the card: sRGB as designers write it, limited-range BT.709 Y'CbCr (ITU-R BT.709-6) as encoders take it."""

from typing import NamedTuple


class Ycc(NamedTuple):
    """8-bit limited range: luma 16-235, chroma 16-240 around 128."""

    y: int
    cb: int
    cr: int


def ycc(colour: str) -> Ycc:
    """Convert `#rrggbb`."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return Ycc(
        round(16 + 219 * luma),
        round(128 + 224 * (blue - luma) / 1.8556),
        round(128 + 224 * (red - luma) / 1.5748),
    )
