"""PostgreSQL's error codes (PostgreSQL documentation, Appendix A) as the store's errors."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tidegate.store.errors import DuplicateRowError, StorageFullError, StoreUnavailableError

UNIQUE_VIOLATION = "23505"
DISK_FULL = "53100"
SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"

_AWAY = {
    "08": "Check that the database runs and can be reached from here.",
    "28": "Check user and password in the store's address.",
    "3D": "Create the database, or mend its name in the store's address.",
    "40": "Too many writes were in each other's way; try again in a moment.",
    "53": "The database is short of a resource; look at its log.",
    "57": "The database is restarting or was told to stop the request; try again in a moment.",
    "58": "Look at the database server's log for disk errors.",
}
"""Classes of errors that are the database's state, not a mistake in a statement, and what to do."""


def sqlstate(error: BaseException) -> str:
    """The five characters of SQLSTATE, empty where `error` brings none."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")


def translated(error: Exception) -> Exception:
    """The error a caller should see for `error`; the same one where the database is not its cause."""
    state = sqlstate(error)
    if state == UNIQUE_VIOLATION:
        return DuplicateRowError("A row with this key exists already.", hint="Read it and decide anew.")
    if state == DISK_FULL:
        return StorageFullError(
            "The database has no room left.", hint="Free space on its disk; writing then works again."
        )
    if hint := _AWAY.get(state[:2]):
        return StoreUnavailableError(f"The database did not do it: {_cause(error)}.", hint=hint)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, (OSError, TimeoutError, PoolTimeoutError)):
        return StoreUnavailableError(
            f"The database cannot be reached: {_cause(error) or type(error).__name__}.", hint=_AWAY["08"]
        )
    return error


def _cause(error: Exception) -> str:
    """One line without SQL and its parameters, which may hold what a log must not."""
    cause = getattr(error.orig, "__cause__", None) or error.orig if isinstance(error, DBAPIError) else error
    return str(cause).partition("\n")[0].rstrip(".")
