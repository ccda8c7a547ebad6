"""Keys and ciphertext of HLS AES-128 (RFC 8216bis section 4.4.4.4): CBC with PKCS #7 padding over each whole object.

A key is derived (HKDF, RFC 5869) from the installation's secret and what it is for, so that it need not be stored and is
the same after a crash. The initialisation vector is the segment's Media Sequence Number, as players take it where the
playlist names none. Parts are encrypted each by itself under their segment's key and vector: that is how players read them.
"""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 16
BLOCK_BYTES = 16


def derive_key(secret: bytes, channel: str, track: str, session: str, per_key: int, period: int) -> bytes:
    """The key of one track's segments during `period`, of `per_key` segments each, of a publishing session."""
    info = f"tidegate hls aes-128\0{channel}\0{track}\0{session}\0{per_key}\0{period}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)


def encrypt(data: bytes, key: bytes, msn: int) -> bytes:
    """`data` of segment `msn`, padded to whole blocks; always at least one byte longer."""
    padding = BLOCK_BYTES - len(data) % BLOCK_BYTES
    encryptor = Cipher(AES128(key), CBC(vector(msn))).encryptor()
    return encryptor.update(data) + encryptor.update(bytes([padding]) * padding) + encryptor.finalize()


def vector(msn: int) -> bytes:
    """The Media Sequence Number as a 128-bit big-endian number (RFC 8216bis section 5.2)."""
    return msn.to_bytes(BLOCK_BYTES, "big")
