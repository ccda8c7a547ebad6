"""What a target below `/live/` asks for. Pure.

In: path and query as they came. Out: a `Request`, or the refusal with the sentence that says what is wrong. The
delivery directives are those of RFC 8216bis 6.2.5; other query parameters are none of the origin's business.
"""

import re
from typing import Any, Literal
from urllib.parse import unquote_plus

import msgspec

from tidegate.core.errors import InvalidError, NotFoundError

TARGET_MAX_CHARS = 2048

Resource = Literal["multivariant", "playlist", "init", "part", "seg", "dvr-multivariant", "dvr"]

_PATH = re.compile(
    r"([a-z0-9][a-z0-9_-]{0,62})/"
    r"(?:((?:index|dvr)\.m3u8)|([a-z0-9][a-z0-9_-]{0,62})/(?:((?:index|dvr)\.m3u8)|(init|part|seg)-([0-9a-z]{1,40})-([0-9]{1,15})\.(mp4|m4s)))\Z"
)
_USUAL = re.compile(r"_HLS_msn=([0-9]{1,15})&_HLS_part=([0-9]{1,15})(&_HLS_skip=(?:YES|v2))?\Z")
"""What a player that waits for the next part asks for, in the order clients must keep."""

_NUMBER = re.compile(r"[0-9]{1,15}\Z")


class Directives(msgspec.Struct, frozen=True):
    """`_HLS_msn`, `_HLS_part` (None where not given), `_HLS_skip`."""

    msn: int | None = None
    part: int | None = None
    skip: bool = False


NO_DIRECTIVES = Directives()


class Request(msgspec.Struct, frozen=True):
    """One thing asked for. `session` and `number` name media; `file` is its last path component."""

    resource: Resource
    channel: str
    track: str = ""
    session: str = ""
    number: int = 0
    file: str = ""
    directives: Directives = NO_DIRECTIVES


def parse_request(target: str) -> Request:
    """Read a target.

    Raises:
        NotFoundError: no address has this form.
        InvalidError: a delivery directive breaks its rule.
    """
    path, _, query = target.partition("?")
    match = _PATH.match(path) if len(target) <= TARGET_MAX_CHARS else None
    if match is None:
        raise NotFoundError(
            "There is no such address.", hint="A stream's address is /live/CHANNEL/index.m3u8."
        )
    groups: tuple[Any, ...] = match.groups()
    channel, top, track, playlist, kind, session, number, extension = groups
    if top:
        return Request("multivariant" if top == "index.m3u8" else "dvr-multivariant", channel)
    if playlist:
        return Request(
            "playlist" if playlist == "index.m3u8" else "dvr",
            channel,
            track,
            directives=parse_directives(query) if query else NO_DIRECTIVES,
        )
    if (kind == "init") != (extension == "mp4"):
        raise NotFoundError(
            "There is no such address.", hint="Headers end in .mp4, parts and segments in .m4s."
        )
    resource: Resource = kind
    return Request(resource, channel, track, session, int(number), f"{kind}-{session}-{number}.{extension}")


def parse_directives(query: str) -> Directives:
    """Read the delivery directives of a playlist request.

    Raises:
        InvalidError: a number is not one, or `_HLS_part` comes without `_HLS_msn`.
    """
    usual = _USUAL.match(query)
    if usual is not None:
        return Directives(int(usual[1]), int(usual[2]), usual[3] is not None)
    found: dict[str, str] = {}
    for field in query.split("&"):
        name, _, value = field.partition("=")
        if name.startswith("_HLS_"):
            found.setdefault(name, value)
    msn = _number("_HLS_msn", found.get("_HLS_msn"))
    part = _number("_HLS_part", found.get("_HLS_part"))
    if part is not None and msn is None:
        raise InvalidError(
            "_HLS_part was given without _HLS_msn.", hint="Name the segment the part belongs to."
        )
    return Directives(msn, part, found.get("_HLS_skip") in ("YES", "v2"))


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    plain = unquote_plus(text)
    if _NUMBER.match(plain) is None:
        raise InvalidError(
            f"{name} is {plain[:40]!r}, not a decimal integer.", hint="Use digits alone, such as 7."
        )
    return int(plain)
