"""What can be refused about a setting, besides its value (`core.settings`)."""

from tidegate.core.errors import InvalidError, NotFoundError


class SettingPlaceError(InvalidError):
    """The setting cannot have a value of its own there."""

    code = "setting-place"


class SettingShareError(InvalidError):
    code = "setting-share"


class TooManyOverridesError(InvalidError):
    code = "too-many-overrides"


class TooManyChangesError(InvalidError):
    code = "too-many-changes"


class HistoryRangeError(InvalidError):
    """What is asked of the history cannot be answered."""

    code = "history-range"


class ChangeNotFoundError(NotFoundError):
    code = "change-not-found"
