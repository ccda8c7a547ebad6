"""What the platform decided by itself, and why."""

import msgspec


class DecisionFact(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One decision: a ladder admitted or refused, a publisher switched to, an alert raised.

    Attributes:
        kind: such as `ladder-admission`, `publisher-switch`.
        outcome: such as `admitted`, `refused`.
        reason: one sentence, for people.
        evidence: what it rests on, a JSON object of figures.
    """

    at: float
    region: str
    node: str
    kind: str
    outcome: str
    reason: str
    channel: str = ""
    stream: str = ""
    session: str = ""
    arms: tuple[str, ...] = ()
    evidence: str = "{}"
