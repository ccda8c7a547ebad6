"""Errors are nouns that hold data: a stable code, a sentence, what to do next, and whether to try again.

Each domain derives one base from `TidegateError`; the API renders any of them as an RFC 9457 problem.
"""

from typing import ClassVar


class TidegateError(Exception):
    """Base of every error a person or another program may see.

    Attributes:
        code: stable, lower-case, hyphenated; never reworded once released.
        status: the HTTP status the API answers with.
        hint: what to do next, one sentence, may be empty.
        retryable: whether the same call may succeed later unchanged.
        data: facts a program can act on; never a secret.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "", **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.data = data

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class NotFoundError(TidegateError):
    code = "not-found"
    status = 404


class InvalidError(TidegateError):
    """The caller's input breaks a rule; the message names the rule."""

    code = "invalid"
    status = 400


class ConflictError(TidegateError):
    code = "conflict"
    status = 409


class UnauthorizedError(TidegateError):
    code = "unauthorized"
    status = 401


class ForbiddenError(TidegateError):
    code = "forbidden"
    status = 403


class RateLimitedError(TidegateError):
    code = "rate-limited"
    status = 429
    retryable = True


class UnavailableError(TidegateError):
    """Something this needs is away for now."""

    code = "unavailable"
    status = 503
    retryable = True
