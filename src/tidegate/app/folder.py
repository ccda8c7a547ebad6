"""The data folder: made private, owned by one server at a time, and told where that server answers."""

import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from tidegate.core.errors import ConflictError, TidegateError

ADDRESS_FILE = "address"
"""Where a running server writes its URL, so that the CLI finds it without being told."""
LOCK_FILE = "lock"
INDICATORS_FOLDER = "indicators"
"""An operator's own indicators, beside the release's."""


class FolderError(TidegateError):
    """The data folder cannot be used."""

    code = "bad-data-folder"


class AlreadyRunningError(ConflictError):
    """Another server owns this data folder."""

    code = "already-running"


def unusable(path: Path, error: OSError) -> FolderError:
    """What to say where `path`, the data folder or something in it, refuses."""
    return FolderError(
        f"The data folder cannot be used: {path}: {error.strerror}.",
        hint="Check who owns it and that its disk has room, or choose another with --data DIR.",
    )


class DataFolder:
    """Holds the folder's lock from entering to leaving; the kernel lets go of it even after kill -9."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unusable(self.path, error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = None
            raise AlreadyRunningError(
                f"A Tidegate already runs on {self.path}.",
                hint="Stop it, or choose another folder with --data DIR.",
            ) from None
        return self

    def announce(self, url: str) -> None:
        """Write where this server answers, for the CLI.

        Raises:
            FolderError: it cannot be written.
        """
        path = self.path / ADDRESS_FILE
        try:
            path.write_text(f"{url}\n")
        except OSError as error:
            raise unusable(path, error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            with contextlib.suppress(OSError):  # what is left is overwritten at the next start
                (self.path / ADDRESS_FILE).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None
