"""Where it is: one region, one kind of network, or everywhere. Pure."""

from typing import Final

from tidegate.governance.advice.types import Advice, Part, Situation
from tidegate.governance.quantities import worded

BAD: Final = 0.02
WELL: Final = 0.005
PLAYS_MIN: Final = 1.0
"""With fewer playing at once on average, a part proves nothing."""


def one_region(situation: Situation) -> Advice | None:
    part = _alone(situation.regions)
    if part is None:
        return None
    return Advice(
        code="one-region",
        severity="warning",
        chart="errors",
        sentence=f"Only viewers in {part.name} stall ({worded(part.rebuffer_ratio, 'ratio')} of their time); elsewhere it plays well."
        " The stream itself is fine.",
        fix=f"Look at the edge that serves {part.name}: its processor, its network, its way to the origin.",
        indicator="rebuffer_ratio",
        value=part.rebuffer_ratio,
        limit=BAD,
        unit="ratio",
    )


def one_network(situation: Situation) -> Advice | None:
    part = _alone(tuple(each for each in situation.networks if each.name))
    if part is None:
        return None
    return Advice(
        code="one-network",
        severity="info",
        chart="download",
        sentence=f"Only viewers on {part.name} stall ({worded(part.rebuffer_ratio, 'ratio')} of their time): it is their network, not"
        " this side.",
        fix="A lower rung helps them. If it is one provider, tell it.",
        indicator="rebuffer_ratio",
        value=part.rebuffer_ratio,
        limit=BAD,
        unit="ratio",
    )


def _alone(parts: tuple[Part, ...]) -> Part | None:
    """The one part that stalls while all others play well; None where there is no such one."""
    enough = [part for part in parts if part.plays >= PLAYS_MIN]
    bad = [part for part in enough if part.rebuffer_ratio > BAD]
    well = [part for part in enough if part.rebuffer_ratio < WELL]
    return bad[0] if len(bad) == 1 and well and len(bad) + len(well) == len(enough) else None
