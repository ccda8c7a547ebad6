"""What receivers are told of an alert, and when they are not. Pure.

Whether they know is kept with the alert and written in the transaction that emits the event, so that a restart neither forgets nor
repeats one. A silence that ends while the alert still fires lets it be told then; an acknowledgement that runs out lets it be told again.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec.structs import replace

from tidegate.governance.alerts.types import Alert, AlertSilence

Event = Literal["", "firing", "resolved"]


def tell(alert: Alert, silences: Iterable[AlertSilence], now: float) -> tuple[Alert, Event]:
    """The alert with what receivers know by now, and the event that makes them know it."""
    alert = silenced(alert, silences, now)
    if alert.state == "resolved" and alert.told:
        return replace(alert, told=False), "resolved"
    if alert.state != "firing":
        return alert, ""
    ran_out = alert.acknowledged is not None and 0 < alert.acknowledged.until <= now
    if ran_out:
        alert = replace(alert, acknowledged=None, reminded=alert.told)
    if alert.silenced_by or (alert.told and not ran_out):
        return alert, ""
    return replace(alert, told=True), "firing"


def silenced(alert: Alert, silences: Iterable[AlertSilence], now: float) -> Alert:
    """The alert with the silence that is longest about it, or with none."""
    about = [each for each in silences if now < each.until and silences_alert(each, alert)]
    longest = max(about, key=lambda each: each.until, default=None)
    if longest is None:
        return replace(alert, silenced_by="", silenced_until=0.0)
    return replace(alert, silenced_by=longest.id, silenced_until=longest.until)


def silences_alert(silence: AlertSilence, alert: Alert) -> bool:
    """Whether a silence is about the whole of an alert."""
    if silence.rule not in {"", alert.rule}:
        return False
    slices = [member.slice for member in alert.members] if not alert.more else [alert.slice]
    for name, value in silence.slice.items():
        if alert.slice.get(name) == value:
            continue
        if not slices or any(slice_.get(name) != value for slice_ in slices):
            return False
    return True
