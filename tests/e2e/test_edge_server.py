"""The front door over real sockets: what a viewer, a slow one and a hostile one get."""

import asyncio
import contextlib
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock, SystemClock
from tidegate.core.ports import PlaybackGate
from tidegate.media.edge.config import EdgeConfig, ServerConfig
from tidegate.media.edge.limits import Limits
from tidegate.media.edge.server import EdgeServer, ListenError
from tidegate.media.edge.service import Edge
from unit.access.door import Door
from unit.edge.scripted import ScriptedSource

PART = "/live/demo/video/part-s-0.m4s"
NEXT = "/live/demo/video/index.m3u8?_HLS_msn=0&_HLS_part=1"


class Viewer:
    """One plain HTTP/1.1 connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def ask(self, target: str, method: str = "GET", **headers: str) -> None:
        lines = [f"{method} {target} HTTP/1.1", "Host: test"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode())

    async def answer(self, *, body: bool = True) -> tuple[int, dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        length = int(headers.get("content-length", 0)) if body else 0
        return int(head[0].split()[1]), headers, await self.reader.readexactly(length)

    async def get(
        self, target: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        self.ask(target, method, **headers)
        return await self.answer(body=method != "HEAD")

    async def closed(self) -> bytes:
        """Everything up to the end of the connection."""
        with contextlib.suppress(ConnectionResetError):
            return await self.reader.read()
        return b""


class House:
    """A server under test with its source, and viewers that are closed with it."""

    def __init__(self, server: EdgeServer, source: ScriptedSource) -> None:
        self.server, self.source = server, source
        self.viewers: list[Viewer] = []

    async def viewer(self) -> Viewer:
        viewer = Viewer(*await asyncio.open_connection("127.0.0.1", self.server.port, limit=2**20))
        self.viewers.append(viewer)
        return viewer

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the loop run until something holds; the test's own time-out bounds it."""
        while not holds():
            await asyncio.sleep(0.001)


Open = Callable[..., Awaitable[House]]


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def house() -> AsyncIterator[Open]:
    open_houses: list[House] = []

    async def build(
        clock: ManualClock | None = None,
        part_bytes: int = 66_000,
        gate: PlaybackGate | None = None,
        **config: object,
    ) -> House:
        source = ScriptedSource(part_bytes)
        source.publish()
        chosen = clock or SystemClock()
        # The sweep is called by the test where it owns the clock, so its timer is out of the way.
        sweep_s = 3600.0 if clock else 1.0
        server = EdgeServer(
            Edge(source, chosen, EdgeConfig(), gate),
            ServerConfig(port=0, sweep_s=sweep_s, **config),
            clock=chosen,
        )
        await server.start()
        open_houses.append(House(server, source))
        return open_houses[-1]

    yield build
    for each in open_houses:
        for viewer in each.viewers:
            viewer.writer.close()
        await each.server.stop(grace_s=0.2)
        assert each.server.connections == 0


async def test_keep_alive_serves_playlist_and_part(house: Open) -> None:
    home = await house()
    viewer = await home.viewer()
    status, headers, playlist = await viewer.get("/live/demo/video/index.m3u8")
    assert (status, headers["content-type"]) == (200, "application/vnd.apple.mpegurl")
    assert headers["access-control-allow-origin"] == "*"
    assert playlist == home.source.playlist()
    status, headers, part = await viewer.get(PART)
    assert (status, part) == (200, home.source.part(0))
    assert "immutable" in headers["cache-control"]
    assert headers["date"].endswith("GMT")


async def test_blocking_reload_answers_when_the_part_exists(house: Open) -> None:
    home = await house()
    viewers = [await home.viewer() for _ in range(50)]
    for viewer in viewers:
        viewer.ask(NEXT)
    await home.until(lambda: home.server.edge.waiters == 50)
    home.source.publish()
    answers = [await viewer.answer() for viewer in viewers]
    assert {status for status, _, _ in answers} == {200}
    assert home.source.targets().count(NEXT.removeprefix("/live/")) == 1
    assert home.server.edge.audience.egress_bytes() > 50 * len(home.source.playlist())


async def test_pipelined_requests_are_answered_in_order(house: Open) -> None:
    home = await house()
    viewer = await home.viewer()
    for target in (PART, NEXT, PART, "/live/demo/none", NEXT):
        viewer.ask(target)
    assert (await viewer.answer())[2] == home.source.part(0)
    await home.until(lambda: home.server.edge.waiters == 1)
    home.source.publish()
    assert [(await viewer.answer())[0] for _ in range(4)] == [200, 200, 404, 200]


async def test_endless_pipelining_is_held_back(house: Open) -> None:
    home = await house()
    viewer = await home.viewer()
    viewer.ask(NEXT)
    viewer.send(f"GET {PART} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * 200_000)
    await home.until(lambda: home.server.edge.waiters == 1)
    (connection,) = home.server._connections
    await home.until(lambda: connection._transport is None or not connection._transport.is_reading())
    assert len(connection._reader.buffer) < 512 * 1024
    assert viewer.writer.transport.get_write_buffer_size() > 0
    viewer.writer.transport.abort()


async def test_head_options_and_other_methods(house: Open) -> None:
    viewer = await (await house()).viewer()
    status, headers, _ = await viewer.get(PART, "HEAD")
    assert (status, headers["content-length"]) == (200, "66000")
    status, headers, _ = await viewer.get(PART, "OPTIONS", Access_Control_Request_Method="GET")
    assert (status, headers["access-control-allow-methods"]) == (204, "GET, HEAD, OPTIONS")
    assert "content-length" not in headers
    status, headers, body = await viewer.get(PART, "DELETE")
    assert (status, headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert b"read only" in body


async def test_other_paths_are_refused_without_a_server_behind(house: Open) -> None:
    viewer = await (await house()).viewer()
    viewer.send(b"POST /api/v1/channels HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    status, headers, body = await viewer.answer()
    assert (status, headers["connection"]) == (404, "close")
    assert b"/live/" in body
    assert await viewer.closed() == b""


async def test_ranges_and_conditions(house: Open) -> None:
    home = await house()
    viewer = await home.viewer()
    status, headers, body = await viewer.get(PART, Range="bytes=10-19")
    assert (status, headers["content-range"], body) == (206, "bytes 10-19/66000", home.source.part(0)[10:20])
    status, headers, _ = await viewer.get(PART, Range="bytes=70000-")
    assert (status, headers["content-range"]) == (416, "bytes */66000")
    assert (await viewer.get(PART, If_None_Match='"p0"'))[0] == 304
    assert (await viewer.get("/live/demo/video/index.m3u8", Range="bytes=0-1"))[0] == 200


async def test_playlists_are_compressed_for_who_accepts_it(house: Open) -> None:
    home = await house()
    home.source.publish(100)
    viewer = await home.viewer()
    status, headers, body = await viewer.get("/live/demo/video/index.m3u8", Accept_Encoding="gzip, br")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == home.source.playlist()
    assert (await viewer.get("/live/demo/video/index.m3u8", If_None_Match=headers["etag"]))[0] == 304
    status, headers, body = await viewer.get("/live/demo/video/index.m3u8")
    assert (headers["vary"], body) == ("accept-encoding", home.source.playlist())
    assert "content-encoding" not in (await viewer.get(PART, Accept_Encoding="gzip"))[1]


async def test_connection_close_and_http_1_0(house: Open) -> None:
    home = await house()
    closing = await home.viewer()
    status, headers, _ = await closing.get(PART, Connection="close")
    assert (status, headers["connection"], await closing.closed()) == (200, "close", b"")
    old = await home.viewer()
    old.send(b"GET " + PART.encode() + b" HTTP/1.0\r\n\r\n")
    assert (await old.answer())[2] == home.source.part(0)
    assert await old.closed() == b""


async def test_half_closed_sender_gets_its_answer(house: Open) -> None:
    home = await house(part_bytes=8_000_000)
    viewer = await home.viewer()
    viewer.ask(PART)
    viewer.writer.write_eof()
    assert (await viewer.answer())[2] == home.source.part(0)
    assert await viewer.closed() == b""


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01" + b"\0" * 3000, b"\xff" * 20_000, b"EHLO there\r\n"])
async def test_garbage_is_answered_and_closed(house: Open, garbage: bytes) -> None:
    home = await house()
    viewer = await home.viewer()
    viewer.send(garbage)
    status, headers, body = await viewer.answer()
    assert (status, headers["connection"]) == (400, "close")
    assert b'"detail"' in body
    assert await viewer.closed() == b""
    assert home.server.counters.bad_requests == 1


async def test_random_bytes_leave_nothing_behind(house: Open) -> None:
    home = await house()
    seen: list[bytes] = []

    @settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None, database=None)
    @given(
        st.one_of(
            st.binary(max_size=300), st.tuples(st.binary(max_size=40), st.binary(max_size=40)).map(_mutated)
        )
    )
    def collect(data: bytes) -> None:
        seen.append(data)

    collect()
    for data in seen:
        viewer = await home.viewer()
        viewer.send(data)
        viewer.writer.write_eof()
        answer = await viewer.closed()
        assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    await home.until(lambda: home.server.connections == 0)
    assert (await (await home.viewer()).get(PART))[0] == 200


def _mutated(pieces: tuple[bytes, bytes]) -> bytes:
    return b"GET " + PART.encode() + pieces[0] + b" HTTP/1.1\r\nHost: a\r\n" + pieces[1] + b"\r\n\r\n"


async def test_slow_loris_is_closed_at_the_head_deadline(house: Open) -> None:
    clock = ManualClock()
    home = await house(clock, head_deadline_s=10.0)
    dripping, silent = await home.viewer(), await home.viewer()
    for second, byte in enumerate(b"GET /live/a"):
        dripping.send(bytes([byte]))
        await home.until(lambda sent=second + 1: _buffered(home) == sent)
        home.server.sweep(clock.monotonic())
        clock.advance(1)
    home.server.sweep(clock.monotonic())
    assert (await dripping.answer())[0] == 408
    assert (await silent.answer())[0] == 408
    assert home.server.counters.head_timeouts == 2


def _buffered(home: House) -> int:
    return sum(len(connection._reader.buffer) for connection in home.server._connections)


async def test_idle_connections_are_closed_and_waiting_ones_are_not(house: Open) -> None:
    clock = ManualClock()
    home = await house(clock, idle_s=75.0)
    idle, waiting = await home.viewer(), await home.viewer()
    await idle.get(PART)
    waiting.ask(NEXT)
    await home.until(lambda: home.server.edge.waiters == 1)
    for _ in range(76):
        home.server.sweep(clock.monotonic())
        clock.advance(1)
    home.server.sweep(clock.monotonic())
    assert await idle.closed() == b""
    assert home.server.counters.idle_timeouts == 1
    home.source.publish()
    assert (await waiting.answer())[0] == 200


async def test_a_viewer_that_does_not_read_is_cut_and_one_that_reads_slowly_is_not(house: Open) -> None:
    clock = ManualClock()
    home = await house(clock, part_bytes=8_000_000, stall_s=15.0)
    stalled, slow = (_small_window(home.server.port) for _ in range(2))
    for sock in (stalled, slow):
        sock.sendall(f"GET {PART} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await home.until(lambda: sum(connection._paused for connection in home.server._connections) == 2)
    loop = asyncio.get_running_loop()
    for _ in range(20):
        home.server.sweep(clock.monotonic())
        clock.advance(1)
        taken = 0
        while taken < 256 * 1024:
            taken += len(await loop.sock_recv(slow, 65536))
    assert home.server.counters.stalled == 1
    assert home.server.connections == 1
    for sock in (stalled, slow):
        sock.close()


def _small_window(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    sock.setblocking(False)
    return sock


@pytest.mark.parametrize("reset", [False, True])
async def test_hanging_up_while_waiting_is_counted(house: Open, reset: bool) -> None:
    home = await house()
    viewer = await home.viewer()
    viewer.ask(NEXT)
    await home.until(lambda: home.server.edge.waiters == 1)
    if reset:
        linger = struct.pack("ii", 1, 0)  # zero seconds: close with RST instead of FIN
        viewer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    viewer.writer.close()
    await home.until(lambda: home.server.connections == 0)
    assert (home.server.edge.waiters, home.server.counters.hung_up_waiting) == (0, 1)
    assert home.server.edge.flights == 1


async def test_connections_are_bounded(house: Open) -> None:
    home = await house(max_connections=2)
    first, second = await home.viewer(), await home.viewer()
    await first.get(PART)
    await second.get(PART)
    third = await home.viewer()
    status, headers, _ = await third.answer()
    assert (status, headers["retry-after"], await third.closed()) == (503, "1", b"")
    first.writer.close()
    await home.until(lambda: home.server.connections == 1)
    assert (await (await home.viewer()).get(PART))[0] == 200


async def test_one_address_is_bounded_unless_trusted(house: Open) -> None:
    home = await house(trusted_proxies=())
    home.server.limit(4096, Limits(connections=1))
    first = await home.viewer()
    assert (await first.get(PART))[0] == 200
    status, headers, body = await (await home.viewer()).answer()
    assert (status, headers["retry-after"]) == (429, "1")
    assert b"too-many-connections" in body
    assert home.server.counters.refused_per_ip == 1
    first.writer.close()
    await home.until(lambda: home.server.connections == 0)
    assert (await (await home.viewer()).get(PART))[0] == 200


async def test_a_channels_connections_are_bounded_and_come_back(house: Open, door: Door) -> None:
    door.set("playback.max_connections", 0, demo=1)
    made = await house(gate=door.gate)
    first, second = await made.viewer(), await made.viewer()
    assert (await first.get(PART))[0] == 200
    status, headers, _ = await second.get(PART)
    assert (status, headers["retry-after"]) == (429, "10")
    assert (await second.get(PART, x_forwarded_for="203.0.113.7"))[0] == 200, "a front speaks for many"
    first.writer.close()
    await made.until(lambda: made.server.edge.channel_limits.seated("demo") == 0)
    third = await made.viewer()
    assert (await third.get(PART))[0] == 200


async def test_a_flood_of_requests_is_answered_with_429_and_closed(house: Open) -> None:
    home = await house(trusted_proxies=())
    home.server.limit(4096, Limits(requests_per_s=10))
    flood = await home.viewer()
    for _ in range(200):
        flood.ask(PART)
    answers = await flood.closed()
    assert answers.count(b"HTTP/1.1 200 OK") <= 21
    assert answers.count(b"HTTP/1.1 429 ") == 1
    assert b"too-many-requests" in answers
    assert home.server.counters.limited_requests == 1


async def test_a_flood_through_a_front_is_its_own_viewers_alone(house: Open) -> None:
    home = await house()
    home.server.limit(4096, Limits(requests_per_s=10))
    flood = await home.viewer()
    for _ in range(100):
        flood.ask(PART, X_Forwarded_For="203.0.113.7")
    assert b"HTTP/1.1 429 " in await flood.closed()
    other = await home.viewer()
    for _ in range(100):
        assert (await other.get(PART))[0] == 200  # the front's own, which is trusted
    assert (await other.get(PART, X_Forwarded_For="198.51.100.9"))[0] == 200


async def test_viewers_behind_a_trusted_proxy_are_told_apart(house: Open) -> None:
    home = await house()
    viewer = await home.viewer()
    await viewer.get(PART)
    for address in ("198.51.100.7", "198.51.100.8", "203.0.113.1, 198.51.100.8"):
        await viewer.get(PART, X_Forwarded_For=address)
    for session in ("a", "a", "b"):
        await viewer.get(PART, CMCD_Session=f'sid="{session}"')
    assert home.server.edge.audience.viewers("demo") == 4


async def test_stop_lets_the_answer_under_way_finish(house: Open) -> None:
    home = await house()
    idle, waiting = await home.viewer(), await home.viewer()
    await idle.get(PART)
    waiting.ask(NEXT)
    await home.until(lambda: home.server.edge.waiters == 1)
    stopping = asyncio.ensure_future(home.server.stop(grace_s=5))
    assert await idle.closed() == b""
    home.source.publish()
    status, headers, _ = await waiting.answer()
    assert (status, headers["connection"]) == (200, "close")
    await stopping
    with pytest.raises(ConnectionRefusedError):
        await home.viewer()


async def test_a_taken_port_is_a_sentence(house: Open) -> None:
    home = await house()
    second = EdgeServer(home.server.edge, ServerConfig(port=home.server.port))
    with pytest.raises(ListenError, match=rf"^Port {home.server.port} on 127\.0\.0\.1 is taken") as caught:
        await second.start()
    assert "--http" in caught.value.hint
