"""HTTP/1.1 requests with bodies of any length (RFC 9112), out of bytes. No socket, no clock.

In: what a connection reads. Out: `Head`, body pieces and ends, in order. llhttp does the parsing, and refuses what
could be read in two ways; here the head's size is bounded and the fields that matter are picked.
"""

import httptools
import msgspec

from tidegate.core.errors import InvalidError
from tidegate.media.gateway.cmaf.errors import MalformedRequestError


class HeadTooLargeError(InvalidError):
    code = "head-too-large"
    status = 431


class Head(msgspec.Struct, frozen=True):
    """A request's head. `authorization` and the target's query are secrets: they stay out of `repr`."""

    method: str
    target: str
    authorization: str
    agent: str
    expects_continue: bool
    keep_alive: bool

    def __repr__(self) -> str:
        return f"Head({self.method!r}, {self.target.partition('?')[0]!r})"


class End(msgspec.Struct, frozen=True):
    """A request's body is whole."""


END = End()
Event = Head | bytes | End


class RequestParser:
    """One connection's requests. After an error it is spent."""

    def __init__(self, head_bytes_max: int) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._head_max = head_bytes_max
        self._head_bytes = 0
        self._target = b""
        self._fields: dict[bytes, bytes] = {}
        self._events: list[Event] = []
        self.in_head = False
        """A head has begun and is not whole."""

    def feed(self, data: bytes) -> list[Event]:
        """Take what has arrived.

        Raises:
            MalformedRequestError: it is no HTTP request.
            HeadTooLargeError: its head is over the bound.
        """
        try:
            self._parser.feed_data(data)
        except HeadTooLargeError:
            raise
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            cause = error.__context__
            if isinstance(cause, HeadTooLargeError):
                raise cause from None
            raise MalformedRequestError(
                "This is no HTTP/1.1 request.", hint="Use PUT or POST over HTTP/1.1."
            ) from error
        events, self._events = self._events, []
        return events

    # httptools calls these

    def on_message_begin(self) -> None:
        self.in_head = True
        self._head_bytes = 0
        self._target = b""
        self._fields = {}

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        self._target += url

    def on_header(self, name: bytes, value: bytes | None) -> None:
        value = value or b""
        self._count(len(name) + len(value))
        name = name.lower()
        if name in (b"authorization", b"user-agent", b"expect"):
            self._fields[name] = value

    def on_headers_complete(self) -> None:
        self.in_head = False
        fields = self._fields
        self._events.append(
            Head(
                self._parser.get_method().decode("latin-1"),
                self._target.decode("latin-1"),
                fields.get(b"authorization", b"").decode("latin-1"),
                "".join(filter(str.isprintable, fields.get(b"user-agent", b"").decode("latin-1")))[:80],
                fields.get(b"expect", b"").lower() == b"100-continue",
                bool(self._parser.should_keep_alive()),
            )
        )

    def on_body(self, body: bytes) -> None:
        self._events.append(body)

    def on_message_complete(self) -> None:
        self._events.append(END)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self._head_max:
            raise HeadTooLargeError(
                f"The request head is larger than {self._head_max} bytes.",
                hint="Send fewer or shorter headers.",
            )
