"""Why the door refuses. Each message is the body of the answer: short, one or two sentences."""

from typing import ClassVar

from tidegate.core.errors import ConflictError, InvalidError, NotFoundError, TidegateError, UnauthorizedError


class MalformedRequestError(InvalidError):
    """The bytes are no HTTP request."""

    code: ClassVar[str] = "bad-request"


class NoSuchDoorError(NotFoundError):
    """The path is none of a track."""

    code: ClassVar[str] = "no-such-door"


class NoKeyError(UnauthorizedError):
    """No key came with the request: clients of Basic ask once without it, so this is no attempt."""

    code: ClassVar[str] = "no-key"


class MethodError(TidegateError):
    code: ClassVar[str] = "method-not-allowed"
    status: ClassVar[int] = 405


class TrackRefusedError(ConflictError):
    """The channel gets such a track already."""

    code: ClassVar[str] = "track-refused"


class TakenOverError(ConflictError):
    """A newer upload, or a newer publisher, has the place."""

    code: ClassVar[str] = "taken-over"
