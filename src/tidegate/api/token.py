"""The admin token: made at first start, kept in one file that only its owner may read.

In memory there is only its SHA-256: the token has 160 random bits, so nothing slower is needed (see
`media/channels/keys.py` for the argument).
"""

import hashlib
import hmac
from pathlib import Path

from tidegate.core.errors import UnavailableError
from tidegate.core.ids import random_token
from tidegate.media.access.secret_file import SecretFileError, open_secret_file

FILE_NAME = "admin-token"
_BITS = 160
_SHORTEST = 16
"""Characters. An operator may put a token of their own into the file; anything shorter could be guessed."""


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
        token = open_secret_file(path, f"tga_{random_token(_BITS)}\n".encode).strip()
    except SecretFileError as error:
        raise TokenFileError(error.message, hint=error.hint) from error
    if len(token) < _SHORTEST or not token.isascii():
        raise TokenFileError(
            f"{path} holds no admin token of at least {_SHORTEST} ASCII characters.",
            hint="Delete the file to have a new token made at the next start.",
        )
    return AdminToken(token.decode())
