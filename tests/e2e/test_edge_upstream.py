"""An edge before an origin in another server, over real HTTP: collapsing, dead connections, an origin that is away."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tidegate.core.clock import SystemClock
from tidegate.core.errors import InvalidError
from tidegate.media.edge.answers import Answer
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from tidegate.media.edge.upstream import HttpSource, UpstreamConfig
from unit.edge.scripted import ScriptedSource

PLAYLIST = "demo/video/index.m3u8"
PART = "demo/video/part-s-0.m4s"


async def serve(source: ScriptedSource, port: int = 0) -> EdgeServer:
    server = EdgeServer(Edge(source, SystemClock()), ServerConfig(port=port))
    await server.start()
    return server


@pytest.fixture
async def origin() -> AsyncIterator[tuple[ScriptedSource, EdgeServer]]:
    source = ScriptedSource(part_bytes=66_000)
    source.publish()
    server = await serve(source)
    yield source, server
    await server.stop(grace_s=0.2)


async def test_collapses_across_http(origin: tuple[ScriptedSource, EdgeServer]) -> None:
    source, server = origin
    upstream = HttpSource(f"http://127.0.0.1:{server.port}")
    edge = Edge(upstream, SystemClock())
    target = f"{PLAYLIST}?_HLS_msn=0&_HLS_part=1"
    waiting = [edge.handle(target) for _ in range(1000)]
    while server.edge.waiters < 1:
        await asyncio.sleep(0.001)
    source.publish()
    answers = [await one for one in waiting if not isinstance(one, Answer)]
    assert len(answers) == 1000
    assert len({id(answer) for answer in answers}) == 1
    assert answers[0].body == source.playlist()
    assert (answers[0].etag, answers[0].max_age_s) == (b'"v2"', 4.0)
    part = edge.handle(PART)
    assert not isinstance(part, Answer)
    assert (await part).body == source.part(0)
    assert server.edge.counters.requests == 2
    assert upstream.counters.connects == 1
    upstream.close()


async def test_revalidates_with_its_etag(origin: tuple[ScriptedSource, EdgeServer]) -> None:
    _, server = origin
    upstream = HttpSource(f"http://127.0.0.1:{server.port}/")
    edge = Edge(upstream, SystemClock())
    first = await edge.handle(PLAYLIST)
    assert await edge.handle(PLAYLIST) is first
    assert edge.counters.upstream_not_modified == 1
    upstream.close()


async def test_a_dead_keep_alive_connection_is_replaced_once(
    origin: tuple[ScriptedSource, EdgeServer],
) -> None:
    source, first = origin
    upstream = HttpSource(f"http://127.0.0.1:{first.port}")
    assert (await upstream.get(PART)).status == 200
    port = first.port
    await first.stop(grace_s=0)
    second = await serve(source, port)
    assert (await upstream.get(PART)).body == source.part(0)
    assert upstream.counters.connects == 2
    upstream.close()
    await second.stop(grace_s=0.2)


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Future[None]"]


async def answer_of(
    reply: bytes, config: UpstreamConfig | None = None, *, times: int = 1
) -> tuple[list[int], HttpSource]:
    """What `HttpSource` makes of a peer that sends `reply` to every request and hangs up."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        if not reply:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    source = HttpSource(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", config)
    statuses = []
    for _ in range(times):
        response = await source.get(PART)
        statuses.append(response.status)
    source.close()
    server.close()
    await server.wait_closed()
    return statuses, source


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nshort", 502),
        (b"HTTP/1.1 200 OK\r\nContent-Le", 502),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n" + b"x" * 100_001, 502),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 20_000 + b"\r\nContent-Length: 0\r\n\r\n", 502),
        (b"SSH-2.0-OpenSSH\r\n", 502),
        (b"\0\0\0\0", 502),
    ],
)
async def test_what_peers_may_answer(reply: bytes, status: int) -> None:
    statuses, _ = await answer_of(reply, UpstreamConfig(max_body=100_000), times=2)
    assert statuses == [status, status]


async def test_a_silent_origin_is_504() -> None:
    statuses, source = await answer_of(b"", UpstreamConfig(response_timeout_s=0.05))
    assert (statuses, source.counters.timeouts) == ([504], 1)


async def test_an_origin_that_is_away_is_502_with_a_sentence(unused_port: Callable[[], int]) -> None:
    port = unused_port()
    response = await HttpSource(f"http://127.0.0.1:{port}").get(PART)
    assert response.status == 502
    assert f"The origin at 127.0.0.1:{port} cannot be reached".encode() in response.body


async def test_connections_are_bounded_and_the_queue_is_too(
    origin: tuple[ScriptedSource, EdgeServer],
) -> None:
    source, server = origin
    upstream = HttpSource(f"http://127.0.0.1:{server.port}", UpstreamConfig(max_connections=2, max_queue=1))
    asked = [
        asyncio.ensure_future(upstream.get(f"{PLAYLIST}?_HLS_msn=0&_HLS_part={part}")) for part in (1, 2, 3)
    ]
    while server.edge.waiters < 2:
        await asyncio.sleep(0.001)
    assert (await upstream.get(PART)).status == 503
    assert server.connections == 2
    source.publish(4)
    assert [(await one).status for one in asked] == [200, 200, 200]
    assert (upstream.in_use, upstream.counters.queue_full) == (0, 1)
    upstream.close()


async def test_cancelling_frees_the_connection(origin: tuple[ScriptedSource, EdgeServer]) -> None:
    _, server = origin
    upstream = HttpSource(f"http://127.0.0.1:{server.port}", UpstreamConfig(max_connections=1))
    held = asyncio.ensure_future(upstream.get(f"{PLAYLIST}?_HLS_msn=0&_HLS_part=1"))
    queued = asyncio.ensure_future(upstream.get(PART))
    while server.edge.waiters < 1:
        await asyncio.sleep(0.001)
    held.cancel()
    assert (await queued).status == 200
    assert upstream.in_use == 0
    upstream.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:80",
        "ftp://a",
        "http://",
        "http://a:99999",
        "http://a/?b",
        "http://u@a",
        "http://a\r\nb",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(InvalidError, match="not an origin's address"):
        HttpSource(url)
