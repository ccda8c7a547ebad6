"""The card's own typeface: glyphs as strokes, drawn smooth at any size. No font file is needed.

A glyph is polylines on a grid four wide and six high, y downwards; one that begins with `~` is rounded by Chaikin's
corner cutting. A pixel's opacity comes from its distance to the nearest stroke.
"""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Alpha = NDArray[np.float32]
"""Opacity of each pixel, rows of columns, 0 to 1."""

GRID_HEIGHT = 6.0
_ROUNDING = 3

_O = "~1,0 3,0 4,1 4,5 3,6 1,6 0,5 0,1 1,0"
_GLYPHS = {
    "0": _O,
    "1": "0.6,1.2 2.2,0 2.2,6|0.8,6 3.6,6",
    "2": "~0,1.4 0.3,0.3 1.3,0 2.7,0 3.9,0.4 4,1.6 3.8,2.7 2.4,4 0,6|0,6 4,6",
    "3": "~0.1,1.1 0.6,0 2,0 3.6,0 3.8,1.4 3.6,2.8 1.6,2.8|~1.6,2.8 3.9,2.8 4,4.4 3.8,6 2,6 0.5,6 0,4.9",
    "4": "3,6 3,0 0,4.4 4,4.4",
    "5": "3.7,0 0.5,0 0.3,2.7|~0.3,2.7 1.2,2.2 3.4,2.1 4,3.3 4,4.9 3.4,6 1.9,6 0.5,6 0,4.9",
    "6": "~3.7,0.9 3.3,0 2,0 0.4,0 0,1.6 0,4 0,6 2,6 4,6 4,4.2 4,2.5 2,2.5 0.3,2.5 0,4",
    "7": "0,0 4,0 1.5,6",
    "8": "~2,0 3.8,0 3.8,1.4 3.8,2.8 2,2.8 0.2,2.8 0.2,1.4 0.2,0 2,0|~2,2.8 4,2.8 4,4.4 4,6 2,6 0,6 0,4.4 0,2.8 2,2.8",
    "9": "~0.3,5.1 0.7,6 2,6 3.6,6 4,4.4 4,2 4,0 2,0 0,0 0,1.8 0,3.5 2,3.5 3.7,3.5 4,2",
    "A": "0,6 2,0 4,6|0.7,4 3.3,4",
    "B": "0,2.8 0,0 2,0|~2,0 3.7,0 3.7,1.4 3.7,2.8 2,2.8|0,2.8 2,2.8|~2,2.8 4,2.8 4,4.4 4,6 2,6|2,6 0,6 0,2.8",
    "C": "~4,1.3 3.8,0 2,0 0,0 0,2 0,4 0,6 2,6 3.8,6 4,4.7",
    "D": "0,6 0,0 1.6,0|~1.6,0 4,0 4,2 4,4 4,6 1.6,6|1.6,6 0,6",
    "E": "4,0 0,0 0,6 4,6|0,2.9 3.2,2.9",
    "F": "4,0 0,0 0,6|0,2.9 3.2,2.9",
    "G": "~4,1.3 3.8,0 2,0 0,0 0,2 0,4 0,6 2,6 4,6 4,4.4|4,4.4 4,3.2 2.3,3.2",
    "H": "0,0 0,6|4,0 4,6|0,2.9 4,2.9",
    "I": "2,0 2,6|1,0 3,0|1,6 3,6",
    "J": "~3.4,0 3.4,3 3.4,6 1.7,6 0,6 0,4.4",
    "K": "0,0 0,6|4,0 0,3.6|1.3,2.5 4,6",
    "L": "0,0 0,6 3.8,6",
    "M": "0,6 0,0 2,3.4 4,0 4,6",
    "N": "0,6 0,0 4,6 4,0",
    "O": _O,
    "P": "0,6 0,0 2,0|~2,0 4,0 4,1.6 4,3.3 2,3.3|2,3.3 0,3.3",
    "Q": f"{_O}|2.6,4.4 4.2,6.3",
    "R": "0,6 0,0 2,0|~2,0 4,0 4,1.6 4,3.2 2,3.2|2,3.2 0,3.2|2,3.2 4,6",
    "S": "~3.8,1.2 3.6,0 2,0 0.2,0 0.1,1.5 0.1,2.6 2,2.9 4,3.2 4,4.5 4,6 2,6 0.3,6 0,4.8",
    "T": "0,0 4,0|2,0 2,6",
    "U": "~0,0 0,3.5 0,6 2,6 4,6 4,3.5 4,0",
    "V": "0,0 2,6 4,0",
    "W": "0,0 1,6 2,2 3,6 4,0",
    "X": "0,0 4,6|4,0 0,6",
    "Y": "0,0 2,3 4,0|2,3 2,6",
    "Z": "0,0 4,0 0,6 4,6",
    "-": "0.8,3 3.2,3",
    "_": "0,6 4,6",
    "/": "0,6 4,0",
    "#": "1.4,0.6 0.9,5.4|3.1,0.6 2.6,5.4|0.2,2.1 4,2.1|0,3.9 3.8,3.9",
    ".": "0,6 0,6",
    ":": "0,1.6 0,1.6|0,4.4 0,4.4",
    "·": "0,3 0,3",
    "×": "0.6,1.6 3.4,4.4|3.4,1.6 0.6,4.4",
    " ": "",
}
_NARROW = {".", ":", "·"}


@lru_cache(maxsize=512)
def glyph(letter: str, height: int, stroke: float) -> Alpha:
    """Opacity of one letter, `height` pixels high, with strokes `stroke` pixels wide; unknown letters are blank.

    Lower case is drawn as upper case. All letters are equally wide but for the point and the colon.
    """
    letter = letter.upper()
    scale = (height - stroke) / GRID_HEIGHT
    grid_width = 0.0 if letter in _NARROW else 4.0
    width = round(grid_width * scale + stroke)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5 - stroke / 2)
    nearest = np.full((height, width), np.float32(1e6))
    for stroke_points in filter(None, _GLYPHS.get(letter, "").split("|")):
        points = _points(stroke_points) * scale
        for (x1, y1), (x2, y2) in pairwise(points):
            nearest = np.minimum(nearest, _distance(columns, rows, x1, y1, x2, y2))
    opacity: Alpha = np.clip(np.float32(stroke / 2 + 0.5) - nearest, 0.0, 1.0)
    return opacity


def text(line: str, height: int, stroke: float) -> Alpha:
    """Opacity of a line of text, letters set a stroke and a half apart."""
    gap = np.zeros((height, round(stroke * 1.5)), np.float32)
    pieces: list[Alpha] = []
    for letter in line:
        pieces += [glyph(letter, height, stroke), gap]
    return np.concatenate(pieces[:-1], axis=1) if pieces else np.zeros((height, 0), np.float32)


def _points(stroke: str) -> NDArray[np.float32]:
    points = np.array(
        [[float(v) for v in pair.split(",")] for pair in stroke.lstrip("~").split()], np.float32
    )
    if stroke.startswith("~"):
        closed = bool((points[0] == points[-1]).all())
        for _ in range(_ROUNDING):
            points = _chaikin(points, closed=closed)
    return points


def _chaikin(points: NDArray[np.float32], *, closed: bool) -> NDArray[np.float32]:
    """Cut every corner at a quarter of its two sides; an open line keeps its ends."""
    first, second = points[:-1], points[1:]
    cut = np.stack([0.75 * first + 0.25 * second, 0.25 * first + 0.75 * second], axis=1).reshape(-1, 2)
    ends = (cut, cut[:1]) if closed else (points[:1], cut, points[-1:])
    return np.concatenate(ends).astype(np.float32)


def _distance(x: Alpha, y: Alpha, x1: float, y1: float, x2: float, y2: float) -> Alpha:
    """Distance of every pixel to a line segment."""
    dx, dy = x2 - x1, y2 - y1
    length_squared = dx * dx + dy * dy
    along = (
        np.clip(((x - x1) * dx + (y - y1) * dy) / length_squared, 0.0, 1.0)
        if length_squared
        else np.zeros_like(x)
    )
    nearest: Alpha = np.hypot(x - (x1 + along * dx), y - (y1 + along * dy)).astype(np.float32)
    return nearest
