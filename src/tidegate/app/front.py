"""Who gets a connection that wants something other than live objects: the CMAF door for `/ingest/`, else pages and API.

The edge owns the port and hands such connections over with what it has read; here the first request line decides, for
as long as the connection lasts. While a server starts, media is served before there are pages: who wants one waits,
unread, and counts as a connection as before.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast

_INGEST = re.compile(rb"[A-Z]{1,24} (?:https?://[^/ ]*)?/ingest/", re.IGNORECASE)

Door = Callable[[], asyncio.Protocol]


class Front:
    """Sends connections on. `ingest` makes the protocol of the CMAF door."""

    def __init__(self, ingest: Door) -> None:
        self._ingest = ingest
        self._web: Door | None = None
        self._waiting: dict[Porter, None] = {}

    def porter(self) -> "Porter":
        """The protocol for one connection."""
        return Porter(self)

    def open(self, web: Door) -> None:
        """Pages are there: let in those who wait for them, in the order they came."""
        self._web = web
        waiting, self._waiting = self._waiting, {}
        for porter in waiting:
            porter.enter(web)

    def door(self, head: bytes) -> Door | None:
        """Where a connection that begins with `head` goes; None: it has to wait."""
        return self._ingest if _INGEST.match(head) else self._web

    def wait(self, porter: "Porter") -> None:
        self._waiting[porter] = None

    def leave(self, porter: "Porter") -> None:
        self._waiting.pop(porter, None)


class Porter(asyncio.Protocol):
    """Looks at the first bytes, makes the right protocol, and steps aside."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._transport: asyncio.Transport | None = None
        self._successor: asyncio.Protocol | None = None
        self._head = b""
        self._eof = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are of no asyncio class

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._head += data
        door = self._front.door(self._head)
        if door is not None:
            self.enter(door)
            return
        self._transport.pause_reading()
        self._front.wait(self)

    def enter(self, door: Door) -> None:
        """Hand the connection over with what was read of it."""
        transport = self._transport
        if transport is None:
            return
        successor = self._successor = door()
        transport.set_protocol(successor)
        successor.connection_made(transport)
        if not transport.is_reading():
            transport.resume_reading()
        successor.data_received(self._head)
        if self._eof:
            successor.eof_received()

    def eof_received(self) -> bool | None:
        """A half-close that came with the first request."""
        if self._successor is not None:
            return self._successor.eof_received()
        self._eof = True
        return True

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._front.leave(self)
