"""Signatures: what other issuers sign is taken, what chooses its own algorithm is not."""

import base64
import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.origins import allowed, origin_of, parse_origins
from tidegate.media.access.claims import grant_of
from tidegate.media.access.errors import TokenInvalidError
from tidegate.media.access.tokens import PublicKeyInvalidError, read_public_key, verify
from unit.access.door import PEM, PRIVATE, Door

PAYLOAD = {"sub": "demo", "aud": "tidegate-playback", "exp": 2_000_000_000}


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    ("algorithm", "private"),
    [
        ("EdDSA", PRIVATE),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("RS256", rsa.generate_private_key(65537, 2048)),
    ],
)
def test_what_another_library_signs_is_taken(algorithm: str, private: object) -> None:
    pem = PEM if private is PRIVATE else pem_of(private)
    key = read_public_key("mine", pem)
    token = jwt.encode(PAYLOAD, private, algorithm, headers={"kid": "mine"})
    assert key.algorithm == algorithm
    assert verify(token, {"mine": key}).channel == "demo"


def test_the_key_decides_the_algorithm() -> None:
    keys = {"mine": read_public_key("mine", PEM)}
    tokens = [
        jwt.encode(PAYLOAD, None, "none", headers={"kid": "mine"}),
        jwt.encode(PAYLOAD, b"0" * 40, "HS256", headers={"kid": "mine"}),
        jwt.encode(PAYLOAD, PRIVATE, "EdDSA"),
        jwt.encode(PAYLOAD, PRIVATE, "EdDSA", headers={"kid": "mine", "crit": ["x"], "x": 1}),
        # the public key taken as a shared secret, the classic confusion (RFC 8725 section 2.1)
        forged("HS256", PEM.encode()),
    ]
    for token in tokens:
        with pytest.raises(TokenInvalidError):
            verify(token, keys)


def forged(algorithm: str, secret: bytes) -> str:
    def packed(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    head = packed(json.dumps({"alg": algorithm, "kid": "mine"}).encode())
    signed = head + b"." + packed(json.dumps(PAYLOAD).encode())
    return (signed + b"." + packed(hmac.digest(secret, signed, hashlib.sha256))).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "something-else"},
        {"aud": None},
        {"sub": ""},
        {"sub": 7},
        {"exp": "soon"},
        {"exp": None},
        {"cidr": 7},
        {"origins": "javascript:alert(1)"},
        {"viewer": "x" * 65},
    ],
)
def test_claims_that_lack_what_they_must_say(change: dict[str, object]) -> None:
    payload = {name: value for name, value in {**PAYLOAD, **change}.items() if value is not None}
    with pytest.raises(TokenInvalidError):
        grant_of(json.dumps(payload).encode())


@given(st.binary(max_size=300))
def test_any_payload_is_a_grant_or_refused(payload: bytes) -> None:
    with pytest.raises(TokenInvalidError):
        grant_of(payload)


@pytest.mark.parametrize(
    "pem",
    ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", pem_of(rsa.generate_private_key(65537, 1024)),
     pem_of(ec.generate_private_key(ec.SECP384R1()))],
    ids=["nothing", "nonsense", "short RSA", "P-384"],
)  # fmt: skip
def test_keys_that_are_not_taken(pem: str) -> None:
    with pytest.raises(PublicKeyInvalidError):
        read_public_key("mine", pem)


@pytest.mark.parametrize(
    ("origin", "referer", "host", "name"),
    [
        (b"https://a.example", b"", b"live.example", "https://a.example"),
        (b"HTTPS://A.example:8443", b"", b"live.example", "https://a.example:8443"),
        (b"", b"https://a.example/page?x=1", b"live.example", "https://a.example"),
        (b"https://live.example", b"", b"live.example:8443", "self"),
        (b"http://[::1]:8080", b"", b"[::1]:8080", "self"),
        (b"null", b"", b"live.example", "null"),
        (b"https://live.example.evil.example", b"", b"live.example", "https://live.example.evil.example"),
        (b"", b"", b"live.example", ""),
    ],
)
def test_which_page_asks(origin: bytes, referer: bytes, host: bytes, name: str) -> None:
    assert origin_of(origin, referer, host) == name


@given(st.text(max_size=80))
def test_a_list_of_origins_holds_origins_or_is_refused(text: str) -> None:
    try:
        origins = parse_origins(text)
    except ValueError:
        return
    assert all(allowed(origin, origins, strict=True) for origin in origins)


def test_a_token_made_here_is_read_by_another_library(door: Door) -> None:
    claims = jwt.decode(
        door.token(viewer="ada"), PEM, ["EdDSA"], audience="tidegate-playback", options={"verify_exp": False}
    )
    assert (claims["sub"], claims["viewer"]) == ("private", "ada")
