"""The same edge as an ASGI application, for connections that were handed to the HTTP server behind the front door.

In: an ASGI HTTP scope whose path is below `/live/` or `/vod/`. Out: the answer of the shared `Edge`, so collapsing, cache and
audience are one however a viewer came. Each answer closes its connection: a browser that loaded the page on it comes
back on a new one, which the front door keeps, and plays there at a fifth of the cost.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tidegate.core.clock import Clock, SystemClock
from tidegate.core.delivery import Visitor
from tidegate.media.edge.answers import (
    BEACON_PREFLIGHT,
    METHOD_NOT_ALLOWED,
    PREFLIGHT,
    TOO_MANY_REQUESTS,
    Answer,
    coded_refusal_of,
    for_page,
)
from tidegate.media.edge.cmcd import device_of, session_in_header
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.encoding import accepts_gzip, gzipped
from tidegate.media.edge.gatekeeping import IsPeer, no_peers, visitor_of
from tidegate.media.edge.http1 import MAX_BODY, BodyTooLargeError, below
from tidegate.media.edge.proxies import TrustedProxies
from tidegate.media.edge.ranges import ranged
from tidegate.media.edge.service import Edge
from tidegate.media.edge.targets import is_beacon

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

_WITHOUT_LENGTH = frozenset({204, 304})


class EdgeApp:
    """ASGI 3 application; mount it at `/live`. `trusted_proxies` as in `ServerConfig`."""

    def __init__(
        self,
        edge: Edge,
        clock: Clock | None = None,
        trusted_proxies: tuple[str, ...] = ServerConfig().trusted_proxies,
        is_peer: IsPeer = no_peers,
    ) -> None:
        self._edge = edge
        self._is_peer = is_peer
        self._proxies = TrustedProxies(trusted_proxies)
        self._clock = clock or SystemClock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"Live objects are served over HTTP, not over {scope['type']}.")
        answer = await self._answer(scope, receive)
        headers = list(answer.headers)
        if answer.status not in _WITHOUT_LENGTH:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        if scope["http_version"].startswith("1"):
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else answer.body
        self._edge.audience.sent_bytes += len(body)
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        method, target = scope["method"], _target(scope)
        if method == "OPTIONS":
            return BEACON_PREFLIGHT if is_beacon(target) else PREFLIGHT
        reports = method == "POST" and is_beacon(target)
        if method not in {"GET", "HEAD"} and not reports:
            return METHOD_NOT_ALLOWED
        fields: dict[bytes, bytes] = dict(scope["headers"])
        client = scope.get("client")
        address = self._proxies.viewer(client[0] if client else "", fields.get(b"x-forwarded-for", b""))
        limits = self._edge.limits
        if address not in self._proxies and not limits.account(address).spend():
            self._edge.tallies.other.wrote(TOO_MANY_REQUESTS.status, len(TOO_MANY_REQUESTS.body))
            return TOO_MANY_REQUESTS
        visitor = self._visitor(fields, address)
        if reports:
            body = await _body(receive)
            if body is None:
                return _TOO_LARGE
            agent = fields.get(b"user-agent", b"")
            return self._edge.report(target, body, agent, visitor, local=address in self._proxies)
        device = "" if visitor.peer else device_of(address, fields.get(b"user-agent", b""))
        got = self._edge.handle(
            target,
            fields.get(b"if-none-match", b""),
            (_session(fields) or device) if not visitor.peer else "",
            visitor,
            device,
        )
        answer = self._as_asked(got if isinstance(got, Answer) else await got, method, fields)
        if not visitor.peer:
            answer.tally.wrote(answer.status, 0 if method == "HEAD" else len(answer.body))
        return for_page(answer, fields.get(b"origin", b"")) if answer.listed else answer

    def _as_asked(self, answer: Answer, method: str, fields: dict[bytes, bytes]) -> Answer:
        """In gzip, or in part, where that was asked for."""
        if answer.compressible and accepts_gzip(fields.get(b"accept-encoding", b"")):
            return gzipped(answer, self._clock.wall())
        byte_range = fields.get(b"range", b"")
        if byte_range and method == "GET":
            return ranged(answer, byte_range, fields.get(b"if-range", b""), self._clock.wall())
        return answer

    def _visitor(self, fields: dict[bytes, bytes], address: str) -> Visitor:
        origin, referer, host, authorization = (
            fields.get(name, b"") for name in (b"origin", b"referer", b"host", b"authorization")
        )
        return visitor_of(address, origin, referer, host, authorization, self._is_peer)


async def _body(receive: Receive) -> bytes | None:
    """The request's body, None where it is larger than any report."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        more = message.get("more_body", False)
    return body


_TOO_LARGE = coded_refusal_of(
    BodyTooLargeError(f"A body may have {MAX_BODY} bytes.", hint="Send fewer reports at once.")
)


def _session(fields: dict[bytes, bytes]) -> str:
    return session_in_header(fields[b"cmcd-session"]) if b"cmcd-session" in fields else ""


def _target(scope: Message) -> str:
    path: str = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    path = path.partition("?")[0]
    path = below(path) or path.removeprefix("/")
    query: str = scope.get("query_string", b"").decode("latin-1")
    return f"{path}?{query}" if query else path
