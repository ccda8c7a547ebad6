"""Answers, ready to write (RFC 9111 for what caches may do with them)."""

from tidegate.core.delivery import Headers, LiveResponse
from tidegate.core.errors import NotFoundError, TidegateError

YEAR_S = 31_536_000
BLOCKING_MAX_AGE_S = 6
"""How long the answer to a blocking reload may be kept: it never changes what it says of the part it waited for."""

REFUSED_MAX_AGE_S = 1
"""How long a cache may repeat that something does not exist: so short that what comes next is not hidden."""

_CORS = (b"access-control-allow-origin", b"*")
_PLAYLIST = (b"content-type", b"application/vnd.apple.mpegurl")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_REVALIDATE = (b"cache-control", b"no-cache")
_NO_STORE = (b"cache-control", b"no-store")
_PLAYLIST_BLOCKING: Headers = (
    _PLAYLIST,
    (b"cache-control", b"public, max-age=%d" % BLOCKING_MAX_AGE_S),
    _CORS,
)
_PLAYLIST_PLAIN: Headers = (_PLAYLIST, _REVALIDATE, _CORS)
_IMMUTABLE = (b"cache-control", b"public, max-age=%d, immutable" % YEAR_S)
_MEDIA: dict[str, Headers] = {
    "video": ((b"content-type", b"video/mp4"), _IMMUTABLE, _CORS),
    "audio": ((b"content-type", b"audio/mp4"), _IMMUTABLE, _CORS),
}
_REFUSED: Headers = (_TEXT, (b"cache-control", b"public, max-age=%d" % REFUSED_MAX_AGE_S), _CORS)
_AWAY: Headers = (_TEXT, _NO_STORE, (b"retry-after", b"1"), _CORS)


def media(kind: str, body: bytes, msn: int = -1) -> LiveResponse:
    """A header, part or segment: it never changes. `msn` is the number of a part's segment."""
    return LiveResponse(200, _MEDIA[kind], body, YEAR_S, msn=msn)


def blocking_playlist(body: bytes) -> LiveResponse:
    """A playlist that was waited for."""
    return LiveResponse(200, _PLAYLIST_BLOCKING, body, BLOCKING_MAX_AGE_S)


def playlist(body: bytes, etag: bytes) -> LiveResponse:
    """A playlist as it is now."""
    return LiveResponse(200, (*_PLAYLIST_PLAIN, (b"etag", etag)), body, 0.0, etag)


def brief_playlist(body: bytes, etag: bytes, max_age_s: float) -> LiveResponse:
    """A playlist that changes once per segment at most: caches may repeat it for a moment."""
    keep = (b"cache-control", b"public, max-age=%d" % max_age_s)
    return LiveResponse(200, (_PLAYLIST, keep, _CORS, (b"etag", etag)), body, max_age_s, etag)


def picture(body: bytes, max_age_s: float, *, track: bool) -> LiveResponse:
    """A JPEG, or the WebVTT track that says what is where in one."""
    kind = (b"content-type", b"text/vtt; charset=utf-8" if track else b"image/jpeg")
    return LiveResponse(
        200, (kind, (b"cache-control", b"public, max-age=%d" % max_age_s), _CORS), body, max_age_s
    )


def gone() -> LiveResponse:
    return refusal(NotFoundError("This media does not exist, or no longer.", hint="Reload the playlist."))


def not_modified(etag: bytes) -> LiveResponse:
    return LiveResponse(304, (_REVALIDATE, _CORS, (b"etag", etag)), b"", 0.0, etag)


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Weak comparison of If-None-Match (RFC 9110 13.1.2)."""
    if not if_none_match:
        return False
    return any(each.strip().removeprefix(b"W/") in (etag, b"*") for each in if_none_match.split(b","))


def refusal(error: TidegateError) -> LiveResponse:
    """A wrong request, in a plain sentence."""
    return LiveResponse(error.status, _REFUSED, f"{error}\n".encode(), REFUSED_MAX_AGE_S)


def away(sentence: str) -> LiveResponse:
    """503: not now, try again."""
    return LiveResponse(503, _AWAY, f"{sentence}\n".encode())
