"""One round: every rule's look against the alerts there are. Pure, so that it can be done again when somebody wrote meanwhile.

In: looks (of the rules that could be looked at), the rules there are, alerts as the store has them, silences. Out: what is to be
written, and what happened.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from tidegate.governance.alerts.grouping import Look, advance, closed
from tidegate.governance.alerts.telling import Event, tell
from tidegate.governance.alerts.types import Alert, AlertRule, AlertSilence

GAP_LOOKS: Final = 3.0
GAP_S: Final = 60.0
"""After so many looks that were missed, or so long, whichever is more, the time between counts as not seen."""


class Change(msgspec.Struct, frozen=True):
    """An alert as it is now. `happened` is its transition, `event` what receivers are to be told."""

    alert: Alert
    happened: Event
    event: Event


class Settled(msgspec.Struct, frozen=True):
    """`now`: every alert that is left; `changes`: those of them that are to be written; `dropped`: to be forgotten."""

    now: list[Alert]
    changes: list[Change]
    dropped: list[str]


def settle(
    looks: Iterable[Look],
    rules: Mapping[str, AlertRule],
    known: Sequence[Alert],
    silences: Sequence[AlertSilence],
    now: float,
    every_s: float,
) -> Settled:
    """What becomes of `known` in this round."""
    before = {alert.id: alert for alert in known}
    of_rule: dict[str, list[Alert]] = defaultdict(list)
    after: dict[str, Alert] = {}
    dropped: list[str] = []
    for alert in known:
        why = _orphaned(alert, rules)
        if why and alert.state != "resolved":
            if alert.fired_at:
                after[alert.id] = closed(alert, now, why)
            else:
                dropped.append(alert.id)
        elif not why:
            of_rule[alert.rule].append(alert)
    for look in looks:
        mine = of_rule[look.rule.name]
        outcome = advance(replace(look, gap_s=gap(mine, now, every_s)), mine)
        after.update((alert.id, alert) for alert in outcome.kept)
        dropped += outcome.dropped
    gone = set(dropped)
    left, changes = [], []
    for alert_id in (*before, *(each for each in after if each not in before)):
        if alert_id in gone:
            continue
        was = before.get(alert_id)
        alert, event = tell(after.get(alert_id) or before[alert_id], silences, now)
        left.append(alert)
        if alert != was:
            changes.append(Change(alert, _happened(was, alert), event))
    return Settled(left, changes, dropped)


def gap(alerts: Iterable[Alert], now: float, every_s: float) -> float:
    """How long nobody looked before now, beyond the usual; negative where the clock went back."""
    checked = [alert.checked_at for alert in alerts if alert.state != "resolved"]
    if not checked:
        return 0.0
    passed = now - max(checked)
    return passed - every_s if passed > max(GAP_LOOKS * every_s, GAP_S) or passed < 0 else 0.0


def _orphaned(alert: Alert, rules: Mapping[str, AlertRule]) -> str:
    """Why an alert is no longer anybody's; empty where it is its rule's."""
    rule = rules.get(alert.rule)
    if rule is None:
        return "Its rule is gone or switched off."
    same_members = all(tuple(member.slice) == rule.by for member in alert.members)
    if set(alert.slice) != set(rule.group) or not same_members or alert.indicator != rule.indicator:
        return "Its rule was changed."
    return ""


def _happened(before: Alert | None, now: Alert) -> Event:
    state = before.state if before is not None else ""
    if now.state == "firing" and state != "firing":
        return "firing"
    return "resolved" if now.state == "resolved" and state == "firing" else ""
