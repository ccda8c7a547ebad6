"""HTTP/1.1 requests out of bytes (RFC 9112): no socket, no clock.

In: bytes as they arrive, in any pieces. Out: `Request`s, or a `BadRequestError` whose sentence is sent back.
Only what live delivery needs is read: GET, HEAD and OPTIONS without a body, and POST with a small one, which brings a player's
reports. A request for another path is not judged at all beyond its first line, since another server will read it.

An audience asks the same at the same moment with the same headers, so heads once read are remembered, within a
bound: the common request costs one search and one look-up, no parse.
"""

import re
from typing import TypeVar

import msgspec

from tidegate.core.delivery import VOD
from tidegate.core.errors import TidegateError
from tidegate.media.edge.cmcd import session_in_header
from tidegate.media.edge.encoding import accepts_gzip
from tidegate.media.edge.targets import TOKEN_MARK, is_beacon

MAX_HEAD = 8192
"""Bytes of request line and headers together."""
MAX_FIELDS = 64
MAX_BODY = 64 * 1024
"""Bytes of a POST's body: what a browser lets a page send while it is being closed (Fetch section 4.6)."""
MAX_REMEMBERED = 1024
"""Bytes of a head, or of its header block, that is remembered; and how many of each are. 2 MB at most."""
MAX_LENGTH_DIGITS = 15
LIVE_PREFIX = "/live/"
VOD_PREFIX = "/vod/"

_T = TypeVar("_T")

_END = b"\r\n\r\n"
_METHOD_BEGINS = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,24}(?: |\Z)")
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,24}) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])\Z")
_LINE_ENDS = b"\r\n"
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)\Z")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_TLS_HANDSHAKE = b"\x16\x03"


class BadRequestError(TidegateError):
    """The bytes are no request this server reads."""

    code = "bad-request"
    status = 400


class HeadTooLargeError(BadRequestError):
    code = "head-too-large"
    status = 431


class BodyTooLargeError(BadRequestError):
    code = "body-too-large"
    status = 413


class VersionNotSupportedError(BadRequestError):
    code = "http-version"
    status = 505


class Fields(msgspec.Struct, frozen=True, gc=False):
    """The header fields live delivery looks at; empty where absent."""

    keep_alive: bool | None = None
    host: bytes = b""
    has_host: bool = False
    origin: bytes = b""
    referer: bytes = b""
    authorization: bytes = b""
    if_none_match: bytes = b""
    byte_range: bytes = b""
    if_range: bytes = b""
    user_agent: bytes = b""
    forwarded_for: bytes = b""
    session: str = ""
    gzip: bool = False
    length: int = 0


class Request(msgspec.Struct, frozen=True, gc=False):
    """One request head.

    Attributes:
        target: path and query below `/live/`, or below `/vod/` after `delivery.VOD`; None where the request is for another path.
        head: its bytes as they came, blank line included.
        fields: meaningful where `target` is not None.
        body: of a POST.
    """

    method: str
    target: str | None
    keep_alive: bool
    fields: Fields
    head: bytes
    body: bytes = b""


_NO_FIELDS = Fields()


class RequestParser:
    """Reads request heads. One serves all connections, since an audience sends the same few heads.

    At the bound of what it remembers it forgets everything, which costs one parse each.
    """

    def __init__(self) -> None:
        self._requests: dict[bytes, Request] = {}
        self._fields: dict[bytes, Fields] = {}

    def parse(self, head: bytes) -> Request:
        """Read one head, blank line included.

        Raises:
            BadRequestError: it is no HTTP/1.x request, or one live delivery refuses.
        """
        known = self._requests.get(head)
        if known is not None:
            return known
        request = self._read(head)
        if (
            len(head) <= MAX_REMEMBERED and request.method != "POST"
        ):  # each viewer's own, and never the same again
            _remember(self._requests, head, request)
        return request

    def _read(self, head: bytes) -> Request:
        line_end = head.index(b"\r\n")
        line = _LINE.match(head, 0, line_end)
        if line is None:
            raise _unreadable(head)
        if line[3] != b"1":
            raise VersionNotSupportedError(
                f"HTTP/{line[3].decode()}.{line[4].decode()} is not spoken here.", hint="Use HTTP/1.1."
            )
        method = line[1].decode()
        target = _below(line[2].decode())
        if target is None:
            return Request(method, None, True, _NO_FIELDS, head)
        fields = self._fields_of(head[line_end + 2 :])
        if fields.length and not (method == "POST" and is_beacon(target)):
            raise BadRequestError("Requests for live objects carry no body.", hint="Send a plain GET.")
        current = line[4] != b"0"
        if current and not fields.has_host:
            raise BadRequestError(
                "The Host header is missing.", hint="HTTP/1.1 needs it (RFC 9112 section 3.2)."
            )
        return Request(
            method, target, current if fields.keep_alive is None else fields.keep_alive, fields, head
        )

    def _fields_of(self, block: bytes) -> Fields:
        known = self._fields.get(block)
        if known is not None:
            return known
        fields = parse_fields(block)
        if len(block) <= MAX_REMEMBERED and not fields.length:
            _remember(self._fields, block, fields)
        return fields


class RequestReader:
    """Cuts a connection's bytes into requests. Holds at most what was fed since the last whole request."""

    __slots__ = ("_headed", "_parser", "buffer")

    def __init__(self, parser: RequestParser) -> None:
        self.buffer = b""
        """Bytes that belong to no request yet."""
        self._parser = parser
        self._headed: Request | None = None  # whose body is still to come

    @property
    def incomplete(self) -> bool:
        """A request has begun and is not whole."""
        return bool(self.buffer) or self._headed is not None

    def feed(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data

    def rest(self) -> bytes:
        """Give up what is buffered, to whoever reads this connection next."""
        rest, self.buffer = self.buffer, b""
        return rest

    def next(self) -> Request | None:
        """The next whole request, None while it is incomplete.

        Raises:
            BadRequestError: the bytes are no HTTP/1.x request, or one live delivery refuses. The reader is
                spent: close the connection.
        """
        buffer = self.buffer
        if not buffer:
            return None
        if self._headed is not None:
            return self._bodied(self._headed)
        if buffer[0] in _LINE_ENDS:  # empty lines before a request line are skipped (RFC 9112 section 2.2)
            buffer = self.buffer = buffer.lstrip(b"\r\n")
        end = buffer.find(_END, 0, MAX_HEAD)
        if end < 0:
            self._check_beginning()
            return None
        self.buffer = buffer[end + 4 :]
        request = self._parser.parse(buffer[: end + 4])
        return self._bodied(request) if request.fields.length else request

    def _bodied(self, request: Request) -> Request | None:
        length = request.fields.length
        if len(self.buffer) < length:
            self._headed = request
            return None
        body, self.buffer, self._headed = self.buffer[:length], self.buffer[length:], None
        return msgspec.structs.replace(request, body=body)

    def _check_beginning(self) -> None:
        """Refuse what can no longer become a request, without waiting for its end."""
        buffer = self.buffer
        newline = buffer.find(b"\n")
        line = _METHOD_BEGINS.match(buffer) if newline < 0 else _LINE.match(buffer, 0, max(0, newline - 1))
        if buffer and line is None:
            raise _unreadable(buffer)
        if len(buffer) >= MAX_HEAD:
            raise HeadTooLargeError(
                f"The request head is larger than {MAX_HEAD} bytes.", hint="Send fewer or shorter headers."
            )


def parse_fields(block: bytes) -> Fields:
    """Read a header block, blank line included (RFC 9112 section 5).

    Raises:
        BadRequestError: a line is malformed, there are too many, Host is doubled, or a body follows that is larger than
            any report, or of unknown length.
    """
    lines = block[:-4].split(b"\r\n") if block != b"\r\n" else []
    if len(lines) > MAX_FIELDS:
        raise HeadTooLargeError(
            f"There are more than {MAX_FIELDS} header fields.", hint="Send fewer headers."
        )
    fields: dict[bytes, bytes] = {}
    for line in lines:
        field = _FIELD.match(line)
        if field is None:
            raise BadRequestError(
                f"{line[:40]!r} is not a header field.", hint="Send each as 'Name: value', ended by CR LF."
            )
        name = field[1].lower()
        value = field[2].rstrip(b" \t")
        if name in fields:
            if name == b"host":
                raise BadRequestError("The Host header is given twice.", hint="Send it once.")
            value = fields[name] + b", " + value
        fields[name] = value
    connection = {token.strip().lower() for token in fields.get(b"connection", b"").split(b",")}
    return Fields(
        keep_alive=False if b"close" in connection else (True if b"keep-alive" in connection else None),
        host=fields.get(b"host", b""),
        has_host=b"host" in fields,
        origin=fields.get(b"origin", b""),
        referer=fields.get(b"referer", b""),
        authorization=fields.get(b"authorization", b""),
        if_none_match=fields.get(b"if-none-match", b""),
        byte_range=fields.get(b"range", b""),
        if_range=fields.get(b"if-range", b""),
        user_agent=fields.get(b"user-agent", b""),
        forwarded_for=fields.get(b"x-forwarded-for", b""),
        session=session_in_header(fields[b"cmcd-session"]) if b"cmcd-session" in fields else "",
        gzip=b"accept-encoding" in fields and accepts_gzip(fields[b"accept-encoding"]),
        length=_length(fields) if b"content-length" in fields or b"transfer-encoding" in fields else 0,
    )


def _length(fields: dict[bytes, bytes]) -> int:
    """Of the body that follows, bytes (RFC 9112 section 6.3)."""
    given = fields.get(b"content-length", b"")
    if b"transfer-encoding" in fields or not given.isdigit() or len(given) > MAX_LENGTH_DIGITS:
        raise BadRequestError(
            "The length of what follows cannot be told.",
            hint="Send Content-Length, once, and no Transfer-Encoding.",
        )
    if int(given) > MAX_BODY:
        raise BodyTooLargeError(f"A body may have {MAX_BODY} bytes.", hint="Send fewer reports at once.")
    return int(given)


def _remember(table: dict[bytes, _T], key: bytes, value: _T) -> None:
    if len(table) >= MAX_REMEMBERED:
        table.clear()
    table[key] = value


def _below(target: str) -> str | None:
    """The part after `/live/`, or after `/vod/` with its mark, from a target in origin or absolute form (RFC 9112 section 3.2)."""
    if not target.startswith("/"):
        absolute = _ABSOLUTE.match(target)
        if absolute is None:
            return None
        target = target[absolute.end() :]
    return below(target)


def below(path: str) -> str | None:
    """What an edge is asked for by a path in origin form; None where it is another server's."""
    if path.startswith(LIVE_PREFIX):
        return path[len(LIVE_PREFIX) :]
    if not path.startswith(VOD_PREFIX):
        return None
    rest = path[len(VOD_PREFIX) :]
    token, slash, below_token = rest.partition("/")
    return f"{token}/{VOD}{below_token}" if slash and token.startswith(TOKEN_MARK) else VOD + rest


def _unreadable(data: bytes) -> BadRequestError:
    if data.startswith(_TLS_HANDSHAKE):
        return BadRequestError(
            "This port speaks plain HTTP, and the client began TLS.",
            hint="Use http://, or the TLS front's port.",
        )
    return BadRequestError(
        f"{data[:24]!r} does not begin an HTTP/1.1 request.", hint="Send a line like 'GET /live/… HTTP/1.1'."
    )
