"""An origin in another process or on another host, as a `LiveSource` over HTTP/1.1 keep-alive.

In: a target below `/live/`. Out: the origin's response, or 502, 503 or 504 as a response with a sentence; `get`
never raises. Connections are pooled, newest first, and bounded; who finds none free waits in a bounded queue.
"""

import asyncio
import re
import ssl
from collections import deque

import msgspec
import structlog

from tidegate.core.delivery import VOD, LiveResponse
from tidegate.core.errors import InvalidError
from tidegate.media.edge.answers import refusal
from tidegate.media.edge.upstream_connection import (
    UpstreamConnection,
    UpstreamLostError,
    UpstreamRefusedError,
)

log = structlog.get_logger()

_BASE_URL = re.compile(
    r"http(?P<tls>s)?://(?P<authority>(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?)"
    r"(?P<path>/[A-Za-z0-9._~/-]*)?\Z"
)


class UpstreamConfig(msgspec.Struct, frozen=True):
    """Bounds towards one origin.

    Attributes:
        max_connections: open at once; each blocking reload holds one.
        max_queue: requests waiting for a free connection; above it 503.
        connect_timeout_s: for TCP, and TLS where used.
        response_timeout_s: from request to whole response; above the origin's longest blocking hold.
        max_body: bytes of one response; above it 502.
    """

    max_connections: int = 256
    max_queue: int = 1024
    connect_timeout_s: float = 2.0
    response_timeout_s: float = 20.0
    max_body: int = 64 * 1024 * 1024


class UpstreamCounters(msgspec.Struct):
    """Plain integers since start."""

    connects: int = 0
    unreachable: int = 0
    retries: int = 0
    timeouts: int = 0
    refused: int = 0
    queue_full: int = 0


class HttpSource:
    """`LiveSource` over HTTP. `base_url` is what stands before `/live/`, such as `http://10.0.0.5:8081`; `token` makes
    this edge known to its origin, which then serves private channels too.

    Raises:
        InvalidError: `base_url` is no http or https URL.
    """

    def __init__(self, base_url: str, config: UpstreamConfig | None = None, token: str = "") -> None:
        address = _BASE_URL.match(base_url)
        if address is None or int(address["port"] or 1) not in range(1, 65536):
            raise InvalidError(
                f"{base_url[:80]!r} is not an origin's address.", hint="Give one like http://127.0.0.1:8081."
            )
        self._tls = ssl.create_default_context() if address["tls"] else None
        self._host = address["host"].strip("[]")
        self._port = int(address["port"] or (443 if self._tls else 80))
        self._authority = address["authority"]
        self._prefix = (address["path"] or "").rstrip("/")
        self._authorization = b"authorization: Bearer " + token.encode("ascii") if token else b""
        self.config = config or UpstreamConfig()
        self.counters = UpstreamCounters()
        self._idle: list[UpstreamConnection] = []
        self._in_use = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def in_use(self) -> int:
        """Connections with a request under way."""
        return self._in_use

    async def get(self, target: str, if_none_match: bytes = b"") -> LiveResponse:
        """Ask the origin. Every failure is a response too."""
        path = f"/vod/{target[len(VOD) :]}" if target.startswith(VOD) else f"/live/{target}"
        return await self.ask(path, if_none_match)

    async def ask(self, path: str, if_none_match: bytes = b"") -> LiveResponse:
        """Ask the origin's server for any other path, in the same way."""
        request = self._request(path, if_none_match)
        try:
            async with asyncio.timeout(self.config.response_timeout_s):
                return await self._ask(request)
        except TimeoutError:
            self.counters.timeouts += 1
            return refusal(504, f"The origin at {self._authority} did not answer in time.", "Try again.")
        except UpstreamRefusedError as error:
            self.counters.refused += 1
            log.warning("upstream_refused", origin=self._authority, reason=str(error))
            return refusal(502, f"The origin at {self._authority} cannot be used: {error}.")
        except (OSError, UpstreamLostError) as error:
            self.counters.unreachable += 1
            return refusal(
                502,
                f"The origin at {self._authority} cannot be reached: {error}.",
                "Check that it runs and that this address is right.",
            )

    def close(self) -> None:
        """Close idle connections; those in use close when their request ends or is cancelled."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _request(self, path: str, if_none_match: bytes) -> bytes:
        lines = [
            f"GET {self._prefix}{path} HTTP/1.1".encode("ascii"),
            f"host: {self._authority}".encode("ascii"),
            b"user-agent: tidegate-edge",
        ]
        if self._authorization:
            lines.append(self._authorization)
        if if_none_match:
            lines.append(b"if-none-match: " + if_none_match)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    async def _ask(self, request: bytes) -> LiveResponse:
        if not await self._slot():
            self.counters.queue_full += 1
            return refusal(503, f"Too many requests wait for the origin at {self._authority}.", "Try again.")
        connection: UpstreamConnection | None = None
        try:
            connection = self._reuse()
            if connection is not None:
                try:
                    return await connection.ask(request)
                except UpstreamLostError as error:
                    if error.began:
                        raise
                    self.counters.retries += 1  # the origin closed an idle connection as we wrote: ask anew
            connection = await self._connect()
            return await connection.ask(request)
        finally:
            self._give_back(connection)

    async def _slot(self) -> bool:
        """Wait for the right to use one connection; False where too many wait already."""
        if self._in_use < self.config.max_connections:
            self._in_use += 1
            return True
        if len(self._queue) >= self.config.max_queue:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            else:
                self._queue.remove(turn)
            raise
        return True

    def _pass_on(self) -> None:
        """Give a slot to who waits longest, or free it."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._in_use -= 1

    def _reuse(self) -> UpstreamConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable:
                return connection
        return None

    async def _connect(self) -> UpstreamConnection:
        self.counters.connects += 1
        try:
            async with asyncio.timeout(self.config.connect_timeout_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: UpstreamConnection(self.config.max_body), self._host, self._port, ssl=self._tls
                )
        except TimeoutError:
            raise OSError("connecting took too long") from None
        return connection

    def _give_back(self, connection: UpstreamConnection | None) -> None:
        if connection is not None and connection.reusable:
            self._idle.append(connection)
        self._pass_on()
