"""Web origins (RFC 6454): lists of them as people write them, and whether one page is among them. Pure."""

import re

from tidegate.core.errors import InvalidError

OWN = "self"
"""What a visitor's origin is called where it is this server's own: its pages may always play."""
ORIGINS_MAX = 32

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?\Z")
_FIRST = re.compile(r"(https?://[^/?#\s]+)", re.IGNORECASE)


class OriginsInvalidError(InvalidError):
    code = "origins-invalid"


def parse_origins(text: str) -> tuple[str, ...]:
    """Origins divided by spaces or commas, in lower case.

    Raises:
        ValueError: one of them is none, or there are too many.
    """
    found = tuple(word.lower().rstrip("/") for word in text.replace(",", " ").split())
    if len(found) > ORIGINS_MAX or not all(_ORIGIN.match(each) for each in found):
        raise ValueError(text[:80])
    return found


def checked_origins(text: str) -> tuple[str, ...]:
    """As `parse_origins`, for what a person has typed.

    Raises:
        OriginsInvalidError: with what it may be.
    """
    try:
        return parse_origins(text)
    except ValueError:
        raise OriginsInvalidError(
            f"{text[:80]!r} is no list of origins.",
            hint=f"Give up to {ORIGINS_MAX} like https://www.example.org, divided by spaces.",
        ) from None


def allowed(origin: str, origins: tuple[str, ...], *, strict: bool) -> bool:
    """Whether a page of `origin` is listed; one that names itself not at all only where that is not `strict`."""
    if not origin:
        return not strict
    return origin == OWN or origin in origins


def origin_of(origin: bytes, referer: bytes, host: bytes) -> str:
    """Which page asks: from `Origin`, else from `Referer`; `OWN` where its host is the one that was asked.

    Both may be forged by whoever is no browser: they say what a page may do, not who a viewer is.
    """
    found = _FIRST.match((origin or referer).decode("latin-1"))
    if found is None:
        return "null" if origin else ""  # a sandboxed page: some page, but none that could be listed
    name = found[1].lower()
    return OWN if _host_name(name.partition("://")[2]) == _host_name(host.decode("latin-1").lower()) else name


def _host_name(authority: str) -> str:
    """Without the port: a front may be asked on another than it asks on."""
    return authority.partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
