"""The test card: what stands still is drawn once, what moves is put over it frame by frame from prepared tiles.

Flows in: wall time and a frame number. Flows out: a `yuv420p` picture with a running clock, date, frame number, a
ring that fills each second, a marker that crosses each two seconds, and the machine-readable strip.
"""

from datetime import UTC, datetime
from math import tau

import numpy as np

from tidegate.media.testcard import strip
from tidegate.media.testcard.canvas import Canvas, even
from tidegate.media.testcard.colour import Ycc, ycc
from tidegate.media.testcard.font import glyph, text

INK = ycc("#f4f7fb")
MUTED = ycc("#8fa3bf")
ACCENT = ycc("#4cc9c0")
PANEL = ycc("#0a1120")
RAIL = ycc("#22304a")
TOP, BOTTOM = ycc("#101a33"), ycc("#26395c")
BARS = tuple(
    ycc(c) for c in ("#bfbfbf", "#bfbf00", "#00bfbf", "#00bf00", "#bf00bf", "#bf0000", "#0000bf", "#000000")
)
"""75 % colour bars in the order of SMPTE EG 1, and black."""

GREYS = 11
REFERENCE_HEIGHT = 720
RING_PHASES = 60
MARKER_PERIOD_S = 2.0

_CLOCK = "00:00:00.000"
_COUNTER_DIGITS = 8


class Card:
    """One test card; `draw` changes `picture`."""

    def __init__(self, width: int, height: int, fps: int, name: str) -> None:
        self.picture = Canvas(width, height)
        self._scale = height / REFERENCE_HEIGHT
        self._columns = strip.column_map(width)
        self._margin = self._px(56)
        self._draw_ground()
        self._draw_heading(name, f"Test card · {width}×{height} · {fps} fps")
        self._draw_panel()
        self._draw_bars()
        self._rail_y, self._rail_height = self._px(600), self._px(24)
        self.picture.fill(self._margin, self._rail_y, width - 2 * self._margin, self._rail_height, RAIL)
        self._rail = self.picture.cut(self._margin, self._rail_y, width - 2 * self._margin, self._rail_height)
        self._marker_width = self._px(72)
        self._prepare_ring()
        self._shown_date = ""

    def draw(self, wall_s: float, frame: int) -> None:
        """Draw the frame of this moment: `wall_s` seconds since the Unix epoch."""
        wall_ms = int(wall_s * 1000)
        moment = datetime.fromtimestamp(wall_ms / 1000, UTC)
        self._clock.show(f"{moment:%H:%M:%S}.{wall_ms % 1000:03d}")
        self._counter.show(f"{frame % 10**_COUNTER_DIGITS:0{_COUNTER_DIGITS}d}")
        self._date.show(f"{moment:%Y-%m-%d}")
        phase = wall_ms % 2000
        self._draw_ring(phase)
        self._draw_marker(phase / 1000 / MARKER_PERIOD_S)
        strip.draw(self.picture.y, strip.Stamp(wall_ms, frame), self._columns)

    def _px(self, pixels: float) -> int:
        """Pixels of a 720-line picture in this one, even."""
        return even(pixels * self._scale)

    def _draw_ground(self) -> None:
        picture = self.picture
        for plane, top, bottom in zip((picture.y, picture.cb, picture.cr), TOP, BOTTOM, strict=True):
            slope = (
                np.linspace(top, bottom, plane.shape[0])[:, None] + np.linspace(0, 6, plane.shape[1])[None, :]
            )
            # ordered dither: eight bits of a slow gradient would show bands
            dither = np.array([[0.125, 0.625], [0.875, 0.375]])
            tiled = np.tile(dither, (plane.shape[0] // 2 + 1, plane.shape[1] // 2 + 1))
            plane[:] = (slope + tiled[: plane.shape[0], : plane.shape[1]]).astype(np.uint8)
        step = self._px(80)
        picture.y[step // 2 :: step, :] += 5
        picture.y[:, (picture.width // 2) % step :: step] += 5
        top, _ = strip.rows_of(picture.height)
        picture.fill(
            0, top // 2 * 2, picture.width, picture.height - top // 2 * 2, Ycc(strip.BLACK, 128, 128)
        )

    def _draw_heading(self, name: str, below: str) -> None:
        size = self._px(52)
        room = self.picture.width - 2 * self._margin - self._px(170)
        while text(name, size, size / 7).shape[1] > room and size > self._px(16):
            size -= 2
        self.picture.blend(self._margin, self._px(52), text(name, size, size / 7), INK)
        small = self._px(22)
        self.picture.blend(self._margin, self._px(124), text(below, small, small / 8), MUTED)

    def _draw_panel(self) -> None:
        x, y = self._margin, self._px(188)
        width, height = self.picture.width - 2 * self._margin, self._px(248)
        self.picture.fill(x, y, width, height, PANEL)
        self.picture.fill(x, y, self._px(8), height, ACCENT)
        digits = min(self._px(118), even(width / 9.6))
        clock_width = Readout.width(_CLOCK, digits, digits / 8)
        self._clock = Readout(
            self.picture, even(x + (width - clock_width) / 2), y + self._px(36), digits, INK
        )
        small = min(self._px(28), even(width / 36))
        line = y + height - self._px(34) - small
        left = even(x + (width - clock_width) / 2)
        self._date = Readout(self.picture, left, line, small, MUTED)
        utc = left + even(Readout.width("0000-00-00", small, small / 8) + self._px(20))
        self.picture.blend(utc, line, text("UTC", small, small / 8), MUTED)
        counter_width = Readout.width("0" * _COUNTER_DIGITS, small, small / 8)
        right = even(left + clock_width - counter_width)
        self._counter = Readout(self.picture, right, line, small, MUTED)
        label = text("Frame", small, small / 8)
        self.picture.blend(even(right - label.shape[1] - self._px(20)), line, label, MUTED)

    def _draw_bars(self) -> None:
        x, y, height = self._margin, self._px(464), self._px(84)
        width = self.picture.width - 2 * self._margin
        for number, colour in enumerate(BARS):
            left, right = even(width * number / len(BARS)), even(width * (number + 1) / len(BARS))
            self.picture.fill(x + left, y, right - left, height, colour)
        for number in range(GREYS):
            left, right = even(width * number / GREYS), even(width * (number + 1) / GREYS)
            grey = Ycc(16 + round(219 * number / (GREYS - 1)), 128, 128)
            self.picture.fill(x + left, y + height, right - left, self._px(28), grey)

    def _prepare_ring(self) -> None:
        size = self._px(112)
        self._ring_at = (even(self.picture.width - self._margin - size), self._px(40))
        ground = self.picture.cut(*self._ring_at, size, size)
        rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) + np.float32(0.5 - size / 2)
        radius = np.hypot(rows, columns)
        band = np.clip(size * 0.09 + 0.5 - np.abs(radius - size * 0.4), 0, 1).astype(np.float32)
        turn = (np.arctan2(columns, -rows) / tau) % 1.0
        ground.blend(0, 0, band, RAIL)
        self._ring: list[Canvas] = []
        for phase in range(RING_PHASES):
            tile = ground.cut(0, 0, size, size)
            edge = np.clip((phase / RING_PHASES - turn) * tau * radius + 0.5, 0, 1)
            tile.blend(0, 0, (band * edge).astype(np.float32), ACCENT)
            self._ring.append(tile)

    def _draw_ring(self, phase_ms: int) -> None:
        """It fills during even seconds and empties during odd ones."""
        filled = phase_ms % 1000 * RING_PHASES // 1000
        tile = self._ring[filled] if phase_ms < 1000 else self._ring[RING_PHASES - 1 - filled]
        self.picture.copy(*self._ring_at, tile)

    def _draw_marker(self, share: float) -> None:
        there_and_back = 1.0 - abs(2.0 * share - 1.0)
        travel = self._rail.width - self._marker_width
        self.picture.copy(self._margin, self._rail_y, self._rail)
        self.picture.fill(
            self._margin + even(travel * there_and_back),
            self._rail_y,
            self._marker_width,
            self._rail_height,
            ACCENT,
        )


class Readout:
    """A line of digits that is put together from prepared tiles; only letters that changed are touched."""

    def __init__(self, picture: Canvas, x: int, y: int, size: int, colour: Ycc) -> None:
        self._picture, self._x, self._y = picture, x, y
        self._size, self._stroke, self._colour = size, size / 8, colour
        self._shown: list[str] = []
        self._tiles: dict[str, Canvas] = {}

    @staticmethod
    def width(line: str, size: int, stroke: float) -> int:
        """Pixels that a line takes."""
        return sum(_advance(letter, size, stroke) for letter in line)

    def show(self, line: str) -> None:
        x = self._x
        shown = self._shown if len(self._shown) == len(line) else [""] * len(line)
        for index, letter in enumerate(line):
            if shown[index] != letter:
                self._picture.copy(x, self._y, self._tile(letter))
                shown[index] = letter
            x += _advance(letter, self._size, self._stroke)
        self._shown = shown

    def _tile(self, letter: str) -> Canvas:
        tile = self._tiles.get(letter)
        if tile is None:
            tile = Canvas(_advance(letter, self._size, self._stroke), even(self._size + 1))
            tile.fill(0, 0, tile.width, tile.height, PANEL)
            tile.blend(0, 0, glyph(letter, self._size, self._stroke), self._colour)
            self._tiles[letter] = tile
        return tile


def _advance(letter: str, size: int, stroke: float) -> int:
    return even(glyph(letter, size, stroke).shape[1] + stroke * 1.4)
