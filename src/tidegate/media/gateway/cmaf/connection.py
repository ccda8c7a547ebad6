"""One pusher's connection: requests in, each an upload, a rendition, a reading of the source, or a refusal.

In: HTTP/1.1 bytes, handed over by the front door with what it has read. Out: calls on the `Session` the server finds
for it; answers. Bodies are taken as they arrive, so a slow packager holds the sender back by TCP, and nothing is
kept but what has not arrived whole. While admission is awaited reading pauses.
"""

import asyncio
import json
from collections import deque
from http import HTTPStatus
from typing import Literal, Protocol, cast

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError, UnauthorizedError
from tidegate.media.gateway.cmaf.addressing import Resource
from tidegate.media.gateway.cmaf.config import CmafLimits
from tidegate.media.gateway.cmaf.protocol import End, Event, Head, RequestParser
from tidegate.media.gateway.cmaf.rungs import RungUpload, SourceReading
from tidegate.media.gateway.cmaf.session import Upload

ALLOW = "PUT, POST, DELETE"
_DISCARD_BYTES_MAX = 16 << 20
"""What a refused sender may still have sent before it has read why; then it is cut."""

Phase = Literal["idle", "admitting", "body", "reading", "lingering", "gone"]
Work = Upload | RungUpload | SourceReading | None
"""What a request is for; None where its body is of no interest, such as a manifest's."""


class ConnectionHost(Protocol):
    """The server, as its connections see it."""

    clock: Clock
    limits: CmafLimits

    def wants(self, connection: "Connection", head: Head) -> None:
        """A request waits for `Connection.admitted` or `Connection.refused`."""
        ...

    def refused(self, connection: "Connection", error: TidegateError) -> None: ...

    def lost(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    """From hand-over to close."""

    def __init__(self, host: ConnectionHost) -> None:
        self.remote = ""
        self.phase: Phase = "idle"
        self.work: Work = None
        self.wanted: Resource | None = None
        """What the running request asks for, once it has been read."""
        self.bytes_in = 0
        self._host = host
        self._parser = RequestParser(host.limits.head_bytes)
        self._events: deque[Event] = deque()
        self._transport: asyncio.Transport | None = None
        self._head: Head | None = None
        self._discarded = 0
        self._moved_at = host.clock.monotonic()

    # -- the transport's side

    def connection_made(self, base: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", base)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self.remote = str(peer[0]) if peer else ""

    def data_received(self, data: bytes) -> None:
        if self.phase in ("lingering", "reading"):
            self._discarded += len(data)
            if self._discarded > _DISCARD_BYTES_MAX:
                self.abort()
            return
        self._moved_at = self._host.clock.monotonic()
        self.bytes_in += len(data)
        try:
            self._events.extend(self._parser.feed(data))
            self._advance()
        except TidegateError as error:
            self.refused(error)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        self.phase = "gone"
        self._transport = None
        self._events.clear()
        self._drop_work()
        self._host.lost(self)

    # -- requests

    def _advance(self) -> None:
        while self._events and self.phase in ("idle", "body"):
            event = self._events.popleft()
            if isinstance(event, Head):
                self._begin(event)
            elif isinstance(event, End):
                self._end()
            elif isinstance(self.work, (Upload, RungUpload)):
                self.work.feed(event, self._moved_at)

    def _begin(self, head: Head) -> None:
        self._head = head
        self.phase = "admitting"
        if self._transport is not None:
            self._transport.pause_reading()
        self._host.wants(self, head)

    def admitted(self, work: Work) -> None:
        """The request may go on; its body goes into `work`."""
        head, transport = self._head, self._transport
        if self.phase != "admitting" or head is None or transport is None:
            if isinstance(work, (Upload, RungUpload)):
                work.lost()
            return
        self.work = work
        self.phase = "body"
        self._moved_at = self._host.clock.monotonic()
        if isinstance(work, SourceReading):
            self._read_source(work, transport)
            return
        if head.expects_continue:
            transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        transport.resume_reading()
        try:
            self._advance()
        except TidegateError as error:
            self.refused(error)

    def _read_source(self, work: SourceReading, transport: asyncio.Transport) -> None:
        self.phase = "reading"
        transport.resume_reading()  # to notice when the reader hangs up
        transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        work.begin(self._send_source, self.close)

    def _send_source(self, data: bytes) -> None:
        transport = self._transport
        if transport is None:
            return
        self._moved_at = self._host.clock.monotonic()
        transport.write(data)
        if transport.get_write_buffer_size() > self._host.limits.unread_bytes:
            structlog.get_logger().warning("source_reader_too_slow", remote=self.remote)
            self.abort()

    def _end(self) -> None:
        work, self.work = self.work, None
        head = self._head
        if isinstance(work, (Upload, RungUpload)):
            try:
                work.end()
            except TidegateError as error:
                self.refused(error)
                return
        self.phase = "idle"
        self.wanted = None
        self._answer(HTTPStatus.OK, keep_alive=head is not None and head.keep_alive)

    def refused(self, error: TidegateError) -> None:
        """Say why, in the body, then read on for a moment: closing on unread bytes would reset the answer away."""
        if self.phase in ("lingering", "gone") or self._transport is None:
            return
        self._host.refused(self, error)
        self._drop_work()
        self._events.clear()
        self.phase = "lingering"
        self._moved_at = self._host.clock.monotonic()
        status = HTTPStatus(error.status)
        problem = {
            "type": f"/docs/errors#{error.code}",
            "title": status.phrase,
            "status": status.value,
            "code": error.code,
            "detail": error.message,
            "hint": error.hint,
        }
        extra = ""
        if isinstance(error, UnauthorizedError):
            extra = 'www-authenticate: Basic realm="Tidegate ingest"\r\nwww-authenticate: Bearer\r\n'
        elif error.status == HTTPStatus.METHOD_NOT_ALLOWED:
            extra = f"allow: {ALLOW}\r\n"
        self._answer(status, json.dumps(problem).encode() + b"\n", extra, keep_alive=False)
        self._transport.resume_reading()

    def hang_up(self, error: TidegateError) -> None:
        """End what runs from this side, such as after a takeover."""
        if self.phase in ("body", "admitting"):
            self.refused(error)
        else:
            self.close()

    def _answer(
        self, status: HTTPStatus, body: bytes = b"", extra: str = "", *, keep_alive: bool = True
    ) -> None:
        transport = self._transport
        if transport is None:
            return
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n{extra}cache-control: no-store\r\n"
            f"content-length: {len(body)}\r\n"
        )
        if body:
            head += "content-type: application/problem+json\r\n"
        if not keep_alive:
            head += "connection: close\r\n"
        transport.write(head.encode() + b"\r\n" + body)
        if keep_alive:
            return
        self.phase = "lingering"
        if transport.can_write_eof():
            transport.write_eof()

    # -- endings

    def _drop_work(self) -> None:
        work, self.work = self.work, None
        if work is not None:
            work.lost()

    def close(self) -> None:
        """Close once what is written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def sweep(self, now: float) -> None:
        """End what has not moved for its deadline; `now` in monotonic seconds."""
        limits = self._host.limits
        quiet_s = now - self._moved_at
        if self.phase == "body" and quiet_s >= limits.stall_s:
            self.abort()
        elif self.phase == "idle" and quiet_s >= (
            limits.head_deadline_s if self._parser.in_head else limits.idle_s
        ):
            self.close()
        elif self.phase == "lingering" and quiet_s >= limits.linger_s:
            self.abort()
