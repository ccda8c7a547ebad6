"""Signing keys and tokens as others see them."""

from typing import Literal

import msgspec

Issuer = Literal["installation", "external"]
"""installation: made here, its private half in a node's data folder · external: somebody else's, given by an operator."""


class SigningKey(msgspec.Struct, frozen=True):
    """The public half of a key that may sign playback tokens.

    Attributes:
        id: what a token's header names as `kid`.
        algorithm: `EdDSA`, `ES256` or `RS256`; tokens must use it.
        public_key: PEM.
        retires_at: when its tokens stop being valid, seconds since the Unix epoch; 0: when it is removed.
    """

    id: str
    name: str
    issuer: Issuer
    algorithm: str
    public_key: str
    created_at: float
    retires_at: float


class TokenWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a playback token shall allow.

    Attributes:
        ttl_s: how long it is valid from now, seconds.
        cidr: networks that may use it, such as `203.0.113.0/24`; none: any.
        origins: pages that may use it, such as `https://www.example.org`; none: any the channel allows.
        viewer: who it is for; whoever uses it is counted as this one viewer. May be empty.
    """

    ttl_s: int = 3600
    cidr: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    viewer: str = ""


class PlaybackToken(msgspec.Struct, frozen=True):
    """A token, ready to use.

    Attributes:
        expires_at: seconds since the Unix epoch.
    """

    channel: str
    token: str
    expires_at: float
