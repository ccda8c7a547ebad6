"""What every request passes first: media aside, the Host check, then headers and counting on its answer's way out.

Plain ASGI, since everything goes through it. In: a request. Out: the live application's answer for `/live/`, a refusal
for a foreign Host, else the API's answer with security headers.

The Host check defends against DNS rebinding: a foreign page may let its own name resolve to this machine, and would
then read what only this machine may. A browser still sends that foreign name as Host. Media below `/live/` are for
anyone under any name, so that a CDN may fetch them.
"""

import re
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog

from tidegate.api import problems
from tidegate.api.services import ApiServices, ASGIApp, Message, Receive, Scope, Send

MEDIA: Final = ("/live/", "/vod/")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PROBES: Final = frozenset({"/healthz", "/readyz"})
"""Asked by load balancers under a machine's bare address; they tell nothing worth stealing."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})
"""Counted by name; whatever else a client makes up is `other`."""

_LOG_EVERY = 100
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]*)?\Z")

_CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; "
    "img-src 'self' data: blob:; "
    "media-src 'self' blob:; "  # MediaSource
    "worker-src 'self' blob:; "  # hls.js demuxes in a worker that it makes of a blob
    "object-src 'none'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'self'"  # and whom `framed_by` adds
)

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", _CONTENT_SECURITY_POLICY.encode()),
)

_log = structlog.get_logger()


def framed_by(origins: tuple[str, ...]) -> str:
    """The policy of a page that pages of these origins too may show in a frame; `*` is any."""
    return f"{_CONTENT_SECURITY_POLICY} {' '.join(origins)}" if origins else _CONTENT_SECURITY_POLICY


class Gate:
    """ASGI application around the API's.

    Attributes:
        answers: requests by method, route and status since start; routes are templates, so they are few.
        foreign_hosts: requests refused for their Host, since start.
    """

    def __init__(self, app: ASGIApp, services: ApiServices) -> None:
        self._app = app
        self._live = services.live
        own = urlsplit(services.addresses.http_url).netloc
        self._hosts = _LOOPBACK | {host.lower() for host in services.config.hosts} | {_name(own)}
        self.answers: Counter[tuple[str, str, int]] = Counter()
        self.foreign_hosts = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._live is not None and scope["path"].startswith(MEDIA):
            await self._live(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        bodiless = method == "HEAD" and not path.startswith("/api/")
        if bodiless:  # RFC 9110 section 9.3.2: as GET, without the content
            scope = {**scope, "method": "GET", "bodiless": True}

        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = scope.get("path_template") or "unknown"
                self.answers[method if method in _METHODS else "other", route, message["status"]] += 1
                message = {**message, "headers": _secured(message.get("headers", ()), path)}
            elif bodiless:
                message = {**message, "body": b""}
            await send(message)

        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) > 1:
            await _refuse(finish, _TWO_HOSTS)
        elif path in _PROBES or _name("".join(hosts)) in self._hosts:
            await self._app(scope, receive, finish)
        else:
            await self._refuse_host("".join(hosts), finish)

    async def _refuse_host(self, host: str, send: Send) -> None:
        self.foreign_hosts += 1
        if self.foreign_hosts % _LOG_EVERY == 1:
            _log.warning("foreign_host_refused", host=host[:80], refused=self.foreign_hosts)
        problem = problems.of_status(
            HTTPStatus.MISDIRECTED_REQUEST,
            f"This server does not answer to the name {host[:80]!r}.",
            code="foreign-host",
            hint="Use 127.0.0.1 or localhost, or add the name to allowed_hosts in the configuration.",
        )
        await _refuse(send, problem)


_TWO_HOSTS: Final = problems.of_status(
    HTTPStatus.BAD_REQUEST,
    "The Host header is given twice.",
    hint="Send it once (RFC 9112 section 3.2).",
)


async def _refuse(send: Send, problem: dict[str, object]) -> None:
    body = msgspec.json.encode(problem)
    headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": problem["status"], "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _secured(headers: Iterable[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    """With the security headers, and for the API, whose answers are nobody else's, kept out of every cache."""
    given = list(headers)
    names = {name.lower() for name, _ in given}
    if path.startswith("/api/") and b"cache-control" not in names:
        given.append((b"cache-control", b"no-store"))
    return given + [header for header in _HEADERS if header[0] not in names]


def _name(host: str) -> str:
    """The name in a Host header (RFC 9110 section 7.2) without its port, empty where it is none."""
    match = _HOST.match(host)
    return match.group(1).lower().removesuffix(".") if match else ""
