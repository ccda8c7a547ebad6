"""A rule, what it found, and who is told: values that travel between evaluator, store, API and webhooks."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidegate.governance.indicators.types import RunQuery

Severity = Literal["error", "warning", "info"]

AlertState = Literal["pending", "firing", "resolved"]
"""pending: bad, but not for long enough · firing · resolved: it was firing and is over. What is fine has no alert."""

NoData = Literal["ok", "keep", "fire"]
"""What it means that a slice has no data. ok: nothing is wrong · keep: nobody knows, so an alert stays as it is ·
fire: that is what is wrong."""

Slice = tuple[tuple[str, str], ...]
"""Dimensions and their values, in the rule's order."""

Seconds = Annotated[int, Meta(ge=0, le=604_800)]
Window = Annotated[int, Meta(ge=10, le=86_400, multiple_of=10)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,63}$")]
Dimension = Annotated[str, Meta(min_length=1, max_length=40)]
Text = Annotated[str, Meta(min_length=1, max_length=600)]


class Threshold(msgspec.Struct, frozen=True, tag_field="kind", tag="threshold", forbid_unknown_fields=True):
    """Bad while the value is over `above`, or under `below`; fine again only past `clear` (hysteresis)."""

    above: float | None = None
    below: float | None = None
    clear: float | None = None


class Rate(msgspec.Struct, frozen=True, tag_field="kind", tag="rate", forbid_unknown_fields=True):
    """Bad while the value is `rises_by` above, or `falls_by` below, what it was `over_s` earlier, as a share of that.

    Attributes:
        clear: the change at which it is fine again, likewise a share; less than the other.
    """

    rises_by: Annotated[float, Meta(gt=0)] | None = None
    falls_by: Annotated[float, Meta(gt=0, le=1)] | None = None
    over_s: Window = 600
    clear: Annotated[float, Meta(ge=0)] | None = None


class Band(msgspec.Struct, frozen=True, tag_field="kind", tag="band", forbid_unknown_fields=True):
    """Bad while the value is outside of what it was at the same time on the days, or weeks, before.

    The band is the median ± `width` × 1.4826 × the median absolute deviation (Hampel 1974), and never narrower than `floor`.

    Attributes:
        periods: how many days or weeks are looked at; `minimum` of them must have data, else nothing is said.
        clear_width: fine again inside of this narrower band.
    """

    side: Literal["above", "below", "both"]
    every: Literal["day", "week"] = "day"
    periods: Annotated[int, Meta(ge=3, le=28)] = 7
    minimum: Annotated[int, Meta(ge=3, le=28)] = 4
    width: Annotated[float, Meta(gt=0, le=100)] = 4.0
    clear_width: Annotated[float, Meta(gt=0, le=100)] = 3.0
    floor: Annotated[float, Meta(ge=0)] = 0.0


class Absent(msgspec.Struct, frozen=True, tag_field="kind", tag="absent", forbid_unknown_fields=True):
    """Bad while there are no data where some are expected."""


Condition = Threshold | Rate | Band | Absent


class Guard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Only slices in which this other indicator is at least so much are looked at, and only they are expected to have data."""

    indicator: str
    at_least: float


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a rule but its name.

    Attributes:
        indicator: whose value is looked at, over the last `window_s`, for each slice of `by`.
        where: only these values of a dimension.
        group: a part of `by`: slices alike in these become one alert.
        for_s: so long it must be bad before the alert fires.
        calm_s: so long it must be fine before the alert is over.
        expect_s: without a guard, a slice is expected to have data when it had some in so many seconds.
        sentence: with `{value}`, `{limit}` and `{slice}`.
        fix: what to do about it.
    """

    title: Annotated[str, Meta(min_length=1, max_length=120)]
    indicator: Annotated[str, Meta(min_length=1, max_length=80)]
    condition: Condition
    severity: Severity
    no_data: NoData
    sentence: Text
    fix: Text
    by: tuple[Dimension, ...] = ()
    where: Annotated[
        dict[
            Dimension,
            Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(min_length=1, max_length=100)],
        ],
        Meta(max_length=8),
    ] = {}
    group: tuple[Dimension, ...] = ()
    guard: Guard | None = None
    window_s: Window = 60
    for_s: Seconds = 60
    calm_s: Seconds = 60
    expect_s: Window = 3600
    enabled: bool = True


class AlertRule(RuleBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to look out for."""

    name: Name


class RuleStatus(msgspec.Struct, frozen=True):
    """A rule as it is in effect.

    Attributes:
        origin: `release`: as it came · `changed`: the operator's, in place of the release's · `own`: the operator's alone.
        problem: why it could not be looked at last time; empty where it could.
        firing, pending: alerts of it now.
    """

    rule: AlertRule
    origin: Literal["release", "changed", "own"]
    problem: str = ""
    firing: int = 0
    pending: int = 0


class AlertMember(msgspec.Struct, frozen=True, kw_only=True):
    """One slice of an alert.

    Attributes:
        since: when it was first seen bad; `fired_at` when that had lasted for long enough, 0 while pending.
        fine_since: since when it is fine again, while that is too short to be over; 0 while bad.
        seen_at: when there were data last.
        value, limit: as it was last bad, in the indicator's unit; null where there were no data, or the rule has no limit.
    """

    slice: dict[str, str]
    since: float
    fired_at: float = 0.0
    fine_since: float = 0.0
    seen_at: float = 0.0
    value: float | None = None
    limit: float | None = None

    @property
    def key(self) -> Slice:
        return tuple(self.slice.items())

    @property
    def state(self) -> Literal["pending", "firing"]:
        return "firing" if self.fired_at else "pending"


class Acknowledgement(msgspec.Struct, frozen=True):
    """Somebody has taken it on. Past `until` (0: never) a firing alert is told once more."""

    who: str
    at: float
    until: float = 0.0
    note: str = ""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule found in slices alike: one alert, however many they are and however often it is looked.

    Attributes:
        id: the same for the same rule and slice, for good.
        slice: what its members have in common.
        members: slices that are bad, worst first; `more` beyond those kept.
        sentence, value, limit: of the worst.
        since: when it was first seen bad. `fired_at`, `resolved_at`: 0 where not, or not yet.
        checked_at: when it was last looked at with success.
        ended: why it is over, where that is not that all is fine.
        no_data: its worst member has no data now.
        opened: when it fired, of the last times; `flapping`: so often that its end is waited for longer.
        told: whether receivers know that it fires. `reminded`: they were told again, an acknowledgement having run out.
        silenced_by: the silence that keeps it from being told, until `silenced_until`; empty and 0 where none does.
        link: into the console, path and query. `query`: what its value can be asked for again by.
    """

    id: str
    rule: str
    title: str
    severity: Severity
    state: AlertState
    slice: dict[str, str]
    members: tuple[AlertMember, ...]
    indicator: str
    unit: str
    sentence: str
    fix: str
    value: float | None
    limit: float | None
    since: float
    checked_at: float
    more: int = 0
    fired_at: float = 0.0
    resolved_at: float = 0.0
    ended: str = ""
    no_data: bool = False
    opened: tuple[float, ...] = ()
    flapping: bool = False
    told: bool = False
    reminded: bool = False
    silenced_by: str = ""
    silenced_until: float = 0.0
    acknowledged: Acknowledgement | None = None
    link: str = ""
    query: RunQuery | None = None


class AlertSilence(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that match are not told until then. They are still found and shown.

    Attributes:
        rule: the one it is about; empty: all.
        slice: values an alert, or each of its members, must have.
    """

    id: str
    rule: str
    slice: dict[str, str]
    who: str
    reason: str
    at: float
    until: float
