"""Why a beacon is refused; what cannot be read is in `cmcd.py`, what is about its token in `tokens.py`."""

from typing import ClassVar

from tidegate.core.errors import (
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    TidegateError,
    UnavailableError,
)


class BeaconsOffError(TidegateError):
    """Reports are not wanted: a player stops reporting to this address for good (CTA-5004-A, event mode)."""

    code: ClassVar[str] = "beacons-off"
    status: ClassVar[int] = 410


class BeaconChannelError(NotFoundError):
    code: ClassVar[str] = "beacon-channel"


class BeaconSessionError(ForbiddenError):
    """Every report in the beacon names another session than its address is for."""

    code: ClassVar[str] = "beacon-session"


class TooManyReportsError(RateLimitedError):
    code: ClassVar[str] = "too-many-reports"


class TooManySessionsError(UnavailableError):
    code: ClassVar[str] = "too-many-playback-sessions"


class BeaconTooLargeError(TidegateError):
    code: ClassVar[str] = "beacon-too-large"
    status: ClassVar[int] = 413
