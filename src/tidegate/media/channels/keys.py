"""Stream keys: how they are made, what is stored of them, and how one is checked.

A key is `tgk_{lookup id}_{secret}`. The lookup id finds the stored record without comparing against every one; the
secret has 160 bits from the system's random source. Stored is SHA-256 of the whole key. A slow password hash
(bcrypt, scrypt, Argon2) defends words that people choose against a dictionary; nobody can go through 2¹⁶⁰ keys,
however fast each try is, so slowness would only cost the publisher's start and give a flood of wrong keys
something to burn.
"""

import hashlib
import hmac
import re

import msgspec

from tidegate.core.ids import random_token

SECRET_BITS = 160
_LOOKUP_BITS = 40
_HINT_CHARACTERS = 4
_KEY = re.compile(r"tgk_([0-9a-z]{8})_[0-9a-z]{32}\Z")
_NO_DIGEST = bytes(hashlib.sha256().digest_size)


class StreamKey(msgspec.Struct, frozen=True):
    """What is stored of one key.

    Attributes:
        id: lookup id, the key's middle part; not a secret.
        digest: SHA-256 of the whole key.
        hint: the key's last four characters.
    """

    id: str
    channel: str
    digest: bytes
    hint: str


def new_key(channel: str) -> tuple[str, StreamKey]:
    """A fresh key for `channel`: the text to show once, and the record to store."""
    lookup_id = random_token(_LOOKUP_BITS)
    text = f"tgk_{lookup_id}_{random_token(SECRET_BITS)}"
    return text, StreamKey(lookup_id, channel, _digest(text), text[-_HINT_CHARACTERS:])


def lookup_id(text: str) -> str:
    """The lookup id in `text`, empty where it has not the form of a key."""
    match = _KEY.match(text)
    return match.group(1) if match else ""


def matches(text: str, stored: StreamKey | None) -> bool:
    """Whether `text` is the stored key, in a time that does not depend on where they differ or whether one is
    stored at all.
    """
    same = hmac.compare_digest(_digest(text), stored.digest if stored else _NO_DIGEST)
    return same and stored is not None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
