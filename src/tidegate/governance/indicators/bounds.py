"""How much may be asked at once, and the range as it is answered: whole steps, or whole buckets where the range is long."""

import math
from typing import Final

import msgspec

from tidegate.governance.indicators.errors import IndicatorQueryError
from tidegate.governance.indicators.types import IndicatorQuery
from tidegate.telemetry.rollups import BUCKETS_S

RANGE_S_MAX: Final = 400 * 86_400
"""Longest range: a year and a month, so that a month can be held against the same one a year ago."""
AHEAD_S_MAX: Final = 366 * 86_400
"""How far beyond now a range may reach; a chart of a whole day or month does."""
STEPS_MAX: Final = 2_000
"""Most steps of a series: more than a wide screen has places for."""
POINTS_MAX: Final = 50_000
"""Most rows of an answer: steps × groups."""
BUCKETS_A_RANGE: Final = 120
"""Over so many buckets, a range's ends may be moved to whole ones: less than 1 % at each end."""


class Window(msgspec.Struct, frozen=True):
    """A range as it is answered, seconds since the Unix epoch.

    Attributes:
        now: when it was asked; `seen`: how far of the range has happened: rates divide by the time until then.
        grain_s: the longest bucket whose sums answer it exactly.
    """

    start: int
    end: int
    now: float
    step_s: int
    grain_s: int

    @property
    def seen(self) -> float:
        return max(min(self.end, self.now), self.start)


def window(query: IndicatorQuery, now: float) -> Window:
    """The range of a question.

    Raises:
        IndicatorQueryError: it is empty, too long, too finely divided or too far away.
    """
    start, end, step = query.from_, query.to, query.step_s
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end <= now + AHEAD_S_MAX):
        raise IndicatorQueryError(
            "from and to are no range of time.",
            hint="Give seconds since the Unix epoch, from before to, not more than a year ahead.",
        )
    if end - start > RANGE_S_MAX:
        raise IndicatorQueryError(
            f"The range is longer than {RANGE_S_MAX // 86_400} days.", hint="Ask for less."
        )
    if step and math.ceil((end - start) / step) > STEPS_MAX:
        needed = math.ceil((end - start) / STEPS_MAX)
        raise IndicatorQueryError(
            f"The range has more than {STEPS_MAX} steps.",
            hint=f"Let step_s be at least {needed}.",
            step_s=needed,
        )
    grain = _grain(start, end, step)
    whole = step or grain
    start, end = math.floor(start / whole) * whole, math.ceil(end / whole) * whole
    return Window(start, end, now, step, grain)


def _grain(start: float, end: float, step: int) -> int:
    """The longest bucket that steps are whole numbers of; without steps: that the range begins and ends with, or that is
    short beside the range. A second at least: facts are no finer.
    """
    for bucket in sorted(BUCKETS_S.values(), reverse=True):
        if step and step % bucket == 0:
            return bucket
        if not step and (
            (start % bucket == 0 and end % bucket == 0) or end - start >= BUCKETS_A_RANGE * bucket
        ):
            return bucket
    return min(BUCKETS_S.values())


def check(query: IndicatorQuery, asked: Window) -> None:
    """Whether the answer would be of a size that can be read.

    Raises:
        IndicatorQueryError: it would not, or a name is given twice.
    """
    for words, what in ((query.indicators, "indicator"), (query.by, "dimension")):
        if len(set(words)) < len(words):
            raise IndicatorQueryError(f"The same {what} is asked for twice.", hint="Name each once.")
    steps = math.ceil((asked.end - asked.start) / asked.step_s) if asked.step_s else 1
    groups = query.limit if query.by else 1
    if steps * groups > POINTS_MAX:
        raise IndicatorQueryError(
            f"{steps} steps of {groups} groups are more than {POINTS_MAX} rows.",
            hint=f"Let limit be at most {POINTS_MAX // steps}, or take longer steps.",
        )
