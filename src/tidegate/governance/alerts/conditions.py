"""Whether one value is bad. Pure: values in, verdict out; what was decided before decides with it (hysteresis)."""

from collections.abc import Sequence
from typing import Literal, assert_never

import msgspec

from tidegate.governance.alerts.band import band
from tidegate.governance.alerts.types import Absent, Band, Condition, NoData, Rate, Threshold

Finding = Literal["bad", "fine", "unknown"]


class Reading(msgspec.Struct, frozen=True):
    """What is known of one slice now.

    Attributes:
        value: null where there are no data.
        before: the value `Rate.over_s` earlier.
        history: values at the same time of earlier days or weeks, those that had data.
    """

    value: float | None
    before: float | None = None
    history: Sequence[float] = ()


class Verdict(msgspec.Struct, frozen=True):
    """`limit` is the one that was passed, or the nearer one, in the indicator's unit."""

    finding: Finding
    value: float | None = None
    limit: float | None = None


def judge(condition: Condition, no_data: NoData, reading: Reading, *, firing: bool) -> Verdict:
    """Judge one slice; one that is `firing` already is fine only past the narrower limit."""
    if isinstance(condition, Absent):
        return Verdict("bad" if reading.value is None else "fine", reading.value)
    if reading.value is None:
        meaning: dict[NoData, Finding] = {"ok": "fine", "keep": "unknown", "fire": "bad"}
        return Verdict(meaning[no_data])
    if isinstance(condition, Threshold):
        return _threshold(condition, reading.value, firing=firing)
    if isinstance(condition, Rate):
        return _rate(condition, reading.value, reading.before, firing=firing)
    if isinstance(condition, Band):
        return _band(condition, reading.value, reading.history, firing=firing)
    assert_never(condition)


def _threshold(condition: Threshold, value: float, *, firing: bool) -> Verdict:
    limit = condition.above if condition.above is not None else condition.below
    if limit is None:  # `rule_check` lets no such rule in
        return Verdict("unknown", value)
    past = limit if condition.clear is None or not firing else condition.clear
    bad = value > past if condition.above is not None else value < past
    return Verdict("bad" if bad else "fine", value, limit)


def _rate(condition: Rate, value: float, before: float | None, *, firing: bool) -> Verdict:
    """Without a value to compare with, or from nothing, there is no rate."""
    if before is None or before <= 0:
        return Verdict("unknown" if firing else "fine", value)
    by = condition.rises_by if condition.rises_by is not None else condition.falls_by
    if by is None:
        return Verdict("unknown", value)
    past = by if condition.clear is None or not firing else condition.clear
    rising = condition.rises_by is not None
    moved = (value / before - 1.0) if rising else (1.0 - value / before)
    limit = before * (1.0 + by if rising else 1.0 - by)
    return Verdict("bad" if moved > past else "fine", value, limit)


def _band(condition: Band, value: float, history: Sequence[float], *, firing: bool) -> Verdict:
    """With less history than the rule asks for nothing is bad, and what was bad stays."""
    if len(history) < condition.minimum:
        return Verdict("unknown" if firing else "fine", value)
    edges = band(history, condition.width, condition.floor)
    within = band(history, condition.clear_width, condition.floor) if firing else edges
    over = condition.side != "below" and value > within.high
    under = condition.side != "above" and value < within.low
    nearer_high = condition.side == "above" or (
        condition.side == "both" and abs(edges.high - value) <= abs(value - edges.low)
    )
    limit = edges.high if over or (nearer_high and not under) else edges.low
    return Verdict("bad" if over or under else "fine", value, limit)
