"""A planar 4:2:0 picture (`yuv420p`) to draw on: one block of memory that goes to the encoder as it is."""

import numpy as np
from numpy.typing import NDArray

from tidegate.media.testcard.colour import Ycc
from tidegate.media.testcard.font import Alpha

Plane = NDArray[np.uint8]


class Canvas:
    """`width` and `height` in pixels, both even. Positions are even too, because chroma is stored for 2x2 pixels."""

    def __init__(self, width: int, height: int) -> None:
        if width % 2 or height % 2 or width < 2 or height < 2:
            raise ValueError(f"a 4:2:0 picture has even sides, not {width}x{height}")
        self.width, self.height = width, height
        self.data: NDArray[np.uint8] = np.empty(width * height * 3 // 2, np.uint8)
        luma, chroma = width * height, width * height // 4
        self.y: Plane = self.data[:luma].reshape(height, width)
        self.cb: Plane = self.data[luma : luma + chroma].reshape(height // 2, width // 2)
        self.cr: Plane = self.data[luma + chroma :].reshape(height // 2, width // 2)

    def fill(self, x: int, y: int, width: int, height: int, colour: Ycc) -> None:
        """Fill a rectangle."""
        self.y[y : y + height, x : x + width] = colour.y
        half = (slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2))
        self.cb[half] = colour.cb
        self.cr[half] = colour.cr

    def blend(self, x: int, y: int, alpha: Alpha, colour: Ycc) -> None:
        """Lay `colour` over the picture with the opacity given for each pixel; what lies outside is cut off."""
        alpha = alpha[: max(0, self.height - y), : max(0, self.width - x)]
        alpha = np.pad(alpha, [(0, alpha.shape[0] % 2), (0, alpha.shape[1] % 2)])
        height, width = alpha.shape
        _mix(self.y[y : y + height, x : x + width], alpha, colour.y)
        quarter = alpha.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        half = (slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2))
        _mix(self.cb[half], quarter, colour.cb)
        _mix(self.cr[half], quarter, colour.cr)

    def copy(self, x: int, y: int, tile: "Canvas") -> None:
        """Put another picture into this one."""
        self.y[y : y + tile.height, x : x + tile.width] = tile.y
        half = (slice(y // 2, (y + tile.height) // 2), slice(x // 2, (x + tile.width) // 2))
        self.cb[half] = tile.cb
        self.cr[half] = tile.cr

    def cut(self, x: int, y: int, width: int, height: int) -> "Canvas":
        """A copy of a rectangle."""
        tile = Canvas(width, height)
        tile.y[:] = self.y[y : y + height, x : x + width]
        tile.cb[:] = self.cb[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2]
        tile.cr[:] = self.cr[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2]
        return tile


def even(pixels: float) -> int:
    """The nearest even number of pixels below."""
    return int(pixels) // 2 * 2


def _mix(plane: Plane, alpha: Alpha, value: int) -> None:
    plane[:] = np.rint(plane + alpha * (value - plane.astype(np.float32))).astype(np.uint8)
