"""What people read of an alert: where it is, one sentence, and the way to it in the console. Pure."""

import hashlib
from typing import Final
from urllib.parse import urlencode

from tidegate.governance.alerts.types import Absent, AlertMember, AlertRule, Condition, Slice, Threshold
from tidegate.governance.quantities import worded

PLACEHOLDERS: Final = frozenset({"value", "limit", "slice"})
MARGIN_S: Final = 1800.0
"""How much of the time before and after an alert its link shows."""
CONSOLE: Final = "/console"
OWN: Final = {"blind_s": ("rule",)}
"""What the evaluator knows by itself, with its dimensions: for how long a rule could not be looked at."""


def where(slice_: Slice, others: int = 0) -> str:
    """A slice in words, such as `region eu-west, channel demo and 2 more`."""
    place = ", ".join(f"{name} {value or '(none)'}" for name, value in slice_) or "the whole platform"
    return f"{place} and {others} more" if others else place


def sentence(rule: AlertRule, unit: str, worst: AlertMember, others: int) -> str:
    """What is wrong, in one sentence."""
    place = where(worst.key, others)
    if worst.value is None and not isinstance(rule.condition, Absent):
        return f"There are no data for {rule.indicator} in {place}; the rule is: {rule.title}."
    words = {"value": worded(worst.value, unit), "limit": worded(worst.limit, unit), "slice": place}
    text = rule.sentence
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text + _better(rule.condition, unit, worst.value)


def _better(condition: Condition, unit: str, value: float | None) -> str:
    """Why an alert goes on whose value is back inside of its limit: it is over at a narrower one."""
    if not isinstance(condition, Threshold) or condition.clear is None or value is None:
        return ""
    fine = worded(condition.clear, unit)
    if condition.above is not None and value <= condition.above:
        return f" It is better now, and over at {fine} or less."
    if condition.below is not None and value >= condition.below:
        return f" It is better now, and over at {fine} or more."
    return ""


def link(indicator: str, slice_: Slice, since: float, until: float = 0.0) -> str:
    """Path and query in the console: the slice, the time around the alert, its indicator open.

    Around an alert that was over at `until`; up to now where that is 0. What the evaluator knows by itself has no chart.
    """
    if indicator in OWN:
        return f"{CONSOLE}/alerts"
    around = {"from": str(int(since - MARGIN_S)), "to": str(int(until + MARGIN_S))}
    ends = around if until else {"last": "3600"}
    return f"{CONSOLE}?{urlencode([*slice_, *ends.items(), ('show', indicator)])}"


def fingerprint(rule: str, slice_: Slice) -> str:
    """An alert's id: the same for the same rule and slice, whoever evaluates."""
    text = "\x1f".join([rule, *(f"{name}\x1e{value}" for name, value in sorted(slice_))])
    return f"alr_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
