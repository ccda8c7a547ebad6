"""One viewer's connection: requests in, answers out, in order, with nothing of its own but a read buffer.

In: HTTP/1.1 bytes (RFC 9112). Out: head and body of shared `Answer`s, handed to the kernel as they are. One request
is under way at a time; what a client pipelines behind it stays in the buffer, and at the bound reading pauses.
A request for another path than `/live/` hands the connection over, for good, to the server behind.

No timer runs per connection: `sweep` is called for each by the server, and notes what has not moved.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal, Protocol, cast

from tidegate.core.clock import Clock
from tidegate.core.delivery import NOBODY, Visitor
from tidegate.media.edge.answers import (
    BEACON_PREFLIGHT,
    HEAD_TOO_LATE,
    METHOD_NOT_ALLOWED,
    NOT_LIVE,
    PREFLIGHT,
    TOO_MANY_REQUESTS,
    Answer,
    coded_refusal_of,
    for_page,
)
from tidegate.media.edge.channel_limits import Seat
from tidegate.media.edge.cmcd import device_of
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.counters import ServerCounters
from tidegate.media.edge.encoding import gzipped
from tidegate.media.edge.flights import Pending
from tidegate.media.edge.gatekeeping import IsPeer, visitor_of
from tidegate.media.edge.http1 import BadRequestError, Fields, Request, RequestParser, RequestReader
from tidegate.media.edge.limits import Account
from tidegate.media.edge.proxies import TrustedProxies
from tidegate.media.edge.ranges import ranged
from tidegate.media.edge.service import Edge
from tidegate.media.edge.tallies import UNTALLIED
from tidegate.media.edge.targets import is_beacon

MAX_PIPELINED = 16 * 1024
"""Bytes of requests behind the one under way; at the bound reading pauses and TCP holds the sender back."""
MAX_LINGER = 256 * 1024
"""Bytes of a refused sender that are read and dropped before it is cut."""
STALL_MIN_BYTES = 4096
"""A viewer that takes less than this within the stall deadline is not reading."""

State = Literal["idle", "head", "waiting", "writing", "lingering"]
Fallback = Callable[[], asyncio.Protocol]


class Owner(Protocol):
    """What a connection needs of its server."""

    edge: Edge
    clock: Clock
    config: ServerConfig
    counters: ServerCounters
    parser: RequestParser
    proxies: TrustedProxies
    patience_s: Mapping[State, float]
    fallback: Fallback | None
    is_peer: IsPeer
    draining: bool

    def account(self, address: str) -> Account:
        """What the viewer at `address` spends from."""
        ...

    def opened(self, connection: "Connection", account: Account) -> Answer | None:
        """Admit a connection, or say why not."""
        ...

    def closed(self, connection: "Connection", account: Account) -> None: ...

    def handed_over(
        self, connection: "Connection", transport: asyncio.Transport, account: Account
    ) -> None: ...


class Connection(asyncio.Protocol):
    """One connection from accept to close, or to its hand-over."""

    __slots__ = (
        "_account",
        "_address",
        "_audience",
        "_closing",
        "_device",
        "_edge",
        "_eof",
        "_fields",
        "_held",
        "_linger_left",
        "_marker",
        "_owner",
        "_paused",
        "_peer_account",
        "_pending",
        "_reader",
        "_request",
        "_seat",
        "_served",
        "_since",
        "_transport",
        "_unsent",
        "_viewer",
        "_visitor",
    )

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._edge = owner.edge
        self._audience = owner.edge.audience
        self._reader = RequestReader(owner.parser)
        self._transport: asyncio.Transport | None = None
        self._address = ""
        self._account = self._peer_account = owner.edge.limits.unlimited
        self._pending: Pending | None = None
        self._request: Request | None = None
        self._fields: Fields | None = None
        self._viewer = self._device = ""
        self._visitor: Visitor = NOBODY
        self._seat: Seat | None = Seat()
        self._paused = False  # writing: the transport holds enough
        self._held = False  # reading: the client has pipelined enough
        self._closing = False
        self._eof = False
        self._served = 0
        self._marker: tuple[State, int] | None = None
        self._since = 0.0
        self._unsent = 0
        self._linger_left = MAX_LINGER

    # -- the transport's side

    def connection_made(self, base: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", base)  # uvloop's transports are of no asyncio class
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        self._account = self._peer_account = self._owner.account(self._address)
        refused = self._owner.opened(self, self._peer_account)
        if refused is not None:
            self._closing = True
            transport.writelines((refused.closing_head, refused.body))
            transport.close()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            self._discard(len(data))
            return
        self._reader.feed(data)
        if self._pending is None and not self._paused:
            self._advance()
        elif not self._held and len(self._reader.buffer) > MAX_PIPELINED and self._transport is not None:
            self._held = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """A half-closed sender still gets what is being written; one that waits has, by all custom, hung up."""
        self._eof = True
        return self._paused

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._pending is not None:
            self._owner.counters.hung_up_waiting += 1
            self._pending.cancel()
            self._pending = None
        self._closing = True
        self._transport = None
        self._stand()
        self._owner.closed(self, self._peer_account)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._pending is None and not self._closing:
            self._advance()

    # -- requests

    def _advance(self) -> None:
        """Serve what is buffered until something must be waited for."""
        reader = self._reader
        while reader.buffer and not self._closing:
            try:
                request = reader.next()
            except BadRequestError as error:
                self._owner.counters.bad_requests += 1
                self._refuse(coded_refusal_of(error))
                return
            if request is None:
                break
            if not self._serve(request) or self._paused:
                return
        if self._transport is None or self._closing:
            return
        if self._eof:
            self._transport.close()
        elif self._held:
            self._held = False
            self._transport.resume_reading()

    def _serve(self, request: Request) -> bool:
        """Answer `request`; False where the answer is still to come or the connection has another owner."""
        if request.target is None:
            return self._elsewhere(request)
        method = request.method
        reports = method == "POST" and is_beacon(request.target)
        if method not in ("GET", "HEAD") and not reports:
            self._write(self._for_method(request), request)
            return True
        fields = request.fields
        if fields is not self._fields:
            self._fields = fields
            self._know(fields)
        account = self._account
        account.requests -= 1  # `spend`, without its call
        if account.requests < 0 and not account.earn():
            self._owner.counters.limited_requests += 1
            self._edge.tallies.other.wrote(TOO_MANY_REQUESTS.status, len(TOO_MANY_REQUESTS.body))
            self._refuse(TOO_MANY_REQUESTS)
            return False
        if reports:
            visitor = self._visitor
            local = visitor.address in self._owner.proxies
            answer = self._edge.report(request.target, request.body, fields.user_agent, visitor, local=local)
            self._write(answer, request)
            return True
        got = self._edge.handle(
            request.target, fields.if_none_match, self._viewer, self._visitor, self._device, self._seat
        )
        if isinstance(got, Pending):
            self._pending = got
            self._request = request
            got.then(self._landed)
            return False
        self._write(got, request)
        return True

    def _for_method(self, request: Request) -> Answer:
        if request.method != "OPTIONS":
            return METHOD_NOT_ALLOWED
        return BEACON_PREFLIGHT if request.target and is_beacon(request.target) else PREFLIGHT

    def _know(self, fields: Fields) -> None:
        """Whose requests these are from now on: behind a proxy one connection carries many viewers'."""
        owner = self._owner
        address = self._address
        if fields.forwarded_for:
            address = owner.proxies.viewer(address, fields.forwarded_for)
            self._account = owner.account(address)
            self._stand()
            self._seat = None
        else:
            self._account = self._peer_account
        visitor = visitor_of(
            address, fields.origin, fields.referer, fields.host, fields.authorization, owner.is_peer
        )
        self._visitor = visitor
        self._device = "" if visitor.peer else device_of(address, fields.user_agent)
        self._viewer = fields.session or self._device if not visitor.peer else ""

    def _stand(self) -> None:
        if self._seat is not None:
            self._edge.channel_limits.stand(self._seat)

    def _landed(self, answer: Answer) -> None:
        request, self._request, self._pending = self._request, None, None
        if request is None or self._closing:
            return
        self._write(answer, request)
        if self._reader.buffer and not (self._paused or self._closing):
            self._advance()

    def _write(self, answer: Answer, request: Request) -> None:
        transport = self._transport
        if transport is None:
            return
        self._served += 1
        if answer.compressible and request.fields.gzip:
            answer = gzipped(answer, self._owner.clock.wall())
        elif request.fields.byte_range and request.method == "GET":
            fields = request.fields
            answer = ranged(answer, fields.byte_range, fields.if_range, self._owner.clock.wall())
        if answer.listed:
            answer = for_page(answer, request.fields.origin)
        closes = not request.keep_alive or self._owner.draining
        tally = answer.tally if not self._visitor.peer else UNTALLIED
        tally.answered += 1
        if answer.status >= 300:
            tally.not_given(answer.status)
        if answer.wire and not closes and request.method != "HEAD":
            tally.bytes += len(answer.body)
            self._audience.sent_bytes += len(answer.wire)
            transport.write(answer.wire)
            return
        head = answer.closing_head if closes else answer.head
        body = answer.body if request.method != "HEAD" else b""
        tally.bytes += len(body)
        self._audience.sent_bytes += len(head) + len(body)
        transport.writelines((head, body) if body else (head,))
        if closes:
            self._closing = True
            transport.close()

    def _elsewhere(self, request: Request) -> bool:
        transport, make = self._transport, self._owner.fallback
        if transport is None:
            return False
        if make is None:
            self._refuse(NOT_LIVE)  # and close: a body that follows would be read as requests
            return False
        successor = make()
        self._closing = True
        self._stand()
        self._owner.handed_over(self, transport, self._peer_account)
        data = request.head + self._reader.rest()
        transport.set_protocol(successor)
        successor.connection_made(transport)
        if self._held:
            transport.resume_reading()
        successor.data_received(data)
        if self._eof:
            successor.eof_received()
        return False

    # -- endings

    def _refuse(self, answer: Answer) -> None:
        """Say what is wrong, then read on for a moment: closing on unread bytes would reset the answer away."""
        self._closing = True
        transport = self._transport
        if transport is None:
            return
        transport.writelines((answer.closing_head, answer.body))
        if self._eof or not transport.can_write_eof():
            transport.close()
            return
        transport.write_eof()
        if self._held:
            transport.resume_reading()

    def _discard(self, size: int) -> None:
        self._linger_left -= size
        if self._linger_left < 0 and self._transport is not None:
            self._transport.abort()

    def drain(self) -> None:
        """Close now if nothing is under way; else the answer under way will be the last."""
        if self._pending is None and not self._paused and self._transport is not None:
            self._closing = True
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # -- deadlines

    def sweep(self, now: float) -> None:
        """End what has not moved for its deadline; `now` in monotonic seconds, as coarse as the calls are apart."""
        transport = self._transport
        if transport is None:
            return
        unsent = transport.get_write_buffer_size()
        state = self._state(unsent)
        marker = (state, self._served)
        if marker != self._marker or self._unsent - unsent >= STALL_MIN_BYTES:
            self._marker, self._since, self._unsent = marker, now, unsent
        elif now - self._since >= self._owner.patience_s[state]:
            self._end(state, transport)

    def _state(self, unsent: int) -> State:
        if unsent:
            return "writing"
        if self._closing:
            return "lingering"
        if self._pending is not None:
            return "waiting"
        return "head" if self._reader.incomplete or not self._served else "idle"

    def _end(self, state: State, transport: asyncio.Transport) -> None:
        counters = self._owner.counters
        if state == "writing":
            counters.stalled += 1
            transport.abort()
        elif state == "lingering":
            transport.abort()
        elif state == "head":
            counters.head_timeouts += 1
            transport.writelines((HEAD_TOO_LATE.closing_head, HEAD_TOO_LATE.body))
            self._closing = True
            transport.close()
        else:
            counters.idle_timeouts += 1
            self._closing = True
            transport.close()
