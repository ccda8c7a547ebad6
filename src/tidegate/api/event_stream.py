"""Server-sent events (HTML Living Standard, section 9.2): a subscription in, an HTTP answer that does not end out.

A client that does not keep up is dropped, by whichever comes first: its queue on the bus has passed its bound, or
its connection takes nothing for some seconds. EventSource connects again by itself, and the page reads the state anew.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from litestar import Response

from tidegate.api.services import ApiConfig, ASGIApp, Message, Receive, Scope, Send
from tidegate.bus import Lagged
from tidegate.core.errors import UnavailableError

MEDIA_TYPE: Final = "text/event-stream"

_RETRY: Final = b"retry: 2000\n\n"
"""Tells the browser after how many milliseconds to connect again; sent at once, so that it sees the stream open."""

_PING: Final = b": ping\n\n"
"""A comment: keeps proxies from closing a silent connection."""

_START: Final[Message] = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),  # nginx would hold events back until its buffer is full
    ],
}

_log = structlog.get_logger()


class TooManyEventStreamsError(UnavailableError):
    code = "too-many-event-streams"


class Source(NamedTuple):
    """What is followed: how to subscribe, and how one message becomes an event."""

    subscribe: Callable[[], AbstractAsyncContextManager[AsyncIterator[Any]]]
    encode: Callable[[Any], bytes]


def event(name: str, message: object) -> bytes:
    """One event with JSON as its data."""
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(message) + b"\n\n"


class EventStreamResponse(Response[bytes]):
    """Gives the connection to an event stream instead of rendering content."""

    def __init__(self, stream: ASGIApp) -> None:
        super().__init__(b"", media_type=MEDIA_TYPE)
        self._stream = stream

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        return self._stream


class EventStreams:
    """All event streams of this process.

    Attributes:
        open: streams open now.
        sent: events written since start.
        dropped: clients that did not keep up, since start.
        refused: clients over the limit, since start.
    """

    def __init__(self, config: ApiConfig) -> None:
        self._config = config
        self.open = 0
        self.sent = 0
        self.dropped = 0
        self.refused = 0

    def admit(self) -> None:
        """Check that one more client has room.

        Raises:
            TooManyEventStreamsError: as many as configured are open.
        """
        if self.open >= self._config.event_streams_max:
            self.refused += 1
            raise TooManyEventStreamsError(
                f"{self.open} event streams are open, which is the limit.",
                hint="Close a console somewhere, or ask /api/v1/streams from time to time instead.",
            )

    def response(self, source: Source) -> EventStreamResponse:
        """Write events until the client leaves, is dropped, or the source ends.

        Raises:
            TooManyEventStreamsError: as many as configured are open.
        """
        self.admit()

        async def serve(_scope: Scope, receive: Receive, send: Send) -> None:
            self.open += 1
            try:
                async with source.subscribe() as subscription:
                    await _first_of(self._write(subscription, source.encode, send), _disconnected(receive))
            finally:
                self.open -= 1

        return EventStreamResponse(serve)

    async def _write(
        self, subscription: AsyncIterator[Any], encode: Callable[[Any], bytes], send: Send
    ) -> None:
        try:
            await self._send(send, _START)
            await self._send_body(send, _RETRY)
            async for message in _with_pings(subscription, self._config.event_ping_s):
                await self._send_body(send, _PING if message is None else encode(message))
                self.sent += message is not None
            await self._send_body(send, b"", more=False)
        except (Lagged, TimeoutError) as reason:
            self.dropped += 1
            _log.info("event_stream_dropped", reason=type(reason).__name__)

    async def _send_body(self, send: Send, body: bytes, *, more: bool = True) -> None:
        await self._send(send, {"type": "http.response.body", "body": body, "more_body": more})

    async def _send(self, send: Send, message: Message) -> None:
        async with asyncio.timeout(self._config.event_stall_s):
            await send(message)


async def _with_pings(subscription: AsyncIterator[Any], ping_s: float) -> AsyncIterator[Any]:
    """Messages, and None whenever there was none for `ping_s` seconds. Raises `Lagged`."""
    while True:
        try:
            async with asyncio.timeout(ping_s):
                message = await anext(subscription)
        except TimeoutError:
            yield None
        except StopAsyncIteration:
            return
        else:
            yield message


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first_of(*ways: Coroutine[Any, Any, None]) -> None:
    """Run all until the first one ends; cancel the others and wait for them."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
