"""How long to wait before trying again: doubling, bounded, and spread by chance so that many do not come back at once."""

from random import Random


class Backoff:
    """Delays for one thing that keeps failing. Chance is an argument, so that tests own it."""

    def __init__(self, first_s: float, most_s: float, chance: Random) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._chance = chance
        self._next_s = first_s

    def next_s(self) -> float:
        """The delay before the next try, seconds: half of the step for certain, the rest by chance."""
        step = self._next_s
        self._next_s = min(self._most_s, step * 2)
        return step * (0.5 + self._chance.random() / 2)

    def reset(self) -> None:
        """It worked: begin with the first delay again."""
        self._next_s = self._first_s
