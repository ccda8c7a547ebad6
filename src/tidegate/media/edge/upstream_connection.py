"""One keep-alive connection to the origin: a request out, one response in, then the next.

In: HTTP/1.1 response bytes (RFC 9112; Content-Length, chunked or until close). Out: a `LiveResponse`. Refuses what is
larger than its bounds instead of holding it.
"""

import asyncio
import re
from typing import cast

import httptools

from tidegate.core.delivery import LiveResponse

MAX_HEADERS_BYTES = 16 * 1024

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"content-length",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"age",
    }
)
"""What ends at this hop (RFC 9110 section 7.6.1), and what the next writer states anew."""
_MAX_AGE = re.compile(rb"(?:^|[\s,])(s-maxage|max-age)\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)
_NEVER = re.compile(rb"(?:^|[\s,])(no-store|no-cache|private)(?:$|[\s,=])", re.IGNORECASE)


class UpstreamLostError(Exception):
    """The connection ended before the response did. `began`: some of the response had arrived."""

    def __init__(self, sentence: str, *, began: bool) -> None:
        super().__init__(sentence)
        self.began = began


class UpstreamRefusedError(Exception):
    """What arrived is no response, or larger than the bound."""


class UpstreamConnection(asyncio.Protocol):
    """Use `ask` one request at a time; `reusable` says whether another may follow."""

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[LiveResponse] | None = None
        self._began = False
        self._head_whole = False
        self._keep_alive = False
        self._head_bytes = 0
        self._body_bytes = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self.asked = 0

    @property
    def reusable(self) -> bool:
        transport = self._transport
        return transport is not None and not transport.is_closing() and self._answer is None

    async def ask(self, request: bytes) -> LiveResponse:
        """Send one request, whole, and wait for its response.

        Raises:
            UpstreamLostError: the connection ended first.
            UpstreamRefusedError: the response is malformed or too large.
        """
        if self._transport is None or self._transport.is_closing():
            raise UpstreamLostError("the connection is closed", began=False)
        self._began = self._head_whole = False
        self._answer = asyncio.get_running_loop().create_future()
        self.asked += 1
        self._transport.write(request)
        try:
            return await self._answer
        except asyncio.CancelledError:
            self.close()  # the response would be taken for the next one's
            raise
        finally:
            self._answer = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nothing was asked: whatever this is, no later answer may follow it
            return
        self._began = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(UpstreamRefusedError(f"its response cannot be read ({error})"))

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        if self._answer is None or self._answer.done():
            return
        if self._head_whole and not self._keep_alive and not self._has_length():
            self._complete()  # a body without a length ends with its connection (RFC 9112 section 6.3)
        else:
            self._fail(UpstreamLostError("it hung up before its response was whole", began=self._began))

    # -- httptools

    def on_message_begin(self) -> None:
        self._headers, self._body = [], []
        self._head_bytes = self._body_bytes = 0
        self._head_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEADERS_BYTES:
            self._fail(UpstreamRefusedError(f"its response head is larger than {MAX_HEADERS_BYTES} bytes"))
            return
        self._headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._max_body:
            self._fail(UpstreamRefusedError(f"its response is larger than {self._max_body} bytes"))
            return
        self._body.append(body)

    def on_headers_complete(self) -> None:
        self._head_whole = True
        self._keep_alive = bool(self._parser.should_keep_alive())

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= 200:  # 1xx announces the response, it is none
            self._complete()

    def _complete(self) -> None:
        answer = self._answer
        if answer is None or answer.done():
            return
        if not self._keep_alive and self._transport is not None:
            self._transport.close()
        answer.set_result(_response(self._parser.get_status_code(), self._headers, b"".join(self._body)))
        self._headers, self._body = [], []
        self._head_whole = False

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self._body = []
        self.close()

    def _has_length(self) -> bool:
        return any(name in {b"content-length", b"transfer-encoding"} for name, _ in self._headers)


def _response(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> LiveResponse:
    named = dict(headers)
    return LiveResponse(
        status=status,
        headers=tuple(header for header in headers if header[0] not in _HOP_BY_HOP),
        body=body,
        max_age_s=_max_age_s(named.get(b"cache-control", b""), named.get(b"age", b"0")),
        etag=named.get(b"etag", b""),
    )


def _max_age_s(cache_control: bytes, age: bytes) -> float:
    """Remaining freshness for a shared cache, seconds (RFC 9111 section 4.2.1)."""
    if _NEVER.search(cache_control):
        return 0.0
    lifetimes = {name.lower(): int(value) for name, value in _MAX_AGE.findall(cache_control)}
    lifetime = lifetimes.get(b"s-maxage", lifetimes.get(b"max-age", 0))
    return float(max(0, lifetime - (int(age) if age.isdigit() else 0)))
