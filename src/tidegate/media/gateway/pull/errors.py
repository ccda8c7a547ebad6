"""Why a source is not pulled."""

from typing import ClassVar

from tidegate.core.errors import ForbiddenError, InvalidError, NotFoundError, UnavailableError


class SourceError(InvalidError):
    """The address is none that can be pulled from."""

    code: ClassVar[str] = "bad-source"


class SourceForbiddenError(ForbiddenError):
    """The configuration does not allow this source."""

    code: ClassVar[str] = "source-forbidden"


class SourceUnavailableError(UnavailableError):
    """The source does not answer, or what it sends cannot be used."""

    code: ClassVar[str] = "source-unavailable"


class PullNotFoundError(NotFoundError):
    """The channel has no source."""

    code: ClassVar[str] = "pull-not-found"
