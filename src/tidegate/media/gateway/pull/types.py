"""A pulled source: what is wanted, and how it goes."""

from typing import Literal

import msgspec

PullState = Literal["off", "connecting", "live", "retrying", "standby", "ended"]
"""off: not wanted now · connecting · live: frames arrive · retrying: it failed and is tried again soon · standby: a
publisher has taken the channel over; pulled again when that has gone · ended: a source of finite length has played."""


class Pull(msgspec.Struct, frozen=True):
    """What is wanted. The address may hold a secret: it stays out of `repr`.

    Attributes:
        loop: begin a source of finite length again at its end.
        version: counts every change.
    """

    channel: str
    url: str
    enabled: bool
    loop: bool
    version: int

    def __repr__(self) -> str:
        return f"Pull(channel={self.channel!r}, version={self.version})"


class PullStatus(msgspec.Struct, frozen=True):
    """How it goes.

    Attributes:
        since: wall time of the last change of state.
        reason: why it last failed, one sentence; empty where it did not.
        retry_at: wall time of the next try, 0 where none waits.
        failures: times in a row that it failed.
    """

    state: PullState = "off"
    since: float = 0.0
    reason: str = ""
    retry_at: float = 0.0
    failures: int = 0
