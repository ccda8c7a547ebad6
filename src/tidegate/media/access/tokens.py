"""Playback tokens as compact JWS (RFC 7515): signed by a private key, verified by a public one of the key ring.

The algorithm belongs to the key, never to the token: what a header claims is compared with it, so that no token can
choose a weaker one (RFC 8725 section 3.1). Only asymmetric algorithms: an edge holds nothing that could sign.
"""

import re
from typing import Any, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from tidegate.core.errors import InvalidError
from tidegate.media.access.claims import Claims, Grant, grant_of
from tidegate.media.access.errors import TokenInvalidError

TOKEN_MAX_CHARS = 2048
RSA_MIN_BITS = 2048
ALGORITHM: Final = "EdDSA"
"""Of the installation's own keys: Ed25519 (RFC 8037), small and quick on both sides."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
_jws = PyJWS()


class PublicKeyInvalidError(InvalidError):
    code = "public-key-invalid"


class PublicKey(msgspec.Struct, frozen=True):
    """One key that may have signed a token: as PEM, and ready to use."""

    id: str
    algorithm: str
    pem: str
    key: Any


def sign(claims: Claims, key: Ed25519PrivateKey, key_id: str) -> str:
    """A token that says `claims`."""
    return _jws.encode(msgspec.json.encode(claims), key, ALGORITHM, {"kid": key_id, "typ": "JWT"})


def verify(token: str, keys: dict[str, PublicKey]) -> Grant:
    """What `token` grants, whoever asks and whenever.

    Raises:
        TokenInvalidError: it is no token, or none that one of `keys` has signed.
    """
    if len(token) > TOKEN_MAX_CHARS or _TOKEN.match(token) is None:
        raise TokenInvalidError
    try:
        header = _jws.get_unverified_header(token)
        key = keys.get(header.get("kid") or "")
        if key is None or header.get("alg") != key.algorithm or "crit" in header:
            raise TokenInvalidError
        payload = _jws.decode_complete(token, key.key, [key.algorithm])["payload"]
    except (PyJWTError, ValueError, TypeError, RecursionError):
        raise TokenInvalidError from None
    return grant_of(payload)


def read_public_key(key_id: str, pem: str) -> PublicKey:
    """Read a public key in PEM (SubjectPublicKeyInfo); its kind decides the algorithm.

    Raises:
        PublicKeyInvalidError: it cannot be read, or is of a kind or size that is not taken.
    """
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise PublicKeyInvalidError(
            "This is no public key in PEM.", hint="It begins with -----BEGIN PUBLIC KEY-----."
        ) from None
    if isinstance(key, Ed25519PublicKey):
        return PublicKey(key_id, ALGORITHM, pem, key)
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return PublicKey(key_id, "ES256", pem, key)
    if isinstance(key, RSAPublicKey) and key.key_size >= RSA_MIN_BITS:
        return PublicKey(key_id, "RS256", pem, key)
    raise PublicKeyInvalidError(
        "This kind of key is not taken.",
        hint=f"Use Ed25519, ECDSA on P-256, or RSA of at least {RSA_MIN_BITS} bits.",
    )
