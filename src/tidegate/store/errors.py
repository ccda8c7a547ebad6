"""What can go wrong with the system of record."""

from tidegate.core.errors import ConflictError, InvalidError, TidegateError, UnavailableError


class StoreUnavailableError(UnavailableError):
    """The database did not answer in time, is gone, or is asked for more than it can take."""

    code = "store-unavailable"


class StorageFullError(UnavailableError):
    """The database has no room left; it works again as soon as there is some."""

    code = "storage-full"
    status = 507


class VersionConflictError(ConflictError):
    """The row was changed since it was read; read it again and decide anew."""

    code = "version-conflict"
    retryable = True


class SchemaTooNewError(TidegateError):
    """The database was written by a newer release than this one."""

    code = "schema-too-new"


class BadDsnError(InvalidError):
    """The address of the store cannot be used."""

    code = "bad-store-address"


class DuplicateRowError(ConflictError):
    """A row with this key exists already."""

    code = "duplicate-row"
