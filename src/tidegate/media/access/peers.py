"""The secret by which edges of one installation know each other: made at first start, kept in one file, sent as a bearer.

Whoever has it is served every channel without a playback token, and reads the policy by which to ask viewers for one.
"""

import hashlib
import hmac
from pathlib import Path
from typing import Final

from tidegate.core.errors import UnavailableError
from tidegate.core.ids import random_token
from tidegate.media.access.secret_file import open_secret_file

FILE_NAME: Final = "edge-token"
_BITS = 160
_SHORTEST = 16
_SCHEME = b"bearer "


class EdgeTokenFileError(UnavailableError):
    code = "bad-edge-token-file"


class PeerToken:
    """Knows whether a header carries the token, without knowing the token."""

    def __init__(self, token: bytes) -> None:
        self._digest = hashlib.sha256(token).digest()

    def in_header(self, authorization: bytes) -> bool:
        """Compare in a time that does not depend on where the two differ."""
        scheme, token = authorization[: len(_SCHEME)], authorization[len(_SCHEME) :].strip()
        same = hmac.compare_digest(hashlib.sha256(token).digest(), self._digest)
        return same and scheme.lower() == _SCHEME


def open_peer_token(path: Path) -> PeerToken:
    """Read the token at `path`, making it first where there is none.

    Raises:
        SecretFileError: it cannot be read or written.
        EdgeTokenFileError: it holds no token.
    """
    token = open_secret_file(path, f"tge_{random_token(_BITS)}\n".encode).strip()
    if len(token) < _SHORTEST or not token.isascii():
        raise EdgeTokenFileError(
            f"{path} holds no token of at least {_SHORTEST} ASCII characters.",
            hint="Delete the file to have a new one made at the next start, and give it to every edge.",
        )
    return PeerToken(token)
