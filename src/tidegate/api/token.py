"""The admin token: made at first start, kept in one file that only its owner may read.

In memory there is only its SHA-256: the token has 160 random bits, so nothing slower is needed (see
`media/channels/keys.py` for the argument).
"""

import contextlib
import hashlib
import hmac
import os
from pathlib import Path

import structlog

from tidegate.core.errors import UnavailableError
from tidegate.core.ids import random_token

FILE_NAME = "admin-token"
_BITS = 160
_OWNER_ONLY = 0o600
_SHORTEST = 16
"""Characters. An operator may put a token of their own into the file; anything shorter could be guessed."""

_log = structlog.get_logger()


class TokenFileError(UnavailableError):
    """The file that holds the admin token cannot be used; nothing can be administered."""

    code = "bad-token-file"


class AdminToken:
    """Knows whether a text is the admin token, without knowing the token."""

    def __init__(self, token: str) -> None:
        self._digest = hashlib.sha256(token.encode()).digest()

    def matches(self, text: str) -> bool:
        """Compare in a time that does not depend on where the two differ."""
        return hmac.compare_digest(
            hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), self._digest
        )


def open_admin_token(path: Path) -> AdminToken:
    """Read the token at `path`, making it first where there is none.

    Two processes starting at once agree on one token. A file that others may read is closed to them.

    Raises:
        TokenFileError: it cannot be read or written, or holds no token.
    """
    try:
        if not path.exists():
            _create(path)
        mode = path.stat().st_mode
        if mode & 0o077:
            _log.warning("admin_token_was_readable_by_others", path=str(path), mode=oct(mode & 0o777))
            path.chmod(_OWNER_ONLY)
        token = path.read_bytes().strip()
    except OSError as error:
        raise TokenFileError(
            f"The admin token in {path} cannot be used: {error}.", hint="Check who owns the data folder."
        ) from error
    if len(token) < _SHORTEST or not token.isascii():
        raise TokenFileError(
            f"{path} holds no admin token of at least {_SHORTEST} ASCII characters.",
            hint="Delete the file to have a new token made at the next start.",
        )
    return AdminToken(token.decode())


def _create(path: Path) -> None:
    """Write a whole file aside, then link it into place: nobody ever reads half a token, and the first one wins."""
    aside = path.with_name(f".{path.name}.{random_token(40)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"tga_{random_token(_BITS)}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()
