"""Hostile and careless clients at the one HTTP port: refused in a sentence, logged sparingly, gone in time."""

import asyncio
import re
import socket
from typing import Any

import pytest

from live import LivePlatform, wait_for
from tidegate.app.web import WebFallback


def say(platform: LivePlatform, *pieces: bytes) -> bytes:
    """What comes back on one connection until the server ends it, or we do after a second of silence behind an answer."""
    host = b"Host: 127.0.0.1:%d\r\n" % platform.http_port
    with socket.create_connection(("127.0.0.1", platform.http_port)) as sock:
        sock.settimeout(10.0)
        sock.sendall(b"".join(piece.replace(b"{host}", host) for piece in pieces))
        heard = b""
        try:
            while piece := sock.recv(65536):
                heard += piece
                sock.settimeout(1.0)
        except (TimeoutError, ConnectionResetError):
            pass
        return heard


def statuses(heard: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d{3})", heard)


SMUGGLED = b"GET /api/v1/channels HTTP/1.1\r\n{host}\r\n"
LIVE = b"GET /live/demo/index.m3u8 HTTP/1.1\r\n{host}"
SIGN_IN = b"POST /api/v1/session HTTP/1.1\r\n{host}Content-Type: application/json\r\n"


AMBIGUOUS = [
    (LIVE, b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n"),
    (LIVE, b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    (LIVE, b"Content-Length: +5\r\n\r\nAAAAA"),
    (LIVE, b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    (LIVE.replace(b"GET", b"POST"), b"Content-Length: 30\r\n\r\n"),
    (SIGN_IN, b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n"),
    (SIGN_IN, b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"),
    (SIGN_IN, b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
]
"""Requests whose end two servers could see in different places (RFC 9112 section 11.2)."""


def test_nothing_is_smuggled_past_the_front_door_and_no_stranger_fills_the_log(
    platform: LivePlatform,
) -> None:
    for line, framing in AMBIGUOUS:
        assert statuses(say(platform, line, framing, SMUGGLED)) == [b"400"], framing
    for _ in range(20):
        say_and_leave(platform, SIGN_IN + b"Content-Length: 100\r\n\r\n{")
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert statuses(say(platform, b"GET /healthz HTTP/1.1\r\n{host}", upgrade)) == [b"200"]
    assert statuses(say(platform, LIVE, b"Content-Length: 0\r\n\r\n", SMUGGLED)) == [b"404", b"401"]
    wait_for("requests are over", lambda: platform.get("/healthz")[0] == 200)
    assert "warning" not in platform.output()
    assert "Traceback" not in platform.output()
    assert "request_crashed" not in (platform.data / "logs" / "tidegate.log").read_text()


def say_and_leave(platform: LivePlatform, request: bytes) -> None:
    host = b"Host: 127.0.0.1:%d\r\n" % platform.http_port
    with socket.create_connection(("127.0.0.1", platform.http_port)) as sock:
        sock.sendall(request.replace(b"{host}", host))


@pytest.mark.parametrize(
    "dribble",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHo",
    ],
)
async def test_a_request_behind_the_front_door_must_arrive_in_time(dribble: bytes) -> None:
    async def echo(_scope: dict[str, Any], receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    web = WebFallback(echo, request_deadline_s=0.1)
    server = await asyncio.get_running_loop().create_server(web, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(dribble)
    heard = await asyncio.wait_for(reader.read(), 5)
    assert statuses(heard)[-1] == b"408"
    writer.close()
    await writer.wait_closed()
    server.close()
    await web.stop()
