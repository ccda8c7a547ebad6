"""Secrets at rest: AES-256-GCM under a key derived from the installation's secret, bound to what each belongs to.

A copy of the database alone tells no secret; the file beside it is needed too.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tidegate.core.errors import UnavailableError
from tidegate.webhooks.signing import PREFIX

_NONCE_BYTES = 12


class SealedSecretError(UnavailableError):
    """It was sealed under another installation's secret."""

    code = "sealed-secret"
    retryable = False


class Seal:
    """Seals and opens secrets."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._cipher = AESGCM(self._derive("webhook secrets"))

    def seal(self, text: str, owner: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """What was sealed for `owner`.

        Raises:
            SealedSecretError: not under this secret, or not for this owner.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, ValueError):
            raise SealedSecretError(
                "The endpoint's secret cannot be read.",
                hint="The file `secret` in the data folder is another than when it was made: make the endpoint anew.",
            ) from None

    def hook_secret(self) -> str:
        """The secret that requests of the publish hook are signed with: the same as long as the installation's is."""
        return PREFIX + base64.b64encode(self._derive("publish hook")).decode()

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=f"tidegate {purpose}".encode()).derive(self._secret)
