"""What a request target asks for, in canonical form, so that equal questions are asked upstream once.

In: the raw target below `/live/`, or below `/vod/` with its mark, and its query. Out: a `Target` whose `key` is both cache key and upstream
target. Only delivery directives survive in it (RFC 8216bis section 6.2.5: `_HLS_msn`, `_HLS_part`, `_HLS_skip`),
in lexicographic order and without leading zeros; a viewer's own parameters, such as CMCD, go no further.
"""

import re
from urllib.parse import unquote

import msgspec

from tidegate.core.delivery import VOD
from tidegate.core.errors import InvalidError, NotFoundError
from tidegate.media.edge.cmcd import session_of

MAX_PATH = 512
"""Characters; the longest address the origin makes is about 160."""

MAX_QUERY = 512
"""Characters of a beacon's query that are looked at; a ticket and four labels take about 250."""

TOKEN_MARK = "~"  # noqa: S105  a mark, no secret
"""Before a token in a path; no channel's name begins so."""

_CHECK = "/access"
_BEACON = "/beacon"
_TOKEN = "token="  # noqa: S105  a parameter's name
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+\Z")
_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_SKIPS = frozenset({"YES", "v2"})


class Target(msgspec.Struct, frozen=True, gc=False):
    """One canonical question.

    Attributes:
        key: path and directives, as asked upstream.
        path: as in the target, without query.
        channel: first segment of the path.
        vod: below `/vod/`: of a recording, not of a stream.
        playlist: a playlist, not media.
        msn: `_HLS_msn`, -1 where absent.
        part: `_HLS_part`, -1 where absent.
        skip: a delta update is welcome.
        session: CMCD session id from the query, empty where absent.
        token: playback token from the query, empty where absent.
        check: nothing but whether the viewer may play the channel; for a front that keeps media itself.
        beacon: where players report.
        query: of a beacon's address, as it came.
    """

    key: str
    path: str
    channel: str
    playlist: bool
    msn: int = -1
    part: int = -1
    skip: bool = False
    session: str = ""
    vod: bool = False
    token: str = ""
    check: bool = False
    beacon: bool = False
    query: str = ""

    @property
    def own(self) -> bool:
        """One viewer's own words, which nobody else will ask with."""
        return bool(self.session or self.token or self.query)

    @property
    def plain(self) -> bool:
        """A whole playlist as it is now: no directive at all."""
        return self.playlist and self.msn < 0 and self.part < 0 and not self.skip


def parse_target(target: str) -> Target:
    """Read the part of a request target that follows `/live/`, or `/vod/` after its mark.

    Raises:
        NotFoundError: no address of this shape exists.
        InvalidError: a delivery directive is malformed or given twice.
    """
    path, _, query = target.partition("?")
    if "%" in path:
        path = unquote(path)
    vod = path.startswith(VOD)
    if len(path) > MAX_PATH or _PATH.match(path, len(VOD) if vod else 0) is None:
        raise NotFoundError(
            "There is nothing at this address.",
            hint="Live addresses look like /live/CHANNEL/index.m3u8.",
        )
    channel = path[len(VOD) if vod else 0 : path.index("/")]
    if path == channel + _CHECK:
        return Target(path, path, channel, playlist=False, token=_token(query), check=True)
    if path == channel + _BEACON:
        return Target(
            path, path, channel, playlist=False, token=_token(query), beacon=True, query=query[:MAX_QUERY]
        )
    playlist = path.endswith(".m3u8")
    if not query:
        return Target(path, path, channel, playlist, vod=vod)
    session, token = session_of(query), _token(query)
    if not playlist or "_HLS_" not in query:
        return Target(path, path, channel, playlist, session=session, token=token, vod=vod)
    given = _directives(query)
    if not given:
        return Target(path, path, channel, playlist, session=session, token=token, vod=vod)
    return Target(
        key=path + "?" + "&".join(f"{name}={given[name]}" for name in sorted(given)),
        path=path,
        channel=channel,
        playlist=True,
        msn=int(given.get("_HLS_msn", -1)),
        part=int(given.get("_HLS_part", -1)),
        skip="_HLS_skip" in given,
        session=session,
        token=token,
        vod=vod,
    )


def is_beacon(target: str) -> bool:
    """Whether a raw target is that of reports."""
    return target.partition("?")[0].endswith(_BEACON)


def split_token(target: str) -> tuple[str, str]:
    """The playback token in front of a target's path, and the target without it.

    `~TOKEN/demo/video/index.m3u8`: what a playlist refers to lies below the same token, so that a viewer carries it on
    without a word changed in any playlist, and caches see one address whoever asks.
    """
    token, _, rest = target[1:].partition("/")
    return token, rest


def with_token(wanted: Target, token: str) -> str:
    """The address of a playlist below its token, relative to the address without."""
    return "../" * wanted.path.count("/") + f"{TOKEN_MARK}{token}/{wanted.key.removeprefix(VOD)}"


def _token(query: str) -> str:
    if _TOKEN not in query:
        return ""
    return next((pair[len(_TOKEN) :] for pair in query.split("&") if pair.startswith(_TOKEN)), "")


def _directives(query: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name not in {"_HLS_msn", "_HLS_part", "_HLS_skip"}:
            continue
        if name in given:
            raise InvalidError(f"{name} is given twice.", hint="Give each delivery directive once.")
        if name == "_HLS_skip":
            if value in _SKIPS:  # another value asks for something unknown: the whole playlist answers it
                given[name] = value
        elif _NUMBER.match(value) is None:
            raise InvalidError(
                f"{name}={value[:40]!r} is not a decimal integer.",
                hint=f"Ask like {name}=7 (RFC 8216bis 6.2.5.2).",
            )
        else:
            given[name] = str(int(value))
    return given
