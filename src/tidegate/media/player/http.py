"""A small keep-alive HTTP/1.1 client (RFC 9112) on asyncio protocols, lean enough for thousands of players in a process.

Flows in: addresses to get. Flows out: whole responses, or `RequestError`. One `HttpClient` is one viewer with its
own connections, as a browser has them. Bounds: a body ends at `max_body_bytes`, headers at 32 KiB, a request at its
timeout; as many connections are open as requests are in flight at once, which is four for a player.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from typing import Protocol

import httptools
import msgspec

from tidegate.media.player.address import Address, resolve
from tidegate.media.player.types import PlayerError, RequestError

READ_BUFFER_BYTES = 256 * 1024
MAX_HEADER_BYTES = 32 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_REDIRECTS = 4
HEADS_KEPT = 1024
"""Heads remembered; beyond it all are forgotten."""

_HEAD_END = b"\r\n\r\n"
_VERSION = b"HTTP/"
_BODILESS = frozenset({204, 304})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Response(msgspec.Struct, frozen=True):
    """A whole answer. `body` is empty where it was not kept; `size` is its length all the same.

    Attributes:
        transfer_s: from the first byte of the answer to its last, for throughput.
        at: monotonic seconds at which it was complete.
    """

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    size: int
    transfer_s: float
    at: float
    address: Address


class Link(Protocol):
    """A network between the server and the player, where one is to be imitated."""

    async def deliver(self, response: Response, asked_at: float, until: float, *, fresh: bool) -> Response:
        """The answer once the network has brought it. Times are monotonic; `fresh`: on a connection made for it.

        Raises:
            RequestError: it would not be here by `until`.
        """
        ...


class _Head(msgspec.Struct, frozen=True, gc=False):
    """An answer's head. `length` is -1 where its body is not of a length told beforehand."""

    status: int
    headers: dict[bytes, bytes]
    length: int
    keep_alive: bool


class _HeadReader:
    """Takes what httptools finds in one answer."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.size = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        self.size += len(name) + len(value)
        if self.size > MAX_HEADER_BYTES:
            raise RequestError(f"The server's headers are longer than {MAX_HEADER_BYTES} bytes.")
        self.headers[name.lower()] = value


class _Heads:
    """Heads read once for all viewers of a process, who are given the same answers."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Head] = {}

    def read(self, head: bytes) -> _Head:
        """Raises:
        HttpParserError: it is none.
        """
        known = self._known.get(head)
        if known is None:
            if len(self._known) >= HEADS_KEPT:
                self._known.clear()
            known = self._known[head] = _read_head(head)
        return known


def _read_head(head: bytes) -> _Head:
    reader = _HeadReader()
    parser = httptools.HttpResponseParser(reader)
    parser.feed_data(head)
    status: int = parser.get_status_code()
    length = -1
    if status in _BODILESS:
        length = 0
    elif status >= 200 and b"transfer-encoding" not in reader.headers and b"content-length" in reader.headers:
        length = int(reader.headers[b"content-length"])
    return _Head(status, reader.headers, length, parser.should_keep_alive())


class _Connection(asyncio.BufferedProtocol):
    """One connection, one request at a time. Reads land in a buffer that all connections of the loop share: each read
    is taken before the next one happens. Bodies of a length told beforehand are counted off; others go through a parser.
    """

    _shared = bytearray(READ_BUFFER_BYTES)
    _heads = _Heads()

    def __init__(self, now: Callable[[], float], max_body_bytes: int) -> None:
        self._now = now
        self._max_body_bytes = max_body_bytes
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiter: asyncio.Future[Response] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        self._address = Address("http", "", 0, "/")
        self._begin(keep=True)
        self.usable = False
        self.answered = 0
        self.cut = False
        """Whether the peer closed it before a byte of the answer: an idle connection that had run out."""

    def _begin(self, *, keep: bool) -> None:
        self._keep = keep
        self._partial = b""
        self._head: _Head | None = None
        self._reader = _NOTHING_READ
        self._headed = False
        self._body = b""
        self._size = 0
        self._first_byte_at = 0.0

    def request(
        self, address: Address, head: bytes, *, keep: bool, timeout_s: float
    ) -> asyncio.Future[Response]:
        """Send a request; the future ends with the response or `RequestError`, at the latest after `timeout_s`."""
        assert self._transport is not None  # noqa: S101 - only connected ones are handed out
        self._begin(keep=keep)
        self._address = address
        self.usable = False
        self._waiter = self._loop.create_future()
        self._due_s = self._loop.time() + timeout_s
        if self._expiry is None:
            self._expiry = self._loop.call_later(timeout_s, self._expire, timeout_s)
        self._transport.write(head)
        return self._waiter

    def _expire(self, timeout_s: float) -> None:
        """One timer for all requests of a connection, since nearly every one is answered long before it is due."""
        self._expiry = None
        if self._waiter is None:  # the next request sets it again
            return
        left_s = self._due_s - self._loop.time()
        if left_s > 0:
            self._expiry = self._loop.call_later(left_s, self._expire, timeout_s)
            return
        self._fail(RequestError(f"No answer from {self._address.authority} within {timeout_s:.0f} s."))

    def close(self) -> None:
        self.usable = False
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._transport is not None:
            self._transport.abort()

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")  # noqa: S101 - streams only
        self._transport = transport  # type: ignore[assignment]
        self.usable = True

    def get_buffer(self, _sizehint: int) -> bytearray:
        return self._shared

    def buffer_updated(self, nbytes: int) -> None:
        if self._waiter is None:  # nothing was asked: the peer talks out of turn
            self.close()
            return
        if not self._first_byte_at:
            self._first_byte_at = self._now()
        try:
            if self._head is not None:
                self._take(0, nbytes)
            elif self._parser is not None:
                self._parser.feed_data(memoryview(self._shared)[:nbytes])
            else:
                self._take_head(nbytes)
        except RequestError as error:
            self._fail(error)
        except (httptools.HttpParserError, ValueError) as error:
            cause = error.__context__ if isinstance(error.__context__, RequestError) else None
            self._fail(cause or RequestError(f"The server's answer is not HTTP: {error}."))

    def _take_head(self, nbytes: int) -> None:
        end = -1 if self._partial else self._shared.find(_HEAD_END, 0, nbytes) + len(_HEAD_END)
        if end >= len(_HEAD_END):
            head, begin = bytes(self._shared[:end]), end
        else:  # it came in pieces
            self._partial += self._shared[:nbytes]
            found = self._partial.find(_HEAD_END)
            if not self._partial.startswith(_VERSION[: len(self._partial)]):
                raise ValueError("it does not begin with its version")
            if found < 0:
                if len(self._partial) > MAX_HEADER_BYTES:
                    raise RequestError(f"The server's headers are longer than {MAX_HEADER_BYTES} bytes.")
                return
            head = self._partial[: found + len(_HEAD_END)]
            begin = nbytes - (len(self._partial) - len(head))
        read = self._heads.read(head)
        if read.length < 0:
            self._parse(head, begin, nbytes)
            return
        if read.length > self._max_body_bytes:
            raise RequestError(f"The server's answer is longer than {self._max_body_bytes} bytes.")
        self._head = read
        self._take(begin, nbytes)

    def _take(self, begin: int, end: int) -> None:
        """Bytes of a body whose length is known."""
        head = self._head
        assert head is not None  # noqa: S101 - it comes before the body
        self._size += end - begin
        if self._keep:
            self._body += self._shared[begin:end]
        if self._size >= head.length:
            if self._size > head.length:
                raise RequestError("The server's answer is longer than it says.")
            self._complete(head.status, head.headers, keep_alive=head.keep_alive)

    def _parse(self, head: bytes, begin: int, end: int) -> None:
        """From here on, this connection's answers are read piece by piece."""
        self._parser = httptools.HttpResponseParser(self)
        self._parser.feed_data(head)
        if end > begin:
            self._parser.feed_data(memoryview(self._shared)[begin:end])

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        self.usable = False
        self.cut = self._waiter is not None and not self._first_byte_at
        headers = self._reader.headers
        framed = b"content-length" in headers or b"transfer-encoding" in headers
        if self._headed and not framed and self._waiter is not None:
            self.on_message_complete()
        self._fail(RequestError("The server closed the connection before its answer was whole."))

    # httptools calls these

    def on_message_begin(self) -> None:
        self._reader = _HeadReader()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._reader.on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headed = True

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._max_body_bytes:
            raise RequestError(f"The server's answer is longer than {self._max_body_bytes} bytes.")
        if self._keep:
            self._body += data

    def on_message_complete(self) -> None:
        assert self._parser is not None  # noqa: S101 - it calls this
        status = self._parser.get_status_code()
        if status < 200:
            self._begin(keep=self._keep)
            return
        self._complete(status, self._reader.headers, keep_alive=self._parser.should_keep_alive())

    def _complete(self, status: int, headers: dict[bytes, bytes], *, keep_alive: bool) -> None:
        waiter, self._waiter = self._waiter, None
        self.answered += 1
        self.usable = keep_alive
        if waiter is not None and not waiter.done():
            at = self._now()
            transfer_s = at - self._first_byte_at
            waiter.set_result(
                Response(status, headers, bytes(self._body), self._size, transfer_s, at, self._address)
            )

    def _fail(self, error: RequestError) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.close()


_NOTHING_READ = _HeadReader()


class HttpClient:
    """Gets addresses for one viewer. Close it when done; requests in flight then fail."""

    def __init__(
        self,
        now: Callable[[], float],
        headers: dict[str, str],
        *,
        timeout_s: float = 15.0,
        max_body_bytes: int = MAX_BODY_BYTES,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        link: Link | None = None,
        loopback_only: bool = False,
    ) -> None:
        """`loopback_only`: connect to no other machine, wherever a playlist or a redirect points."""
        self._link = link
        self._loopback_only = loopback_only
        self._now = now
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._timeout_s = timeout_s
        self._max_body_bytes = max_body_bytes
        self._tls = tls
        self._idle: dict[tuple[str, str, int], list[_Connection]] = {}
        self._open: set[_Connection] = set()
        self.requests = 0
        self.bytes = 0

    async def get(
        self, address: Address, *, keep: bool = True, first_byte: int = 0, length: int = 0
    ) -> Response:
        """GET, following redirects. `length` bytes from `first_byte` where a length is given; `keep=False` counts the
        body without keeping it.

        Raises:
            RequestError: no connection, no answer in time, or not HTTP. Any status is a response.
        """
        ranged = f"Range: bytes={first_byte}-{first_byte + length - 1}\r\n" if length else ""
        for _ in range(MAX_REDIRECTS):
            response = await self._get(address, ranged, keep=keep)
            if response.status not in _REDIRECTS or b"location" not in response.headers:
                return response
            try:
                address = resolve(address, response.headers[b"location"].decode("latin-1"))
            except PlayerError as error:
                raise RequestError(f"{address.authority} redirects to what is no address.") from error
        raise RequestError(f"{address.authority} redirects more than {MAX_REDIRECTS} times.")

    async def post(self, address: Address, body: bytes, content_type: str) -> Response:
        """POST, following no redirect.

        Raises:
            RequestError: as `get`.
        """
        described = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        return await self._get(address, described, keep=True, method="POST", body=body)

    async def _get(
        self, address: Address, more: str, *, keep: bool, method: str = "GET", body: bytes = b""
    ) -> Response:
        line = f"{method} {address.target} HTTP/1.1\r\nHost: {address.authority}\r\n"
        head = f"{line}{self._head}{more}\r\n".encode("latin-1") + body
        asked_at = self._now()
        while True:
            connection = await self._connection(address)
            stale = connection.answered > 0
            self.requests += 1
            try:
                response = await connection.request(address, head, keep=keep, timeout_s=self._timeout_s)
            except RequestError:
                if (
                    stale and connection.cut
                ):  # the server closed an idle connection just as it was used: ask again on another
                    continue
                raise
            finally:
                self._release(connection, address)
            if self._link is not None:
                until = asked_at + self._timeout_s
                response = await self._link.deliver(response, asked_at, until, fresh=not stale)
            self.bytes += response.size
            return response

    async def _connection(self, address: Address) -> _Connection:
        idle = self._idle.get((address.scheme, address.host, address.port), [])
        while idle:
            connection = idle.pop()
            if connection.usable:
                return connection
            self._open.discard(connection)
        if self._loopback_only:
            await check_loopback(address)
        tls = self._tls() if address.scheme == "https" else None
        try:
            async with asyncio.timeout(self._timeout_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: _Connection(self._now, self._max_body_bytes), address.host, address.port, ssl=tls
                )
        except TimeoutError:
            raise RequestError(f"Cannot connect to {address.authority}: no answer.") from None
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise RequestError(f"Cannot connect to {address.authority}: {reason}.") from error
        self._open.add(connection)
        return connection

    def _release(self, connection: _Connection, address: Address) -> None:
        if connection.usable:
            self._idle.setdefault((address.scheme, address.host, address.port), []).append(connection)
        else:
            connection.close()
            self._open.discard(connection)

    def close(self) -> None:
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._idle.clear()


async def check_loopback(address: Address) -> None:
    """See that all addresses of a host are this machine's own.

    Raises:
        RequestError: one is not, or there is none.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM
        )
    except OSError as error:
        raise RequestError(f"Cannot connect to {address.authority}: {error.strerror}.") from error
    if not all(ip_address(str(where[0]).partition("%")[0]).is_loopback for *_, where in found):
        raise RequestError(f"{address.authority} is another machine, which this run may not connect to.")


def trust(ca_file: str) -> Callable[[], ssl.SSLContext]:
    """Makes, when first asked, the context that trusts the system's certificates and those in a PEM file."""

    @cache
    def context() -> ssl.SSLContext:
        made = ssl.create_default_context()
        if ca_file:
            made.load_verify_locations(ca_file)
        return made

    return context
