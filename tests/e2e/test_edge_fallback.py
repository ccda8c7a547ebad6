"""One port, two servers: live objects from the edge, everything else from a real uvicorn protocol."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tidegate.core.clock import ManualClock
from tidegate.media.edge.asgi import EdgeApp
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from unit.edge.scripted import ScriptedSource


class Pages:
    """An ASGI application as the API would be: echoes bodies, mounts the edge below `/live`."""

    def __init__(self, edge: EdgeApp) -> None:
        self._edge = edge

    async def __call__(self, scope, receive, send) -> None:
        if scope["path"].startswith("/live/"):
            await self._edge(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = f"{scope['method']} {scope['path']} {len(body)}".encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(answer))],
            }
        )
        await send({"type": "http.response.body", "body": answer})


@pytest.fixture
async def server() -> AsyncIterator[EdgeServer]:
    source = ScriptedSource(part_bytes=8000)
    source.publish()
    edge = Edge(source, ManualClock())
    config = uvicorn.Config(Pages(EdgeApp(edge)), lifespan="off", log_level="warning", http=HttpToolsProtocol)
    config.load()
    state = ServerState()
    server = EdgeServer(
        edge,
        ServerConfig(port=0),
        fallback=lambda: HttpToolsProtocol(config=config, server_state=state, app_state={}),
    )
    await server.start()
    yield server
    await server.stop(grace_s=0.2)


async def test_pages_and_live_objects_from_one_address(server: EdgeServer) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        live = await client.get("/live/demo/video/part-s-0.m4s")
        page = await client.get("/watch/demo")
        post = await client.post("/api/v1/channels", content=b"x" * 100_000)
        again = await client.get("/live/demo/video/part-s-0.m4s", headers={"Range": "bytes=0-7"})
        head = await client.head("/live/demo/video/part-s-0.m4s")
        known = await client.get(
            "/live/demo/video/part-s-0.m4s", headers={"If-None-Match": live.headers["etag"]}
        )
        refused = await client.post("/live/demo/video/part-s-0.m4s")
        preflight = await client.options("/live/demo/video/part-s-0.m4s")
        missing = await client.get("/live/demo/../x")
    assert page.text == "GET /watch/demo 0"
    assert post.text == "POST /api/v1/channels 100000"
    assert (again.status_code, again.content) == (206, live.content[:8])
    assert (head.status_code, head.headers["content-length"]) == (200, "8000")
    assert (known.status_code, refused.status_code, preflight.status_code) == (304, 405, 204)
    assert missing.status_code in {200, 404}
    assert server.edge.counters.upstream_requests == 1


async def test_a_browser_is_led_back_to_the_front_door(server: EdgeServer) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        for _ in range(3):
            await client.get("/watch/demo")
        closed = [
            (await client.get("/live/demo/video/part-s-0.m4s")).headers.get("connection", "")
            for _ in range(3)
        ]
    assert closed == ["close", "", ""]
    assert (server.counters.accepted, server.counters.handed_over) == (2, 1)


async def test_what_was_pipelined_behind_a_live_request_goes_along(server: EdgeServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"GET /live/demo/video/part-s-0.m4s HTTP/1.1\r\nHost: a\r\n\r\n"
        b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        b"GET /live/demo/video/part-s-0.m4s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    text = await reader.read()
    writer.close()
    assert text.count(b"HTTP/1.1 200 OK") == 3
    assert text.index(b"POST /api 5") > text.index(b"00000000")


async def test_handed_over_connections_count_until_they_close(server: EdgeServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readuntil(b"GET /page 0")
    assert server.connections == 1
    writer.close()
    await writer.wait_closed()
    while server.connections:
        server.sweep(0.0)
        await asyncio.sleep(0.001)


async def test_a_blocking_reload_through_asgi_shares_the_flight(server: EdgeServer) -> None:
    target = "/live/demo/video/index.m3u8?_HLS_msn=0&_HLS_part=1"
    source = server.edge._source
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as handed_over:
        await handed_over.get("/page")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as direct:
            both = asyncio.gather(handed_over.get(target), direct.get(target))
            while server.edge.waiters < 2:
                await asyncio.sleep(0.001)
            source.publish()
            first, second = await both
    assert first.content == second.content
    assert server.edge.counters.upstream_requests == 1
