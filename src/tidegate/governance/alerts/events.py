"""What an alert's transition is to others: an event for webhooks, a decision for telemetry. Pure."""

from typing import Any, Final

import msgspec

from tidegate.core.facts import DecisionFact
from tidegate.governance.alerts.settling import Change
from tidegate.governance.alerts.types import Alert
from tidegate.governance.quantities import worded

TOPIC: Final = "alert"
"""Of the store's outbox."""
MEMBERS_TOLD: Final = 20
"""Slices that an event lists; it tells how many there are."""


class Announced(msgspec.Struct, frozen=True):
    """As the outbox has it on `TOPIC`. `change` is `firing` or `resolved`."""

    change: str
    channel: str
    data: dict[str, Any]


def announced(change: Change, base_url: str) -> Announced:
    """What receivers are told. `base_url` makes the link one that works anywhere."""
    alert = change.alert
    data = {
        "alert": alert.id,
        "rule": alert.rule,
        "title": alert.title,
        "severity": alert.severity,
        "state": alert.state,
        "sentence": alert.sentence,
        "fix": alert.fix,
        "slice": alert.slice,
        "slices": [member.slice for member in alert.members[:MEMBERS_TOLD]],
        "slices_count": len(alert.members) + alert.more,
        "indicator": alert.indicator,
        "value": alert.value,
        "limit": alert.limit,
        "unit": alert.unit,
        "since": alert.since,
        "fired_at": alert.fired_at,
        "resolved_at": alert.resolved_at,
        "ended": alert.ended,
        "flapping": alert.flapping,
        "reminder": change.event == "firing" and alert.reminded,
        "link": f"{base_url}{alert.link}",
        "query": msgspec.to_builtins(alert.query),
    }
    return Announced(change.event, channel_of(alert), data)


def decision(change: Change, region: str, node: str) -> DecisionFact:
    """The transition as a fact."""
    alert = change.alert
    evidence = {
        "alert": alert.id,
        "rule": alert.rule,
        "indicator": alert.indicator,
        "value": alert.value,
        "limit": alert.limit,
        "slice": alert.slice,
        "slices": len(alert.members) + alert.more,
    }
    lasted = (
        f" It lasted {worded(alert.resolved_at - alert.fired_at, 's')}."
        if change.happened == "resolved"
        else ""
    )
    return DecisionFact(
        at=alert.checked_at,
        region=region,
        node=node,
        kind="alert",
        outcome=change.happened,
        reason=alert.sentence + lasted,
        channel=channel_of(alert),
        evidence=msgspec.json.encode(evidence).decode(),
    )


def channel_of(alert: Alert) -> str:
    """The one channel an alert is about; empty where it is about several, or none."""
    named = {alert.slice.get("channel") or member.slice.get("channel", "") for member in alert.members}
    return named.pop() if len(named) == 1 and not alert.more else alert.slice.get("channel", "")
