"""Whom a beacon is taken from: a token that binds one channel and one playback session, for a while.

In: this installation's beacon key. Out: `SESSION.EXPIRES.SHARE.MAC`, safe in an address. It is a keyed hash and no signature:
whoever takes reports also hands the tokens out, an edge elsewhere included, which is given the key with its policy. What is
kept is the share of sessions that report, so that each of them can be counted for as many as it stands for.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from typing import ClassVar, Final

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tidegate.core.errors import TidegateError, UnauthorizedError

SESSION_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
"""A UUID (RFC 9562): 122 random bits, which nobody guesses. CMCD recommends it for `sid`."""
KEY_BYTES: Final = 32
MAC_BYTES: Final = 15
TOKEN_CHARS_MAX: Final = 128
SHARE_WHOLE: Final = 10_000
"""All sessions report, in ten thousandths."""

_TOKEN = re.compile(r"([0-9a-f-]{36})\.([0-9]{1,12})\.([0-9]{1,5})\.([A-Za-z0-9_-]{20})\Z")


class BeaconTokenError(UnauthorizedError):
    """The report's address carries no token of this channel."""

    code: ClassVar[str] = "beacon-token-invalid"


class BeaconTokenExpiredError(TidegateError):
    """The token is over: a player stops reporting to this address for good (CTA-5004-A, event mode)."""

    code: ClassVar[str] = "beacon-token-expired"
    status: ClassVar[int] = 410


class Ticket(msgspec.Struct, frozen=True, gc=False):
    """What a right token says. `share` of the channel's sessions report, 0 to 1."""

    session: str
    expires_at: int
    share: float


def derive_key(secret: bytes) -> bytes:
    """The installation's beacon key (HKDF, RFC 5869), from its secret."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"tidegate beacons").derive(secret)


def make(key: bytes, channel: str, ticket: Ticket) -> str:
    said = f"{ticket.session}.{ticket.expires_at}.{round(ticket.share * SHARE_WHOLE)}"
    return f"{said}.{_mac(key, channel, said)}"


def read(key: bytes, channel: str, token: str, wall: float) -> Ticket:
    """What `token` says.

    Raises:
        BeaconTokenError: it is none of this channel's.
        BeaconTokenExpiredError: it was.
    """
    found = _TOKEN.match(token) if len(token) <= TOKEN_CHARS_MAX else None
    if found is None or not hmac.compare_digest(_mac(key, channel, token.rpartition(".")[0]), found[4]):
        raise BeaconTokenError(
            "This address takes reports with a token of this channel only.",
            hint="Ask /live/CHANNEL/beacon by GET, and report to the address it gives.",
        )
    if wall >= int(found[2]):
        raise BeaconTokenExpiredError(
            "This playback session's token is over.", hint="Ask /live/CHANNEL/beacon by GET for another."
        )
    return Ticket(found[1], int(found[2]), int(found[3]) / SHARE_WHOLE)


def _mac(key: bytes, channel: str, said: str) -> str:
    digest = hmac.digest(key, f"{channel}\0{said}".encode(), hashlib.sha256)
    return urlsafe_b64encode(digest[:MAC_BYTES]).decode()
