"""Attribute lists of HLS tags (RFC 8216bis section 4.2) and the value forms in them: pure, and tolerant.

Flows in: the text after a tag's colon. Flows out: names with their values unquoted. What cannot be read is
left out; the caller decides whether it could do without.
"""

import re
from datetime import UTC, datetime

_ATTRIBUTE = re.compile(r'\s*([A-Z0-9-]+)\s*=\s*("([^"]*)"|[^,]*)(?:,|$)')
_BYTE_RANGE = re.compile(r"(\d{1,18})(?:@(\d{1,18}))?\Z")
_VECTOR = re.compile(r"0[xX][0-9A-Fa-f]{1,32}\Z")

MAX_NUMBER = 1e12
"""Larger numbers than any duration or bandwidth; beyond it, and for inf and nan, a value counts as unreadable."""


def attributes(text: str) -> dict[str, str]:
    """Read an attribute list; of a repeated name the last counts, quotes are taken off."""
    found: dict[str, str] = {}
    position = 0
    while (match := _ATTRIBUTE.match(text, position)) is not None and match.end() > position:
        name, raw, quoted = match.groups()
        found[name] = raw.strip() if quoted is None else quoted
        position = match.end()
    return found


def decimal(text: str | None, default: float = 0.0) -> float:
    """A decimal-floating-point; negative, absurd and unreadable ones become `default`."""
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        return default
    return number if 0.0 <= number <= MAX_NUMBER else default


def integer(text: str | None, default: int = 0) -> int:
    """A decimal-integer of at most 18 digits; others become `default`."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else default


def yes(text: str | None) -> bool:
    return text == "YES"


def byte_range(text: str | None) -> tuple[int, int | None] | None:
    """`n[@o]` as (length, offset or None where it continues the range before), in bytes."""
    match = _BYTE_RANGE.match((text or "").strip())
    if match is None:
        return None
    length, offset = match.groups()
    return int(length), None if offset is None else int(offset)


def date_time(text: str) -> float | None:
    """ISO 8601 date and time as seconds since the Unix epoch, None if unreadable. Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def vector(text: str | None) -> bytes:
    """An initialisation vector, `0x` and up to 32 hexadecimal digits; empty where there is none that can be read."""
    if text is None or _VECTOR.match(text) is None:
        return b""
    return int(text, 16).to_bytes(16, "big")
