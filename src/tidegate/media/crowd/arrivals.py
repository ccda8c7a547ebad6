"""When viewers come and go: an audience's size over time, made into joins and departures. Pure; chance is an argument.

A pattern is a curve, the share of the audience that is there at a time, and a mean stay. Who leaves is replaced while
the curve stands, as in a queue without waiting room (M/M/∞) that is held to its mean: stays are drawn from an exponential
distribution, which has no memory, and arrivals make up for departures. There are never more viewers than were asked for.
"""

import heapq
from math import exp, inf, pi, sin
from random import Random
from typing import Literal

import msgspec

Pattern = Literal["steady", "ramp", "flash", "wave", "churn"]
"""steady: all come at once and stay · ramp: evenly more · flash: a tenth, then nearly all within seconds, half of whom
drift away · wave: a day, from afternoon over evening and night · churn: as many all the time, but each for a moment."""

STEP_S = 0.05
"""The curve is looked at so often; joins and departures fall anywhere in between."""

JOINING_S = 2.0
"""Where all come at once they come over so long, or a tenth of the run: nobody's clock is that exact."""

CHURN_STAY_S = 10.0
"""Mean stay of zapping viewers."""

ENDLESS_S = 300.0
"""A run without an end repeats its wave with this period, or takes it for its length."""

FLASH_BASE, FLASH_AT, FLASH_OVER, FLASH_LEFT = 0.1, 0.3, 0.7, 0.5
"""A flash crowd: so many before, from when to when in the run, and so many after."""

FLASH_RISE = 0.01
"""Its time constant, of the run: an announcement reaches most of those it reaches at once."""

WAVE_LEAST = 0.2
"""Viewers in the small hours, of those in the evening."""


class Arrivals(msgspec.Struct, frozen=True):
    """What is asked for.

    Attributes:
        viewers: at once, at the most.
        seconds: how long the run lasts; 0: no end.
        stay_s: mean stay; 0: as long as the curve wants them, and for `churn` ten seconds.
        ramp_s: of `ramp`: how long it rises; 0: all the time.
    """

    pattern: Pattern
    viewers: int
    seconds: float = 0.0
    stay_s: float = 0.0
    ramp_s: float = 0.0

    @property
    def period_s(self) -> float:
        return self.seconds or ENDLESS_S


class Turn(msgspec.Struct, frozen=True):
    """Viewer `number` joins, or leaves, `at_s` seconds into the run."""

    at_s: float
    number: int
    joins: bool


def share(arrivals: Arrivals, at_s: float) -> float:
    """The share of the audience that is there, 0 to 1."""
    period_s = max(STEP_S, arrivals.period_s)
    joined = min(1.0, at_s / max(STEP_S, min(JOINING_S, period_s / 10)))
    match arrivals.pattern:
        case "ramp":
            return min(1.0, at_s / (arrivals.ramp_s or period_s))
        case "flash":
            return joined * _flash(min(1.0, at_s / period_s))
        case "wave":
            swing = (1 + sin(2 * pi * at_s / period_s)) / 2
            return joined * (WAVE_LEAST + (1 - WAVE_LEAST) * swing)
        case _:
            return joined


def _flash(place: float) -> float:
    if place < FLASH_AT:
        return FLASH_BASE
    risen = 1 - (1 - FLASH_BASE) * exp(-(place - FLASH_AT) / FLASH_RISE)
    if place < FLASH_OVER:
        return risen
    return risen - (risen - FLASH_LEFT) * (place - FLASH_OVER) / (1 - FLASH_OVER)


class Audience:
    """Who is there, and who comes and goes next. Viewers are numbered from 0 in the order in which they join."""

    def __init__(self, arrivals: Arrivals, chance: Random) -> None:
        self._arrivals = arrivals
        self._chance = chance
        self._stay_s = arrivals.stay_s or (CHURN_STAY_S if arrivals.pattern == "churn" else inf)
        self._there: set[int] = set()
        self._ends: list[tuple[float, int]] = []
        self._steps = 0
        self.joined = 0

    @property
    def at_s(self) -> float:
        """How far into the run it has come."""
        return min(self._steps * STEP_S, self._arrivals.seconds or inf)

    @property
    def over(self) -> bool:
        return 0 < self._arrivals.seconds <= self._steps * STEP_S

    def step(self) -> list[Turn]:
        """Joins and departures of the next `STEP_S`, in order of time. Who is there at the run's end has no departure."""
        begin_s = self.at_s
        self._steps += 1
        end_s = self.at_s
        made = self._expired(begin_s, end_s)
        free_s = made[-1].at_s if made else begin_s  # nobody comes before the one whose place it is has left
        wanted = round(self._arrivals.viewers * share(self._arrivals, end_s))
        if len(self._there) > wanted:
            gone = self._chance.sample(sorted(self._there), len(self._there) - wanted)
            self._there.difference_update(gone)
            for at_s, number in zip(self._places(free_s, end_s, len(gone)), gone, strict=True):
                made.append(Turn(at_s, number, joins=False))
        for at_s in self._places(free_s, end_s, wanted - len(self._there)):
            made.append(self._join(at_s, end_s))
        return made

    def _expired(self, begin_s: float, end_s: float) -> list[Turn]:
        made = []
        while self._ends and self._ends[0][0] < end_s:
            leaves_s, number = heapq.heappop(self._ends)
            if number in self._there:
                self._there.remove(number)
                made.append(Turn(max(begin_s, leaves_s), number, joins=False))
        return made

    def _join(self, at_s: float, end_s: float) -> Turn:
        number = self.joined
        self.joined += 1
        self._there.add(number)
        if self._stay_s < inf:
            leaves_s = at_s + self._chance.expovariate(1 / self._stay_s)
            heapq.heappush(self._ends, (max(leaves_s, end_s), number))
        return Turn(at_s, number, joins=True)

    def _places(self, begin_s: float, end_s: float, count: int) -> list[float]:
        return sorted(self._chance.uniform(begin_s, end_s) for _ in range(count))
