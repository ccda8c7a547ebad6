"""One HTTP/1.1 connection of a player (RFC 9112): requests written, answers read in the order in which they were asked for.

Flows in: requests as bytes, what the socket brings. Flows out: each request's waiter ends with a `Response` or a `RequestError`,
at once or over an imitated network. A request may follow another before that is answered (section 9.3.2): both then leave in
one write. Bounds: see `http`.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import httptools

from tidegate.media.player.address import Address
from tidegate.media.player.exchange import Exchange, Link, Response
from tidegate.media.player.heads import MAX_HEADER_BYTES, Head, HeadReader, Heads
from tidegate.media.player.types import RequestError

READ_BUFFER_BYTES = 256 * 1024

_HEAD_END = b"\r\n\r\n"
_VERSION = b"HTTP/"
_NOTHING_READ = HeadReader()


class CutError(RequestError):
    """The peer closed the connection before a byte of the answer: it had been idle for too long, or takes no more requests."""


def _unheard(_connection: "Connection") -> None:
    pass


class Connection(asyncio.BufferedProtocol):
    """Reads land in a buffer that all connections of the loop share: each read is taken before the next one happens. Bodies of
    a length told beforehand are counted off; others go through a parser.

    Attributes:
        usable: open, and nothing is under way on it.
        answered: requests so far.
    """

    _shared = bytearray(READ_BUFFER_BYTES)
    _heads = Heads()

    def __init__(
        self,
        now: Callable[[], float],
        max_body_bytes: int,
        link: Link | None = None,
        on_rest: Callable[["Connection"], None] = _unheard,
    ) -> None:
        """`on_rest` is told when all that was asked is answered, or it has closed."""
        self._now = now
        self._max_body_bytes = max_body_bytes
        self._link = link
        self._on_rest = on_rest
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._asked: deque[Exchange] = deque()
        self._expiry: asyncio.TimerHandle | None = None
        self._read_at = 0.0
        self._begin()
        self.usable = False
        self.answered = 0

    def _begin(self) -> None:
        """What comes next is another answer."""
        self._partial = b""
        self._head: Head | None = None
        self._reader = _NOTHING_READ
        self._headed = False
        self._body = b""
        self._size = 0
        self._first_byte_at = 0.0

    def request(
        self, address: Address, head: bytes, *, keep: bool, timeout_s: float
    ) -> "asyncio.Future[Response]":
        """Send a request; the future ends with the response or `RequestError`, at the latest after `timeout_s`."""
        assert self._transport is not None  # noqa: S101 - only connected ones are handed out
        asked_at = self._now()
        waiter: asyncio.Future[Response] = self._loop.create_future()
        self._asked.append(
            Exchange(
                address,
                keep=keep,
                asked_at=asked_at,
                until=asked_at + timeout_s,
                fresh=not self.answered,
                waiter=waiter,
            )
        )
        self.usable = False
        if self._expiry is None:
            self._expiry = self._loop.call_later(timeout_s, self._expire)
        self._transport.write(head)
        return waiter

    def _expire(self) -> None:
        """One timer for all requests, since nearly every one is answered long before its time is over."""
        self._expiry = None
        if not self._asked:
            return
        first = self._asked[0]
        left_s = first.until - self._now()
        if left_s > 0:
            self._expiry = self._loop.call_later(left_s, self._expire)
            return
        waited_s = first.until - first.asked_at
        self._fail(RequestError(f"No answer from {first.address.authority} within {waited_s:.0f} s."))

    def forget(self, waiter: "asyncio.Future[Response]") -> None:
        """Nobody waits for this answer any more: what is on its way cannot be stopped but by hanging up."""
        if any(exchange.waiter is waiter for exchange in self._asked):
            self.close()
        elif self._link is not None:
            self._link.forget(waiter)

    def close(self) -> None:
        self._fail(RequestError("The connection was closed before the server's answer was whole."))

    def _fail(self, error: RequestError) -> None:
        asked, self._asked = self._asked, deque()
        for exchange in asked:
            if not exchange.waiter.done():
                exchange.waiter.set_exception(error)
        self.usable = False
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._transport is not None:
            self._transport.abort()
        self._on_rest(self)

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")  # noqa: S101 - streams only
        self._transport = transport  # type: ignore[assignment]
        self.usable = True

    def get_buffer(self, _sizehint: int) -> bytearray:
        return self._shared

    def buffer_updated(self, nbytes: int) -> None:
        self._read_at = self._now()
        try:
            begin = 0
            while begin < nbytes:
                begin = self._read(begin, nbytes)
        except RequestError as error:
            self._fail(error)
        except (httptools.HttpParserError, ValueError) as error:
            cause = error.__context__ if isinstance(error.__context__, RequestError) else None
            self._fail(cause or RequestError(f"The server's answer is not HTTP: {error}."))

    def _read(self, begin: int, end: int) -> int:
        """Take what belongs to the answer that comes now; where the next one begins."""
        if not self._asked:
            raise RequestError("The server talks out of turn.")
        if not self._first_byte_at:
            self._first_byte_at = self._read_at
        if self._head is not None:
            return self._take(self._head, begin, end)
        if self._parser is not None:
            self._parser.feed_data(memoryview(self._shared)[begin:end])
            return end
        return self._take_head(begin, end)

    def _take_head(self, begin: int, end: int) -> int:
        found = -1 if self._partial else self._shared.find(_HEAD_END, begin, end)
        if found >= 0:
            body = found + len(_HEAD_END)
            head = bytes(self._shared[begin:body])
        else:  # it came in pieces
            self._partial += self._shared[begin:end]
            found = self._partial.find(_HEAD_END)
            if not self._partial.startswith(_VERSION[: len(self._partial)]):
                raise ValueError("it does not begin with its version")
            if found < 0:
                if len(self._partial) > MAX_HEADER_BYTES:
                    raise RequestError(f"The server's headers are longer than {MAX_HEADER_BYTES} bytes.")
                return end
            head = self._partial[: found + len(_HEAD_END)]
            body = end - (len(self._partial) - len(head))
        read = self._heads.read(head)
        if read.length < 0:
            return self._parse(head, body, end)
        if read.length > self._max_body_bytes:
            raise RequestError(f"The server's answer is longer than {self._max_body_bytes} bytes.")
        self._head = read
        return self._take(read, body, end)

    def _take(self, head: Head, begin: int, end: int) -> int:
        """Bytes of a body whose length is known."""
        stop = min(end, begin + head.length - self._size)
        if stop < end and len(self._asked) == 1:
            raise RequestError("The server's answer is longer than it says.")
        self._size += stop - begin
        if self._asked[0].keep:
            self._body += self._shared[begin:stop]
        if self._size == head.length:
            self._complete(head.status, head.headers, keep_alive=head.keep_alive)
        return stop

    def _parse(self, head: bytes, begin: int, end: int) -> int:
        """From here on, this connection's answers are read piece by piece."""
        self._parser = httptools.HttpResponseParser(self)
        self._parser.feed_data(head)
        if end > begin:
            self._parser.feed_data(memoryview(self._shared)[begin:end])
        return end

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        headers = self._reader.headers
        framed = b"content-length" in headers or b"transfer-encoding" in headers
        if self._headed and not framed and self._asked:
            self._read_at = self._now()
            self.on_message_complete()
        kind = RequestError if self._first_byte_at else CutError
        self._fail(kind("The server closed the connection before its answer was whole."))

    # httptools calls these

    def on_message_begin(self) -> None:
        if not self._asked:
            raise RequestError("The server talks out of turn.")
        self._first_byte_at = self._first_byte_at or self._read_at
        self._reader = HeadReader()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._reader.on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headed = True

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._max_body_bytes:
            raise RequestError(f"The server's answer is longer than {self._max_body_bytes} bytes.")
        if self._asked[0].keep:
            self._body += data

    def on_message_complete(self) -> None:
        assert self._parser is not None  # noqa: S101 - it calls this
        status = self._parser.get_status_code()
        if status < 200:
            self._begin()
            return
        self._complete(status, self._reader.headers, keep_alive=self._parser.should_keep_alive())

    def _complete(self, status: int, headers: dict[bytes, bytes], *, keep_alive: bool) -> None:
        exchange = self._asked.popleft()
        self.answered += 1
        if not exchange.waiter.done():
            at = self._now()
            response = Response(
                status, headers, bytes(self._body), self._size, at - self._first_byte_at, at, exchange.address
            )
            if self._link is None:
                exchange.waiter.set_result(response)
            else:
                self._link.deliver(
                    response, exchange.asked_at, exchange.until, exchange.waiter, fresh=exchange.fresh
                )
        self._begin()
        if not keep_alive:
            self._fail(CutError("The server closed the connection before it answered."))
        elif not self._asked:
            self.usable = True
            self._on_rest(self)
