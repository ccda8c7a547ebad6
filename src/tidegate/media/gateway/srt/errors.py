"""Why the gateway refuses a publisher. SRT carries a number to the publisher's log; the sentence goes to the studio."""

from typing import ClassVar

from tidegate.core.errors import (
    ConflictError,
    RateLimitedError,
    TidegateError,
    UnauthorizedError,
    UnavailableError,
)
from tidegate.media.gateway.srt import protocol


class SrtRefusedError(TidegateError):
    """The handshake asks for something that is not served; `reason` is its number in SRT."""

    code: ClassVar[str] = "srt-refused"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, hint: str = "", reason: int = protocol.BAD_REQUEST) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class PassphraseError(TidegateError):
    """The publisher encrypts with another passphrase, or without one, or where none is expected."""

    code: ClassVar[str] = "srt-passphrase"
    status: ClassVar[int] = 401

    def __init__(self, message: str, *, hint: str = "", reason: int = protocol.WRONG_PASSPHRASE) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


def wrong_passphrase() -> PassphraseError:
    return PassphraseError(
        "The SRT passphrase is not right.",
        hint="Give the encoder the passphrase that this server is set up with.",
    )


def reason(error: TidegateError) -> int:
    """The number that tells the publisher's library of `error`."""
    if isinstance(error, (SrtRefusedError, PassphraseError)):
        return error.reason
    if isinstance(error, UnauthorizedError):
        return protocol.UNAUTHORIZED
    if isinstance(error, ConflictError):
        return protocol.CONFLICT
    if isinstance(error, RateLimitedError):
        return protocol.FORBIDDEN
    if isinstance(error, UnavailableError):
        return protocol.DOWN
    return protocol.INTERNAL_ERROR
