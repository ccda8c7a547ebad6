"""What everyone may know about a channel's ladder: which renditions run, what they cost, why there is none."""

from typing import Literal

import msgspec

LadderState = Literal["off", "waiting", "starting", "running", "restarting", "refused", "failed"]
"""off: not wanted · waiting: wanted, nothing is live · starting · running · restarting: its process died ·
refused: it does not fit, or makes no sense here · failed: it does not stay up, and is tried again now and then."""


class RungStatus(msgspec.Struct, frozen=True):
    """One rendition, measured over the last seconds; `target_kbps` is what it is allowed."""

    name: str
    width: int
    height: int
    target_kbps: int
    kbps: float
    fps: float


class LadderStatus(msgspec.Struct, frozen=True):
    """One channel's ladder.

    Attributes:
        reason: why there is none, or what is wrong; one sentence, may be empty.
        hint: what to do about it.
        cpu_cores: processor it takes now, in cores.
        cost_cores: what it was admitted with.
        lag_s: how far its slowest rendition is behind the publisher's picture, seconds.
        restarts: of its process in this session.
    """

    state: LadderState
    reason: str = ""
    hint: str = ""
    encoder: str = ""
    preset: str = ""
    rungs: tuple[RungStatus, ...] = ()
    cpu_cores: float = 0.0
    cost_cores: float = 0.0
    rss_bytes: int = 0
    lag_s: float = 0.0
    restarts: int = 0


NO_LADDER = LadderStatus("off")
