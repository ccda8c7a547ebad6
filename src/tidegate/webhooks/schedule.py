"""When a delivery is tried again. Pure: time and chance are arguments."""

from random import Random

FIRST_S = 5.0
MOST_S = 3600.0
GIVE_UP_S = 86_400.0
"""A delivery that has not come through a day after its event is failed; it can be replayed by hand."""
ORDERED_ATTEMPTS = 5
"""As long as an event has been tried less often, later events of its channel wait for it; then they pass it."""
RATHER_NOT = frozenset({410})
"""Gone (RFC 9110 section 15.5.11): the receiver wants no more of this."""


def delay_s(attempts: int, chance: Random) -> float:
    """Seconds after attempt number `attempts`: doubling, bounded, the last quarter by chance."""
    step = min(MOST_S, FIRST_S * 2.0 ** min(attempts - 1, 20))
    return step * (0.75 + chance.random() / 4)


def gives_up(created_at: float, next_at: float, status: int) -> bool:
    return status in RATHER_NOT or next_at - created_at > GIVE_UP_S
