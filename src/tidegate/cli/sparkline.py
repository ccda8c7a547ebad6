"""A row of numbers as a line of blocks."""

import math
from collections.abc import Sequence
from typing import Final

BLOCKS: Final = "▁▂▃▄▅▆▇█"
GAP: Final = "·"
WIDTH: Final = 60


def sparkline(values: Sequence[float | None], width: int = WIDTH) -> str:
    """At most `width` characters, from 0 (or the least, where that is below) to the most; gaps where there are no data.

    Where there are more values than room, a character is the largest of its neighbours: a peak must not vanish.
    """
    each = max(math.ceil(len(values) / width), 1)
    cells = [_largest(values[begin : begin + each]) for begin in range(0, len(values), each)]
    known = [value for value in cells if value is not None]
    if not known:
        return GAP * len(cells)
    low, high = min(*known, 0.0), max(known)
    span = high - low or 1.0
    return "".join(
        GAP if value is None else BLOCKS[min(int((value - low) / span * len(BLOCKS)), len(BLOCKS) - 1)]
        for value in cells
    )


def _largest(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
