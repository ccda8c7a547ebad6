"""What the API takes and answers about alerts, field by field."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidegate.governance.alerts.service import EvaluatorStatus
from tidegate.governance.alerts.types import Alert, AlertSilence, RuleStatus

Who = Annotated[
    str, Meta(max_length=64, description="Who does it; empty: whoever is signed in.", examples=["ann"])
]
Note = Annotated[str, Meta(max_length=400)]
ForSeconds = Annotated[float, Meta(ge=0, le=7_776_000, examples=[3600])]


class AlertAcknowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Taking an alert on.

    Attributes:
        for_s: if it still fires after so many seconds, it is told once more; 0: never.
    """

    who: Who = ""
    for_s: ForSeconds = 0.0
    note: Note = ""


class AlertSilenceForSeconds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Silencing what is like one alert, for so many seconds."""

    for_s: ForSeconds
    reason: Note = ""
    who: Who = ""


class AlertSilenceCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not to be told for a while.

    Attributes:
        rule: the one it is about; empty: all.
        slice: values an alert, or each of its slices, must have.
    """

    for_s: ForSeconds
    rule: Annotated[str, Meta(max_length=64, examples=["rebuffering"])] = ""
    slice: Annotated[
        dict[str, Annotated[str, Meta(max_length=200)]], Meta(examples=[{"channel": "demo"}])
    ] = {}
    reason: Note = ""
    who: Who = ""


class AlertList(msgspec.Struct, frozen=True):
    """Alerts, the one that changed last first.

    Attributes:
        evaluator: who looks at the rules, and how that goes.
    """

    items: list[Alert]
    evaluator: EvaluatorStatus


class AlertRuleList(msgspec.Struct, frozen=True):
    """Every rule, by name."""

    items: list[RuleStatus]


class AlertSilenceList(msgspec.Struct, frozen=True):
    """Silences that still last, oldest first."""

    items: list[AlertSilence]
