"""What may be wrong with a rule, or with a wish about an alert."""

from typing import ClassVar

from tidegate.core.errors import ConflictError, InvalidError, NotFoundError


class RuleInvalidError(InvalidError):
    """A rule is not as it must be; the message names it and the fault."""

    code: ClassVar[str] = "alert-rule"


class RuleNotFoundError(NotFoundError):
    code: ClassVar[str] = "alert-rule-not-found"


class AlertNotFoundError(NotFoundError):
    code: ClassVar[str] = "alert-not-found"


class AlertOverError(ConflictError):
    """There is nothing to acknowledge: the alert is over."""

    code: ClassVar[str] = "alert-over"


class SilenceInvalidError(InvalidError):
    code: ClassVar[str] = "alert-silence"


class SilenceNotFoundError(NotFoundError):
    code: ClassVar[str] = "alert-silence-not-found"


class TooManyRulesError(ConflictError):
    code: ClassVar[str] = "too-many-alert-rules"


class TooManySilencesError(ConflictError):
    code: ClassVar[str] = "too-many-alert-silences"
