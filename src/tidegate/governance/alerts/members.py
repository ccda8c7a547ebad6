"""One slice from look to look: pending, firing, over. Pure: a member, a verdict and the time in, a member or none out."""

from typing import Final

from msgspec.structs import replace

from tidegate.governance.alerts.conditions import Verdict
from tidegate.governance.alerts.types import AlertMember, Slice

KEPT_WITHOUT_DATA_S: Final = 86_400.0
"""How long an alert is kept whose slice says nothing any more; then the slice counts as gone."""


def step(
    member: AlertMember | None,
    slice_: Slice,
    verdict: Verdict,
    *,
    now: float,
    for_s: float,
    calm_s: float,
) -> AlertMember | None:
    """The slice after this look; None where nothing is wrong with it, or no longer.

    It must be bad for `for_s` before it fires, and fine for `calm_s` before it is over.
    """
    if verdict.finding == "bad":
        return _bad(member, slice_, verdict, now, for_s)
    if member is None:
        return None
    if verdict.finding == "unknown":
        kept = replace(member, seen_at=member.seen_at if verdict.value is None else now)
        return None if is_gone(kept, now) else kept
    return _fine(member, verdict, now, calm_s)


def is_gone(member: AlertMember, now: float) -> bool:
    """Whether nothing has been heard of the slice for so long that it counts as gone."""
    return now - max(member.seen_at, member.since) >= KEPT_WITHOUT_DATA_S


def shifted(member: AlertMember, gap_s: float) -> AlertMember:
    """The same member, as if the last `gap_s` had not been: time in which nobody looked proves nothing."""
    return replace(
        member,
        since=member.since if member.fired_at else member.since + gap_s,
        fine_since=member.fine_since + gap_s if member.fine_since else 0.0,
    )


def _bad(
    member: AlertMember | None, slice_: Slice, verdict: Verdict, now: float, for_s: float
) -> AlertMember:
    known = member or AlertMember(slice=dict(slice_), since=now)
    fired_at = known.fired_at or (now if now - known.since >= for_s else 0.0)
    return replace(
        known,
        fired_at=fired_at,
        fine_since=0.0,
        value=verdict.value,
        limit=verdict.limit,
        seen_at=known.seen_at if verdict.value is None else now,
    )


def _fine(member: AlertMember, verdict: Verdict, now: float, calm_s: float) -> AlertMember | None:
    if not member.fired_at:
        return None
    fine_since = member.fine_since or now
    if now - fine_since >= calm_s:
        return None
    seen_at = member.seen_at if verdict.value is None else now
    return replace(member, fine_since=fine_since, seen_at=seen_at)
