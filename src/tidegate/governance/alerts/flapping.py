"""What comes and goes: an alert that fires again and again is kept open until it has been calm for longer. Pure."""

from typing import Final

WITHIN_S: Final = 3600.0
OFTEN: Final = 3
"""So many times within `WITHIN_S` is flapping."""
CALM_S: Final = 900.0
"""How long it must be fine then, at least, before it is over."""
KEPT: Final = 8
"""Times that are remembered."""


def is_flapping(opened: tuple[float, ...], now: float) -> bool:
    """Whether an alert that fired at these times comes and goes."""
    return sum(now - at < WITHIN_S for at in opened) >= OFTEN


def calm_s(opened: tuple[float, ...], now: float, wanted_s: float) -> float:
    """How long it must be fine before it is over."""
    return max(wanted_s, CALM_S) if is_flapping(opened, now) else wanted_s


def fired(opened: tuple[float, ...], now: float) -> tuple[float, ...]:
    """The times, with one more."""
    return (*opened, now)[-KEPT:]
