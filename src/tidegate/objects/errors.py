"""What can go wrong with an object store, as nouns that hold data."""

import errno

from tidegate.core.errors import TidegateError


class ObjectsError(TidegateError):
    """Base of every object store error."""

    code = "objects-failed"


class ObjectKeyError(ObjectsError):
    code = "object-key-invalid"
    status = 400


class ObjectNotFoundError(ObjectsError):
    code = "object-not-found"
    status = 404


class ObjectsFullError(ObjectsError):
    code = "objects-full"
    status = 507
    retryable = True


class ObjectsDeniedError(ObjectsError):
    code = "objects-denied"
    retryable = True


class ObjectsBusyError(ObjectsError):
    code = "objects-busy"
    status = 503
    retryable = True


class ObjectsUnavailableError(ObjectsError):
    code = "objects-unavailable"
    status = 503
    retryable = True


def from_os_error(error: OSError, where: str) -> ObjectsError:
    """The `ObjectsError` that says what `error` means for who runs the store at `where`."""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ObjectsFullError(
            f"No space is left under {where}.",
            hint="Free space on that disk, or move the data folder.",
            where=where,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ObjectsDeniedError(
            f"Writing under {where} is not permitted: {reason}.",
            hint="Give the user that runs Tidegate write permission there.",
            where=where,
        )
    return ObjectsUnavailableError(
        f"The disk under {where} answered: {reason}.",
        hint="Look at the disk and the system log.",
        where=where,
    )
