"""Absolute http(s) addresses (RFC 3986): taken apart once, resolved against the playlist that named them. Pure."""

from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import msgspec

from tidegate.media.player.types import PlayerError

_HINT = "Use an address such as http://127.0.0.1:8080/live/demo/index.m3u8."


class Address(msgspec.Struct, frozen=True):
    """Where to connect, and what to ask for there. `target` is path and query, percent-encoded."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


_PORTS = {"http": 80, "https": 443}


def parse_address(text: str) -> Address:
    """Take an address apart.

    Raises:
        PlayerError: not an absolute http or https address.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise PlayerError(f"{text[:200]!r} is not an address: {error}.", hint=_HINT) from error
    if parts.scheme not in _PORTS or not host:
        raise PlayerError(f"{text[:200]!r} is not an http or https address.", hint=_HINT)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or any(ord(letter) <= 32 or ord(letter) == 127 for letter in target):
        raise PlayerError(f"{text[:200]!r} holds characters that an address must percent-encode.", hint=_HINT)
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], target)


@lru_cache(maxsize=4096)
def resolve(base: Address, reference: str) -> Address:
    """The address `reference` means in a playlist fetched from `base`.

    Raises:
        PlayerError: it is not an http or https address.
    """
    return parse_address(urljoin(base.text, reference))


@lru_cache(maxsize=4096)
def with_query(address: Address, query: str) -> Address:
    """The same address with `query` added behind what is there."""
    joint = "&" if "?" in address.target else "?"
    return Address(address.scheme, address.host, address.port, f"{address.target}{joint}{query}")
