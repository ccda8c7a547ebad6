"""What a drawn slate looks like: a line, the channel's title below it, on the test card's ground. Pure."""

import numpy as np

from tidegate.media.testcard.canvas import Canvas, even
from tidegate.media.testcard.colour import ycc
from tidegate.media.testcard.font import text

INK, MUTED, ACCENT = ycc("#f4f7fb"), ycc("#8fa3bf"), ycc("#4cc9c0")
TOP, BOTTOM = ycc("#101a33"), ycc("#1c2a45")
LINE_SHARE, TITLE_SHARE = 0.085, 0.05
"""Heights of the letters, of the picture's height."""

ROOM_SHARE = 0.84
"""Of the picture's width, for a line of letters; a longer one is drawn smaller."""

CHARACTERS_MAX = 60


def draw(width: int, height: int, line: str, title: str) -> Canvas:
    """A slate of even `width` and `height`."""
    picture = Canvas(width, height)
    for plane, top, bottom in zip((picture.y, picture.cb, picture.cr), TOP, BOTTOM, strict=True):
        slope = np.linspace(top, bottom, plane.shape[0])[:, None]
        # ordered dither: eight bits of a slow gradient would show bands
        dither = np.tile([[0.125, 0.625], [0.875, 0.375]], (plane.shape[0] // 2 + 1, plane.shape[1] // 2 + 1))
        plane[:] = (slope + dither[: plane.shape[0], : plane.shape[1]]).astype(np.uint8)
    middle = height * 0.46
    _centred(picture, line, even(middle - height * LINE_SHARE), height * LINE_SHARE, bold=True)
    rule = even(max(4, height * 0.008))
    picture.fill(
        even(width * 0.46), even(middle + height * 0.05), even(width * 0.08), max(2, rule // 2 * 2), ACCENT
    )
    _centred(picture, title, even(middle + height * 0.11), height * TITLE_SHARE, bold=False)
    return picture


def _centred(picture: Canvas, words: str, y: int, size: float, *, bold: bool) -> None:
    words = words.strip()[:CHARACTERS_MAX]
    stroke_share = 7.0 if bold else 8.5
    pixels = max(8, even(size))
    drawn = text(words, pixels, pixels / stroke_share)
    while drawn.shape[1] > picture.width * ROOM_SHARE and pixels > 8:
        pixels = max(8, even(pixels * picture.width * ROOM_SHARE / drawn.shape[1]) - 2)
        drawn = text(words, pixels, pixels / stroke_share)
    if drawn.shape[1]:
        left = max(0, even((picture.width - drawn.shape[1]) / 2))
        picture.blend(left, y, drawn, INK if bold else MUTED)
