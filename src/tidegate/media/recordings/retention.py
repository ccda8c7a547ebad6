"""Which recordings go: a pure rule over what there is, what the channel's owner has set and how full the disk is.

In: recordings and policies. Out: those to remove, each with the reason in words. A recording that grows or is kept never goes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from tidegate.media.recordings.types import Recording

DAY_S = 86_400.0
GB = 10**9


class RetentionPolicy(msgspec.Struct, frozen=True):
    """A channel's. `days`: age at which a recording goes, 0: never. `max_gb`: of all recordings together, 0: any size."""

    days: float = 0.0
    max_gb: float = 0.0


class Disk(msgspec.Struct, frozen=True):
    """The disk that recordings fill, bytes. `floor_bytes`: what is to stay free."""

    free_bytes: int
    floor_bytes: int


class Removal(NamedTuple):
    recording: Recording
    reason: str


def removals(
    recordings: Iterable[Recording], policy: Callable[[str], RetentionPolicy], now: float, disk: Disk | None
) -> list[Removal]:
    """What is to go at wall time `now`, the oldest first; `disk` is None where removing frees none."""
    rest = sorted(recordings, key=lambda recording: recording.started_at)
    used: defaultdict[str, int] = defaultdict(int)
    for recording in rest:
        used[recording.channel] += recording.bytes
    going: list[Removal] = []
    freed = 0
    for recording in rest:
        if recording.keep or recording.state in ("growing", "making"):
            continue
        reason = _reason(recording, policy(recording.channel), now, used[recording.channel])
        if not reason and disk is not None and disk.free_bytes + freed < disk.floor_bytes:
            reason = f"less than {disk.floor_bytes / GB:.1f} GB of the disk are free"
        if reason:
            going.append(Removal(recording, reason))
            used[recording.channel] -= recording.bytes
            freed += recording.bytes
    return going


def _reason(recording: Recording, policy: RetentionPolicy, now: float, used: int) -> str:
    if policy.days and now - recording.ended_at >= policy.days * DAY_S:
        return f"older than {policy.days:g} days"
    if policy.max_gb and used > policy.max_gb * GB:
        return f"the channel's recordings take more than {policy.max_gb:g} GB"
    return ""
