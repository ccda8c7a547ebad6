"""What may be wrong with a question, or with a file of indicators."""

from typing import ClassVar

from tidegate.core.errors import InvalidError, NotFoundError


class IndicatorNotFoundError(NotFoundError):
    code: ClassVar[str] = "indicator-not-found"


class IndicatorQueryError(InvalidError):
    """The question breaks a rule; the message names it."""

    code: ClassVar[str] = "indicator-query"


class IndicatorFileError(InvalidError):
    """A file of indicators is not as it must be; the message names file, indicator and fault."""

    code: ClassVar[str] = "indicator-file"
