"""SQLite's result codes (sqlite.org/rescode.html) as the store's errors."""

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError

from tidegate.store.errors import DuplicateRowError, StorageFullError, StoreUnavailableError

_HINTS = {
    "SQLITE_BUSY": "Another process holds the database; stop it, or try again.",
    "SQLITE_CANTOPEN": "Check that the data folder exists and belongs to the user who runs Tidegate.",
    "SQLITE_READONLY": "Check that the data folder may be written by the user who runs Tidegate.",
    "SQLITE_CORRUPT": "Restore a backup; the file is damaged.",
    "SQLITE_NOTADB": "The file is not a database; move it away, or restore a backup.",
    "SQLITE_IOERR": "Look whether its disk is full, then at the machine's log for disk errors.",
}


def translated(error: Exception, where: Path) -> Exception:
    """The error a caller should see for `error`; the same one where the database is not its cause.

    Args:
        error: what the driver, or a work, raised.
        where: the database file, for the message.
    """
    if isinstance(error, IntegrityError):
        return DuplicateRowError("A row with this key exists already.", hint="Read it and decide anew.")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return error
    name = getattr(cause, "sqlite_errorname", "")  # extended, such as SQLITE_IOERR_FSYNC
    if name.startswith("SQLITE_FULL"):
        return StorageFullError(
            f"There is no room left to write {where}.",
            hint="Free space on its disk; writing then works again.",
        )
    hint = next((text for prefix, text in _HINTS.items() if name.startswith(prefix)), "")
    if not hint:
        return error  # a statement that SQLite does not take: a mistake of ours, not the database's state
    return StoreUnavailableError(f"The database {where} cannot be used: {cause}.", hint=hint)
