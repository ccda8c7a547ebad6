"""What a playback token says (JWT claims, RFC 7519 section 4), and whether that holds for one request. Pure.

In: the payload of a token whose signature is right. Out: a `Grant`, parsed once and asked for every request.

| claim | meaning |
|---|---|
| `aud` | `tidegate-playback`: a token an issuer made for something else opens nothing here |
| `sub` | the channel; `show-*` every channel that begins so |
| `exp` | end, seconds since the epoch; must be there |
| `nbf` | beginning, may be absent |
| `cidr` | networks that may use it, one or a list; absent: any |
| `origins` | pages that may use it, one or a list; absent: any the channel allows |
| `viewer` | who it is for: counted as one viewer |
"""

import ipaddress
from math import isfinite

import msgspec

from tidegate.core.addresses import Network, parsed
from tidegate.core.delivery import Visitor
from tidegate.core.origins import allowed, parse_origins
from tidegate.media.access.errors import (
    OriginRefusedError,
    TokenAddressError,
    TokenChannelError,
    TokenExpiredError,
    TokenInvalidError,
    TokenNotYetError,
)

AUDIENCE = "tidegate-playback"
LEEWAY_S = 5.0
"""How far the clocks of issuer and edge may differ (RFC 7519 section 4.1.4)."""
NETWORKS_MAX = 16
VIEWER_MAX_CHARS = 64

Texts = str | list[str]


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """The payload as it travels; further claims are no business of ours."""

    sub: str
    exp: float
    aud: Texts
    nbf: float = 0.0
    iat: float = 0.0
    jti: str = ""
    cidr: Texts = ""
    origins: Texts = ""
    viewer: str = ""


class Grant(msgspec.Struct, frozen=True, gc=False):
    """What a verified token allows. `channel` is a name, or a beginning of names where `beginning` says so."""

    channel: str
    beginning: bool
    exp: float
    nbf: float
    networks: tuple[Network, ...]
    origins: tuple[str, ...]
    viewer: str


_decoder = msgspec.json.Decoder(Claims)


def grant_of(payload: bytes) -> Grant:
    """Read a payload.

    Raises:
        TokenInvalidError: it lacks what it must say, says it in another form, or is meant for somebody else.
    """
    try:
        claims = _decoder.decode(payload)
        networks = tuple(parse_network(text) for text in _texts(claims.cidr))
        origins = parse_origins(" ".join(_texts(claims.origins)))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise TokenInvalidError from None
    if (
        AUDIENCE not in _texts(claims.aud)
        or not claims.sub
        or not (isfinite(claims.exp) and isfinite(claims.nbf))
        or len(networks) > NETWORKS_MAX
        or len(claims.viewer) > VIEWER_MAX_CHARS
    ):
        raise TokenInvalidError
    return Grant(
        channel=claims.sub.removesuffix("*"),
        beginning=claims.sub.endswith("*"),
        exp=claims.exp,
        nbf=claims.nbf,
        networks=networks,
        origins=origins,
        viewer=claims.viewer,
    )


def check(grant: Grant, channel: str, visitor: Visitor, wall: float) -> None:
    """Whether `grant` lets `visitor` play `channel` at `wall`, seconds since the Unix epoch.

    Raises:
        UnauthorizedError: it is over, or has not begun.
        ForbiddenError: it is for another channel, address or page.
    """
    if wall >= grant.exp + LEEWAY_S:
        raise TokenExpiredError
    if wall < grant.nbf - LEEWAY_S:
        raise TokenNotYetError
    if not (channel.startswith(grant.channel) if grant.beginning else channel == grant.channel):
        raise TokenChannelError
    if grant.networks and not _within(visitor.address, grant.networks):
        raise TokenAddressError
    if grant.origins and not allowed(visitor.origin, grant.origins, strict=True):
        raise OriginRefusedError


def parse_network(text: str) -> Network:
    """`203.0.113.7`, `203.0.113.0/24` or `2001:db8::/48`; bits beyond the prefix are let go.

    Raises:
        ValueError: it is none.
    """
    return ipaddress.ip_network(text.strip(), strict=False)


def _within(address: str, networks: tuple[Network, ...]) -> bool:
    ip = parsed(address)
    return ip is not None and any(ip in network for network in networks)


def _texts(value: Texts) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return value
