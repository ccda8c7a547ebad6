"""Media encrypted with AES-128 (RFC 8216bis section 4.4.4.4), read as players read it: whole objects, CBC, PKCS #7."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

KEY_BYTES = 16
VECTOR_BYTES = 16


class DecryptionError(ValueError):
    """It was encrypted otherwise, or is no ciphertext."""


def decrypted(data: bytes, key: bytes, vector: bytes, msn: int) -> bytes:
    """The media in `data`; an empty `vector` means the Media Sequence Number.

    Raises:
        DecryptionError: this key and vector do not give media.
    """
    if len(key) != KEY_BYTES:
        raise DecryptionError(f"the key has {len(key)} bytes, not {KEY_BYTES}")
    decryptor = Cipher(AES128(key), CBC(vector or msn.to_bytes(VECTOR_BYTES, "big"))).decryptor()
    unpadder = PKCS7(AES128.block_size).unpadder()
    try:
        clear = decryptor.update(data) + decryptor.finalize()
        return unpadder.update(clear) + unpadder.finalize()
    except ValueError as error:
        raise DecryptionError(str(error)) from None
