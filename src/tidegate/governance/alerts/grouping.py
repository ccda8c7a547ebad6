"""All slices of one rule after one look, and the alerts that they make. Pure.

In: the rule's open alerts, what is known of each slice, the time. Out: the alerts that are to be kept and those that are to be
forgotten. Slices alike in the rule's `group` are one alert: it fires when the first of them does and is over when the last is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from tidegate.governance.alerts import flapping, wording
from tidegate.governance.alerts.conditions import Finding, Reading, Verdict, judge
from tidegate.governance.alerts.members import is_gone, shifted, step
from tidegate.governance.alerts.types import (
    Absent,
    Alert,
    AlertMember,
    AlertRule,
    Band,
    Rate,
    Slice,
    Threshold,
)
from tidegate.governance.indicators.types import RunQuery

MEMBERS_MAX = 200
"""Slices that one alert follows; of further ones it tells how many there are."""


class Look(msgspec.Struct, frozen=True):
    """One look at one rule's slices.

    Attributes:
        readings: of every slice that has, or should have, data.
        gap_s: how long before it nobody looked, beyond the usual.
    """

    rule: AlertRule
    unit: str
    readings: Mapping[Slice, Reading]
    now: float
    gap_s: float = 0.0
    query: RunQuery | None = None


class Outcome(msgspec.Struct, frozen=True):
    """`kept`: alerts as they are now; `dropped`: ids of those that never fired and are fine."""

    kept: list[Alert]
    dropped: list[str]


def advance(look: Look, known: Iterable[Alert]) -> Outcome:
    """The rule's alerts after this look; `known` as they were, those that are over too."""
    alerts = {alert.id: alert for alert in known}
    members = {
        member.key: member
        for alert in alerts.values()
        if alert.state != "resolved"
        for member in alert.members
    }
    found: dict[str, list[AlertMember]] = defaultdict(list)
    groups: dict[str, Slice] = {}
    for slice_ in (*look.readings, *(each for each in members if each not in look.readings)):
        group = tuple(pair for pair in slice_ if pair[0] in look.rule.group)
        alert_id = wording.fingerprint(look.rule.name, group)
        member = _stepped(look, slice_, members.get(slice_), alerts.get(alert_id))
        if member is not None:
            found[alert_id].append(member)
            groups[alert_id] = group
    outcome = Outcome([], [])
    for alert_id, bad in found.items():
        outcome.kept.append(_bad(look, alert_id, groups[alert_id], bad, alerts.get(alert_id)))
    for alert in alerts.values():
        if alert.id not in found and alert.state != "resolved":
            _end(alert, look.now, outcome)
    return outcome


def closed(alert: Alert, now: float, why: str) -> Alert:
    """An alert that is over whatever its slices do, such as because its rule is gone."""
    return _over(replace(alert, ended=why), now)


def _stepped(
    look: Look, slice_: Slice, member: AlertMember | None, alert: Alert | None
) -> AlertMember | None:
    rule = look.rule
    reading = look.readings.get(slice_)
    if reading is None:
        verdict = Verdict(_unlooked(rule))
    else:
        firing = member is not None and bool(member.fired_at)
        verdict = judge(rule.condition, rule.no_data, reading, firing=firing)
    if member is not None and look.gap_s:
        member = shifted(member, look.gap_s)
    calm_s = flapping.calm_s(alert.opened, look.now, rule.calm_s) if alert else float(rule.calm_s)
    return step(member, slice_, verdict, now=look.now, for_s=rule.for_s, calm_s=calm_s)


def _unlooked(rule: AlertRule) -> Finding:
    """What it means that a slice is not among those that have, or should have, data any more."""
    gone = rule.guard is not None or rule.no_data != "keep" or isinstance(rule.condition, Absent)
    return "fine" if gone else "unknown"


def _bad(look: Look, alert_id: str, group: Slice, bad: list[AlertMember], before: Alert | None) -> Alert:
    rule, now = look.rule, look.now
    bad = sorted(bad, key=lambda member: _order(rule, member))
    kept, worst = tuple(bad[:MEMBERS_MAX]), bad[0]
    firing = any(member.fired_at for member in bad)
    was_open = before is not None and before.state != "resolved"
    opened = before.opened if before is not None else ()
    begins = firing and not (before is not None and before.state == "firing")
    if begins:
        opened = flapping.fired(opened, now)
    since = min(member.since for member in bad)
    shown = worst.key if len(bad) == 1 else group
    made = Alert(
        id=alert_id,
        rule=rule.name,
        title=rule.title,
        severity=rule.severity,
        state="firing" if firing else "pending",
        slice=dict(group),
        members=kept,
        more=len(bad) - len(kept),
        indicator=rule.indicator,
        unit=look.unit,
        sentence=wording.sentence(rule, look.unit, worst, len(bad) - 1),
        fix=rule.fix,
        value=worst.value,
        limit=worst.limit,
        since=since,
        checked_at=now,
        no_data=worst.value is None,
        opened=opened,
        flapping=flapping.is_flapping(opened, now),
        link=wording.link(rule.indicator, shown, since),
        query=look.query,
    )
    if before is None:
        return replace(made, fired_at=now if firing else 0.0)
    fired_at = now if begins else before.fired_at
    carried = replace(
        made, fired_at=fired_at, resolved_at=0.0 if firing else before.resolved_at, told=before.told
    )
    if not was_open:
        return carried
    return replace(
        carried,
        acknowledged=before.acknowledged,
        reminded=before.reminded,
        silenced_by=before.silenced_by,
        silenced_until=before.silenced_until,
    )


def _end(alert: Alert, now: float, outcome: Outcome) -> None:
    if alert.state == "pending" and not alert.fired_at:
        outcome.dropped.append(alert.id)
        return
    if alert.state == "pending":  # it had fired before and is only over once more
        outcome.kept.append(replace(alert, state="resolved", checked_at=now, members=()))
        return
    why = (
        "Its slice has had no data for a day."
        if all(is_gone(member, now) for member in alert.members)
        else ""
    )
    outcome.kept.append(_over(replace(alert, ended=why), now))


def _over(alert: Alert, now: float) -> Alert:
    slice_ = alert.members[0].key if len(alert.members) == 1 else tuple(alert.slice.items())
    return replace(
        alert,
        state="resolved",
        resolved_at=now,
        checked_at=now,
        acknowledged=None,
        reminded=False,
        flapping=flapping.is_flapping(alert.opened, now),
        link=wording.link(alert.indicator, slice_, alert.since, now),
    )


def _order(rule: AlertRule, member: AlertMember) -> tuple[bool, bool, float, Slice]:
    """Worst first: what fires, what is still bad, then by how far it is off."""
    off = 0.0
    if member.value is not None and member.limit is not None:
        off = member.value - member.limit if _upwards(rule, member) else member.limit - member.value
    return (not member.fired_at, bool(member.fine_since), -off, member.key)


def _upwards(rule: AlertRule, member: AlertMember) -> bool:
    condition = rule.condition
    if isinstance(condition, Threshold):
        return condition.above is not None
    if isinstance(condition, Rate):
        return condition.rises_by is not None
    if isinstance(condition, Band):
        return (member.value or 0.0) > (member.limit or 0.0)
    return True
