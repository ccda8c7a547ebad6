"""A small keep-alive HTTP/1.1 client (RFC 9112) on asyncio protocols, lean enough for thousands of players in a process.

Flows in: addresses to get. Flows out: whole responses, or `RequestError`. One `HttpClient` is one viewer with its
own connections, as a browser has them. Bounds: a body ends at `max_body_bytes`, headers at 32 KiB, a request at its
timeout; as many connections are open as requests are in flight at once, which is four for a player;
two where requests may follow each other on one.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import cache, lru_cache
from ipaddress import ip_address

from tidegate.media.player.address import Address, resolve
from tidegate.media.player.connection import Connection, CutError
from tidegate.media.player.exchange import Link, Response
from tidegate.media.player.types import PlayerError, RequestError

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_REDIRECTS = 4

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Ahead:
    """A request sent together with another one, for what will be there when that is answered; see `HttpClient.get`."""

    def __init__(self, address: Address, head: bytes, *, keep: bool) -> None:
        self.address = address
        self.head = head
        self.keep = keep
        self._connection: Connection | None = None
        self._waiter: asyncio.Future[Response] | None = None

    def send(self, connection: Connection, timeout_s: float) -> None:
        self.drop()
        self._connection = connection
        self._waiter = connection.request(self.address, self.head, keep=self.keep, timeout_s=timeout_s)

    def follow(self, request: "asyncio.Task[Response]") -> None:
        """It is on its way by itself."""
        self._connection, self._waiter = None, request

    async def answer(self) -> Response | None:
        """None where it was not sent, or the connection carried the request before it alone."""
        if self._waiter is None:
            return None
        try:
            return await self._waiter
        except CutError:
            return None

    def drop(self) -> None:
        """Nobody waits for it any more; hangs up where it is still on its way."""
        waiter, self._waiter = self._waiter, None
        if waiter is None:
            return
        if waiter.cancelled() or waiter.cancel():
            if self._connection is not None:
                self._connection.forget(waiter)
        else:
            waiter.exception()  # has been looked at, whatever it was


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
        pipelining: bool = False,
    ) -> None:
        """`loopback_only`: connect to no other machine, wherever a playlist or a redirect points. `pipelining`: what is asked for
        `ahead` follows on the same connection, not on another.
        """
        self._pipelining = pipelining
        self._link = link
        self._loopback_only = loopback_only
        self._now = now
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
        self._timeout_s = timeout_s
        self._max_body_bytes = max_body_bytes
        self._tls = tls
        self._idle: dict[tuple[str, str, int], list[Connection]] = {}
        self._open: set[Connection] = set()
        self.requests = 0
        self.bytes = 0

    async def get(
        self,
        address: Address,
        *,
        keep: bool = True,
        first_byte: int = 0,
        length: int = 0,
        ahead: Ahead | None = None,
    ) -> Response:
        """GET, following redirects. `length` bytes from `first_byte` where a length is given; `keep=False` counts the
        body without keeping it. `ahead` is sent together with it.

        Raises:
            RequestError: no connection, no answer in time, or not HTTP. Any status is a response.
        """
        response = await self._get(address, self._asking(address, first_byte, length), keep=keep, ahead=ahead)
        self.bytes += response.size
        for _ in range(MAX_REDIRECTS):
            if response.status not in _REDIRECTS or b"location" not in response.headers:
                return response
            try:
                address = resolve(address, response.headers[b"location"].decode("latin-1"))
            except PlayerError as error:
                raise RequestError(f"{address.authority} redirects to what is no address.") from error
            response = await self._get(address, self._asking(address, first_byte, length), keep=keep)
            self.bytes += response.size
        raise RequestError(f"{address.authority} redirects more than {MAX_REDIRECTS} times.")

    def ahead(self, address: Address, *, keep: bool = True, first_byte: int = 0, length: int = 0) -> Ahead:
        """A GET to be given to another one as `ahead`. Whoever makes it drops it."""
        return Ahead(address, self._asking(address, first_byte, length), keep=keep)

    async def arrived(self, ahead: Ahead, *, first_byte: int = 0, length: int = 0) -> Response:
        """What was asked for ahead; asked for now where that came to nothing.

        Raises:
            RequestError: as `get`.
        """
        response = await ahead.answer()
        if response is None or response.status in _REDIRECTS:
            return await self.get(ahead.address, keep=ahead.keep, first_byte=first_byte, length=length)
        self.bytes += response.size
        return response

    async def post(self, address: Address, body: bytes, content_type: str) -> Response:
        """POST, following no redirect.

        Raises:
            RequestError: as `get`.
        """
        described = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1")
        response = await self._get(
            address, _opening("POST", address) + self._head + described + body, keep=True
        )
        self.bytes += response.size
        return response

    def _asking(self, address: Address, first_byte: int, length: int) -> bytes:
        ranged = f"Range: bytes={first_byte}-{first_byte + length - 1}\r\n".encode() if length else b""
        return b"%b%b%b\r\n" % (_opening("GET", address), self._head, ranged)

    async def _get(
        self, address: Address, head: bytes, *, keep: bool, ahead: Ahead | None = None
    ) -> Response:
        while True:
            connection = self._rested(address) or await self._connection(address)
            stale = connection.answered > 0
            self.requests += 1
            waiter = connection.request(address, head, keep=keep, timeout_s=self._timeout_s)
            if ahead is not None:
                self._send(ahead, connection, address)
            try:
                response = await waiter
            except CutError:
                if stale:  # the server closed an idle connection just as it was used: ask again on another
                    continue
                raise
            except asyncio.CancelledError:
                connection.forget(waiter)
                raise
            return response

    def _send(self, ahead: Ahead, connection: Connection, address: Address) -> None:
        follows = self._pipelining and _origin(ahead.address) == _origin(address)
        carrier = connection if follows else self._rested(ahead.address)
        if carrier is not None:
            self.requests += 1
            ahead.send(carrier, self._timeout_s)
        else:
            ahead.drop()
            ahead.follow(asyncio.ensure_future(self._get(ahead.address, ahead.head, keep=ahead.keep)))

    def _rested(self, address: Address) -> Connection | None:
        """A connection on which nothing is under way."""
        idle = self._idle.get(_origin(address))
        while idle:
            connection = idle.pop()
            if connection.usable:
                return connection
        return None

    async def _connection(self, address: Address) -> Connection:
        if self._loopback_only:
            await check_loopback(address)
        tls = self._tls() if address.scheme == "https" else None
        idle = self._idle.setdefault(_origin(address), [])

        def rests(connection: Connection) -> None:
            if connection.usable:
                idle.append(connection)
            else:
                self._open.discard(connection)

        def made() -> Connection:
            return Connection(self._now, self._max_body_bytes, self._link, rests)

        try:
            async with asyncio.timeout(self._timeout_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    made, address.host, address.port, ssl=tls
                )
        except TimeoutError:
            raise RequestError(f"Cannot connect to {address.authority}: no answer.") from None
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise RequestError(f"Cannot connect to {address.authority}: {reason}.") from error
        self._open.add(connection)
        return connection

    def close(self) -> None:
        for connection in list(self._open):
            connection.close()
        self._open.clear()
        self._idle.clear()


@lru_cache(maxsize=4096)
def _opening(method: str, address: Address) -> bytes:
    """The beginning of a request; all viewers of a process ask for the same."""
    return f"{method} {address.target} HTTP/1.1\r\nHost: {address.authority}\r\n".encode("latin-1")


def _origin(address: Address) -> tuple[str, str, int]:
    return address.scheme, address.host, address.port


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
