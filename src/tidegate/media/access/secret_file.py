"""A secret in a file that only its owner may read: made once, whole or not at all, and the same for two that start at once."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import structlog

from tidegate.core.errors import UnavailableError
from tidegate.core.ids import random_token

_OWNER_ONLY = 0o600

_log = structlog.get_logger()


class SecretFileError(UnavailableError):
    code = "bad-secret-file"


def open_secret_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """What is in the file at `path`, which gets what `make` gives where there is none.

    A file that others may read is closed to them.

    Raises:
        SecretFileError: it cannot be read or written.
    """
    try:
        if not path.exists():
            write_secret_file(path, make(), replace=False)
        mode = path.stat().st_mode
        if mode & 0o077:
            _log.warning("secret_was_readable_by_others", path=str(path), mode=oct(mode & 0o777))
            path.chmod(_OWNER_ONLY)
        return path.read_bytes()
    except OSError as error:
        raise SecretFileError(
            f"The secret in {path} cannot be used: {error}.", hint="Check who owns the data folder."
        ) from error


def write_secret_file(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a whole file aside, then put it in its place: nobody ever reads half a secret.

    Without `replace` the first of two that write at once wins.

    Raises:
        OSError: it cannot be written.
    """
    aside = path.with_name(f".{path.name}.{random_token(40)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            aside.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)
