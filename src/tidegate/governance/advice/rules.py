"""Every rule, and what they say of one situation together. Pure."""

from collections.abc import Callable
from typing import Final

from tidegate.governance.advice import places, publisher, viewers
from tidegate.governance.advice.types import Advice, Situation

RULES: Final[tuple[Callable[[Situation], Advice | None], ...]] = (
    publisher.interrupted,
    publisher.uplink_slow,
    publisher.encoder_drops,
    publisher.gop_irregular,
    publisher.gop_long,
    publisher.parts_late,
    publisher.skewed,
    publisher.ladder_behind,
    publisher.ladder_missing,
    viewers.edge_fails,
    viewers.failing,
    viewers.rung_missing,
    viewers.downloads_slow,
    viewers.devices_drop,
    viewers.starts_slow,
    viewers.far_behind,
    viewers.switches,
    places.one_region,
    places.one_network,
    viewers.stalling,
)
"""Causes before symptoms: of two that are as grave, the cause is read first."""

_WEIGHT: Final = {"error": 0, "warning": 1, "info": 2}


def advise(situation: Situation) -> list[Advice]:
    """All advice there is, worst first."""
    found = [advice for rule in RULES if (advice := rule(situation)) is not None]
    return sorted([*found, *publisher.noted(situation)], key=lambda advice: _WEIGHT[advice.severity])
