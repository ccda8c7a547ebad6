"""Answers ready to write: a `LiveResponse` whose HTTP/1.1 head is rendered once, however many viewers get it.

In: what upstream gave, or a refusal of the edge's own. Out: head and body as bytes (RFC 9112 sections 4 and 5).
"""

import json
from email.utils import formatdate
from http import HTTPStatus

import msgspec

from tidegate.core.delivery import Headers, LiveResponse
from tidegate.core.errors import TidegateError
from tidegate.media.edge.tallies import UNTALLIED, Tally

ALLOW = b"GET, HEAD, OPTIONS"
RETRY_AFTER_S = b"1"
LONG_RETRY_AFTER_S = b"10"
"""For whoever asks more than is fair, seconds."""
SMALL_BODY = 16 * 1024
"""Bytes; playlists lie below, parts of video above."""
MIN_COMPRESSED = 512
"""Bytes; what is smaller leaves in one packet either way."""
PLAYLIST_TYPE = b"application/vnd.apple.mpegurl"

_ALLOW_ORIGIN = b"access-control-allow-origin"
_CORS: dict[bytes, bytes] = {
    _ALLOW_ORIGIN: b"*",
    b"access-control-expose-headers": b"*",
    b"timing-allow-origin": b"*",
}
"""Live objects are public, so any page may play them and measure how (Fetch, Resource Timing)."""

_PREFLIGHT: Headers = (
    (b"access-control-allow-methods", ALLOW),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"86400"),
    (b"allow", ALLOW),
)
_BEACON_ALLOW = b"GET, POST, OPTIONS"
_BEACON_PREFLIGHT: Headers = (
    (b"access-control-allow-methods", _BEACON_ALLOW),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"86400"),
    (b"allow", _BEACON_ALLOW),
)
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_BODILESS = frozenset({204, 304})


class Answer(LiveResponse, frozen=True, gc=False):
    """A whole answer with its rendered head. The head's Date is when it was made, so that age counts from there.

    Attributes:
        head: status line and headers, blank line included.
        wire: head and body in one piece where the body is small: one buffer is cheaper to write than two, and
            dearer to hold.
        compressible: gzip is worth it; it varies by Accept-Encoding, and says so.
        gzipped: the same in gzip, once somebody wanted it.
        listed: for pages that are listed alone: it names none, until it is written to one (`for_page`).
        tally: what it counts as when it is written.
    """

    head: bytes = b""
    wire: bytes = b""
    compressible: bool = False
    gzipped: "Answer | None" = None
    listed: bool = False
    tally: Tally = UNTALLIED

    @property
    def closing_head(self) -> bytes:
        """The head of an answer after which the connection closes."""
        return self.head[:-2] + b"connection: close\r\n\r\n"


def answer_of(
    response: LiveResponse, wall: float, *, listed: bool = False, tally: Tally = UNTALLIED
) -> Answer:
    """Render `response` as made at `wall`, seconds since the Unix epoch."""
    headers = _for_listed(response.headers) if listed else _with_cors(response.headers)
    if response.etag and not any(name == b"etag" for name, _ in headers):
        headers += ((b"etag", response.etag),)
    compressible = _is_compressible(response)
    if compressible and not any(header == (b"vary", b"accept-encoding") for header in headers):
        headers += ((b"vary", b"accept-encoding"),)
    head = _head(response.status, headers, len(response.body), wall)
    return Answer(
        status=response.status,
        headers=headers,
        body=response.body,
        max_age_s=response.max_age_s,
        etag=response.etag,
        head=head,
        wire=_wire(head, response.body),
        compressible=compressible,
        listed=listed,
        tally=tally,
    )


def counted_as(answer: Answer, tally: Tally) -> Answer:
    """The same answer, where many share it, as one that counts as `tally`."""
    return msgspec.structs.replace(answer, tally=tally)


def for_page(answer: Answer, origin: bytes) -> Answer:
    """A `listed` answer as written to a page that was let in (Fetch section 3.2.5); nothing changes for who is no page."""
    if not origin:
        return answer
    allow = (_ALLOW_ORIGIN, origin)
    return msgspec.structs.replace(
        answer,
        headers=(*answer.headers, allow),
        head=answer.head[:-2] + b"%s: %s\r\n\r\n" % allow,
        wire=b"",
    )


def not_modified(answer: Answer, wall: float) -> Answer:
    """The 304 that tells a viewer to keep the copy it has (RFC 9110 section 15.4.5)."""
    kept = {b"cache-control", b"etag", b"vary", b"content-location", b"expires"} | _CORS.keys()
    headers = tuple((name, value) for name, value in answer.headers if name in kept)
    head = _head(304, headers, 0, wall)
    return Answer(
        304, headers, b"", answer.max_age_s, answer.etag, head=head, listed=answer.listed, tally=answer.tally
    )


def refusal(status: int, sentence: str, hint: str = "", headers: Headers = (), *, code: str = "") -> Answer:
    """An error as RFC 9457 problem details; 503 says when to come back."""
    problem = {"title": HTTPStatus(status).phrase, "status": status, "detail": sentence}
    if code:
        problem["code"] = code
    if hint:
        problem["hint"] = hint
    headers = (
        *headers,
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        *(((b"retry-after", RETRY_AFTER_S),) if _needs_retry_after(status, headers) else ()),
    )
    return _undated(status, headers, json.dumps(problem).encode() + b"\n")


def _needs_retry_after(status: int, headers: Headers) -> bool:
    return status == HTTPStatus.SERVICE_UNAVAILABLE and all(name != b"retry-after" for name, _ in headers)


def refusal_of(error: TidegateError) -> Answer:
    return refusal(error.status, error.message, error.hint)


def coded_refusal_of(error: TidegateError) -> Answer:
    """As `refusal_of`, with the code that a program branches on, and what HTTP wants beside the status."""
    headers: Headers = ()
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers = ((b"www-authenticate", b'Bearer realm="tidegate"'),)
    elif error.status == HTTPStatus.TOO_MANY_REQUESTS:
        headers = ((b"retry-after", LONG_RETRY_AFTER_S),)
    return refusal(error.status, error.message, error.hint, headers, code=error.code)


def redirect(location: str) -> Answer:
    """Where the same is to be asked for, this once (RFC 9110 section 15.4.8)."""
    headers = ((b"location", location.encode("latin-1")), (b"cache-control", b"no-store"))
    return _undated(307, headers)


def document(body: bytes) -> Answer:
    """JSON for whoever asks, kept by nobody."""
    return _undated(200, ((b"content-type", b"application/json"), (b"cache-control", b"no-store")), body)


def _undated(status: int, headers: Headers, body: bytes = b"") -> Answer:
    headers = _with_cors(headers)
    return Answer(status, headers, body, head=_head(status, headers, len(body), None))


def _wire(head: bytes, body: bytes) -> bytes:
    return head + body if len(body) <= SMALL_BODY else b""


def _is_compressible(response: LiveResponse) -> bool:
    if response.status != 200 or len(response.body) < MIN_COMPRESSED:
        return False
    named = dict(response.headers)
    return b"content-encoding" not in named and named.get(b"content-type", b"").startswith(PLAYLIST_TYPE)


def _with_cors(headers: Headers) -> Headers:
    present = {name for name, _ in headers}
    return headers + tuple((name, value) for name, value in _CORS.items() if name not in present)


def _for_listed(headers: Headers) -> Headers:
    """Without a page's name, and telling caches that it differs by page."""
    kept = tuple(header for header in _with_cors(headers) if header[0] != _ALLOW_ORIGIN)
    return (*kept, (b"vary", b"origin"))


def _head(status: int, headers: Headers, length: int, wall: float | None) -> bytes:
    lines = [b"HTTP/1.1 %d %s" % (status, _REASONS.get(status, b""))]
    lines += [b"%s: %s" % header for header in headers]
    if wall is not None:
        lines.append(b"date: " + formatdate(wall, usegmt=True).encode())
    if status not in _BODILESS:
        lines.append(b"content-length: %d" % length)
    return b"\r\n".join(lines) + b"\r\n\r\n"


PREFLIGHT = _undated(204, _PREFLIGHT)
BEACON_PREFLIGHT = _undated(204, _BEACON_PREFLIGHT)
REPORTED = _undated(204, ((b"cache-control", b"no-store"),))
NO_BEACONS = refusal(404, "This edge takes no reports.", "Play without reporting.", code="no-beacons")
ADMITTED = _undated(204, ((b"cache-control", b"no-store"),))
METHOD_NOT_ALLOWED = refusal(
    405, "Live objects are read only.", "Use GET or HEAD.", headers=((b"allow", ALLOW),)
)
OVERLOADED = refusal(503, "This edge is at its bound of waiting requests.", "Try again in a second.")
TOO_MANY_CONNECTIONS = refusal(503, "This edge is at its bound of connections.", "Try again in a second.")
TOO_MANY_FROM_ADDRESS = refusal(
    429,
    "Too many connections come from this address.",
    "Keep connections open and use them again.",
    ((b"retry-after", RETRY_AFTER_S),),
    code="too-many-connections",
)
TOO_MANY_REQUESTS = refusal(
    429,
    "Too many requests come from this address.",
    "Ask less often; a player needs about 20 a second.",
    ((b"retry-after", RETRY_AFTER_S),),
    code="too-many-requests",
)
CHANNEL_FULL = refusal(
    503,
    "This channel has as many viewers as it takes.",
    "Try again later.",
    ((b"retry-after", LONG_RETRY_AFTER_S),),
    code="channel-full",
)
CHANNEL_BUSY = refusal(
    429,
    "This channel is asked more often than it answers.",
    "Try again in a moment.",
    ((b"retry-after", RETRY_AFTER_S),),
    code="channel-busy",
)
CHANNEL_CONNECTIONS_TAKEN = refusal(
    429,
    "This channel has as many connections as it takes.",
    "Try again later.",
    ((b"retry-after", LONG_RETRY_AFTER_S),),
    code="channel-connections",
)
HEAD_TOO_LATE = refusal(408, "The request head did not arrive in time.", "Send it at once.")
NOT_LIVE = refusal(404, "There is nothing at this address.", "Live addresses begin with /live/.")
UPSTREAM_FAILED = refusal(
    502, "The origin could not answer.", "Try again; the edge has written the cause to its log."
)
UPSTREAM_LATE = refusal(504, "The origin did not answer in time.", "Try again.")
BEHIND = refusal(503, "The origin is behind what was served before; it may be restarting.", "Try again.")
