"""What a part decides by itself, and why, as it says so where it decides.

In: figures the decision rests on. Out: a `Decision`, which the composition root makes a `core.facts.DecisionFact` of.
"""

from collections.abc import Callable

import msgspec

Evidence = dict[str, str | int | float | bool]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `reason` is one sentence for people, `evidence` the figures it rests on."""

    kind: str
    outcome: str
    reason: str
    channel: str = ""
    stream: str = ""
    session: str = ""
    evidence: Evidence = {}


Decide = Callable[[Decision], None]
"""Told each decision; plain, quick, and raises nothing."""


def untold(_decision: Decision) -> None:
    """For parts that run where nobody keeps facts."""
