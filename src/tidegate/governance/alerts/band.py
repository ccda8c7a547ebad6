"""What is usual: median and median absolute deviation, which a few days of trouble do not move. Pure.

The MAD × 1.4826 estimates a normal distribution's standard deviation and breaks down only when half of the values are
foreign (F. R. Hampel, "The influence curve and its role in robust estimation", JASA 69, 1974).
"""

from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec

MAD_TO_SIGMA: Final = 1.4826
LEAST_SHARE: Final = 0.05
"""A history without any spread would make every breath an alert: a band is at least so much of its median wide, each way."""


class Edges(msgspec.Struct, frozen=True):
    """`low` to `high` is usual; `middle` is the median."""

    low: float
    middle: float
    high: float


def band(history: Sequence[float], width: float, floor: float) -> Edges:
    """The band of what is usual.

    Args:
        history: values at the same time of earlier days; at least one.
        width: half of the band, in standard deviations.
        floor: half of the band at least, in the values' unit.
    """
    middle = median(history)
    deviation = median(abs(value - middle) for value in history) * MAD_TO_SIGMA
    half = max(width * deviation, floor, LEAST_SHARE * abs(middle))
    return Edges(middle - half, middle, middle + half)
