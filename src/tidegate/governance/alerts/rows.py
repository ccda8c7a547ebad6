"""Rules, alerts and silences as rows of the store: the only place of this folder that speaks SQL."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, or_, select, update

from tidegate.governance.alerts.types import Alert, AlertRule, AlertSilence
from tidegate.store import Transaction
from tidegate.store.tables import alert_rules, alert_silences, alerts

RULES = select(alert_rules).order_by(alert_rules.c.name)
ONE_PAGE = 500


class StoredAlert(NamedTuple):
    """An alert with what a compare-and-swap of its row needs."""

    alert: Alert
    home_region: str
    version: int


def to_rule(row: Row[Any]) -> AlertRule:
    """Raises `msgspec.MsgspecError` where the row holds something else."""
    return msgspec.json.decode(row.body, type=AlertRule)


def to_alert(row: Row[Any]) -> StoredAlert:
    return StoredAlert(msgspec.json.decode(row.body, type=Alert), row.home_region, row.version)


def to_silence(row: Row[Any]) -> AlertSilence:
    return msgspec.json.decode(row.body, type=AlertSilence)


def open_alerts(since: float) -> Select[Any]:
    """Alerts that are not over, and those that were touched since."""
    return select(alerts).where(or_(alerts.c.state != "resolved", alerts.c.updated_at >= since))


def alerts_like(states: Sequence[str], rule: str, severity: str, limit: int) -> Select[Any]:
    """Alerts, newest first; an empty argument is no condition."""
    found = select(alerts).order_by(alerts.c.updated_at.desc(), alerts.c.id).limit(min(limit, ONE_PAGE))
    if states:
        found = found.where(alerts.c.state.in_(states))
    if rule:
        found = found.where(alerts.c.rule == rule)
    return found.where(alerts.c.severity == severity) if severity else found


def alert(alert_id: str) -> Select[Any]:
    return select(alerts).where(alerts.c.id == alert_id)


def counts() -> Select[Any]:
    """How many alerts each rule has in each state that is not over."""
    found = select(alerts.c.rule, alerts.c.state, func.count().label("alerts")).where(
        alerts.c.state != "resolved"
    )
    return found.group_by(alerts.c.rule, alerts.c.state)


def silences(after: float) -> Select[Any]:
    """Silences that last beyond `after`."""
    return select(alert_silences).where(alert_silences.c.until > after).order_by(alert_silences.c.created_at)


def put_alert(transaction: Transaction, made: Alert, stored: StoredAlert | None) -> None:
    """Write an alert as it is now.

    Raises:
        VersionConflictError: somebody else has changed it since it was read.
    """
    values = {
        "rule": made.rule,
        "state": made.state,
        "severity": made.severity,
        "body": msgspec.json.encode(made).decode(),
    }
    if stored is not None:
        key = {"home_region": stored.home_region, "id": made.id}
        transaction.swap(alerts, key, stored.version, values)
        return
    drop_alert(transaction, made.id)  # of long ago, so that it was not read
    transaction.execute(insert(alerts).values({**_new(transaction), **values, "id": made.id}))


def drop_alert(transaction: Transaction, alert_id: str) -> None:
    transaction.execute(delete(alerts).where(alerts.c.id == alert_id))


def prune_alerts(transaction: Transaction, before: float, most: int) -> int:
    """Forget alerts that were over before then, and the oldest beyond `most`."""
    over = alerts.c.state == "resolved"
    gone = transaction.execute(delete(alerts).where(over, alerts.c.updated_at < before)).rowcount
    edge = transaction.execute(
        select(alerts.c.updated_at).where(over).order_by(alerts.c.updated_at.desc()).offset(most).limit(1)
    ).first()
    if edge is not None:
        gone += transaction.execute(
            delete(alerts).where(over, alerts.c.updated_at <= edge.updated_at)
        ).rowcount
    transaction.execute(delete(alert_silences).where(alert_silences.c.until < before))
    return int(gone)


def put_rule(transaction: Transaction, rule: AlertRule) -> None:
    body = msgspec.json.encode(rule).decode()
    changed = {"body": body, "updated_at": transaction.now, "version": alert_rules.c.version + 1}
    known = update(alert_rules).where(alert_rules.c.name == rule.name).values(changed)
    if transaction.execute(known).rowcount == 0:
        transaction.execute(
            insert(alert_rules).values({**_new(transaction), "name": rule.name, "body": body})
        )


def remove_rule(transaction: Transaction, name: str) -> bool:
    return transaction.execute(delete(alert_rules).where(alert_rules.c.name == name)).rowcount > 0


def count_rules(transaction: Transaction) -> int:
    return int(transaction.execute(select(func.count()).select_from(alert_rules)).scalar_one())


def count_silences(transaction: Transaction) -> int:
    lasting = alert_silences.c.until > transaction.now
    return int(
        transaction.execute(select(func.count()).select_from(alert_silences).where(lasting)).scalar_one()
    )


def put_silence(transaction: Transaction, silence: AlertSilence) -> None:
    body = msgspec.json.encode(silence).decode()
    row = {**_new(transaction), "id": silence.id, "body": body, "until": silence.until}
    transaction.execute(insert(alert_silences).values(row))


def remove_silence(transaction: Transaction, silence_id: str) -> bool:
    return transaction.execute(delete(alert_silences).where(alert_silences.c.id == silence_id)).rowcount > 0


def _new(transaction: Transaction) -> dict[str, object]:
    return {
        "home_region": transaction.region,
        "version": 1,
        "created_at": transaction.now,
        "updated_at": transaction.now,
    }
