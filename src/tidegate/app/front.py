"""Who gets a connection that wants something other than live objects: the CMAF door for `/ingest/`, else pages and API.

The edge owns the port and hands such connections over with what it has read; here the first request line decides, for
as long as the connection lasts.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast

_INGEST = re.compile(rb"[A-Z]{1,24} (?:https?://[^/ ]*)?/ingest/", re.IGNORECASE)

Door = Callable[[], asyncio.Protocol]


class Porter(asyncio.Protocol):
    """Looks at the first bytes, makes the right protocol, and steps aside."""

    def __init__(self, web: Door, ingest: Door) -> None:
        self._web = web
        self._ingest = ingest
        self._transport: asyncio.Transport | None = None
        self._successor: asyncio.Protocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are of no asyncio class

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if transport is None:
            return
        successor = self._successor = self._ingest() if _INGEST.match(data) else self._web()
        transport.set_protocol(successor)
        successor.connection_made(transport)
        successor.data_received(data)

    def eof_received(self) -> bool | None:
        """A half-close that came with the first request."""
        return self._successor.eof_received() if self._successor is not None else None
