"""What a recording and a clip are, and how their names come of each other."""

import re
from typing import Literal

import msgspec

from tidegate.core.errors import ConflictError, InvalidError, NotFoundError

RecordingState = Literal["growing", "ready", "partial", "making", "failed"]
"""growing: its broadcast runs · ready: whole · partial: something of it could not be stored, or its server was killed at the
end; what is missing is marked · making: a clip that is being cut · failed: one that could not be."""

RECORDING_ID = re.compile(r"rec_[a-z0-9][a-z0-9-]{0,30}_[0-9a-z]{4,40}\Z")
_BROADCAST_ID = re.compile(r"bro_([a-z0-9][a-z0-9-]{0,30}_[0-9a-z]{4,40})\Z")


class RecordingNotFoundError(NotFoundError):
    code = "recording-not-found"

    def __init__(self, recording: str) -> None:
        super().__init__(
            f"There is no recording {recording[:80]!r}.",
            hint="`tidegate recording list` names them all; it may have been removed by its retention.",
            recording=recording[:80],
        )


class RecordingGrowsError(ConflictError):
    code = "recording-grows"

    def __init__(self, recording: str) -> None:
        super().__init__(
            f"The recording {recording!r} still grows.",
            hint="Wait until its broadcast has ended, or hang up on the publisher.",
            recording=recording,
        )


class Recording(msgspec.Struct, frozen=True):
    """One broadcast, kept; or a clip of one.

    Attributes:
        source: the recording that a clip was cut from, empty for a broadcast's own.
        reason: why a clip failed; empty else.
        started_at, ended_at: wall time of the broadcast, seconds since the Unix epoch; `ended_at` is 0 while it grows.
        duration_s: of its media, gaps included.
        gap_s: how much of it is missing.
        bytes: of its media.
        keep: retention does not remove it.
        version: counts changes, for compare-and-swap.
    """

    id: str
    channel: str
    title: str
    state: RecordingState
    started_at: float
    ended_at: float
    duration_s: float
    gap_s: float
    bytes: int
    keep: bool
    home_region: str
    version: int
    source: str
    reason: str

    @property
    def broadcast(self) -> str:
        return broadcast_of(self.id)


class RecordingEvent(msgspec.Struct, frozen=True):
    """Outbox event: what has become of a recording, or of a clip of `source`."""

    recording: str
    channel: str
    change: Literal["started", "ready", "partial", "failed", "updated", "deleted"]
    duration_s: float = 0.0
    reason: str = ""
    source: str = ""


def recording_of(broadcast: str) -> str:
    """The recording of a broadcast: of the same name but for its kind.

    Raises:
        InvalidError: it is no broadcast's id.
    """
    match = _BROADCAST_ID.match(broadcast)
    if match is None:
        raise InvalidError(f"{broadcast[:80]!r} is not a broadcast's id.")
    return f"rec_{match[1]}"


def broadcast_of(recording: str) -> str:
    """The broadcast that a recording is of.

    Raises:
        RecordingNotFoundError: it is no recording's id.
    """
    if RECORDING_ID.match(recording) is None:
        raise RecordingNotFoundError(recording)
    return "bro_" + recording.removeprefix("rec_")
