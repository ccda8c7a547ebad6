"""The player's HTTP client against a socket that sends what a test says."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tidegate.media.player.address import parse_address
from tidegate.media.player.http import HttpClient
from tidegate.media.player.types import RequestError


class Peer:
    """Sends its answers one after the other, one for each request; `None` hangs up instead."""

    def __init__(self, *answers: bytes | None, pieces: int = 0) -> None:
        self.answers = list(answers)
        self.pieces = pieces
        self.heads: list[str] = []
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
                answer = self.answers.pop(0)
                if answer is None:
                    break
                step = self.pieces or len(answer)
                for at in range(0, len(answer), step):
                    writer.write(answer[at : at + step])
                    await writer.drain()
                    if self.pieces:
                        await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def exchange(peer: Peer, **options: float) -> AsyncIterator[HttpClient]:
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    client = HttpClient(time.monotonic, {"User-Agent": "test"}, **options)
    try:
        yield client
    finally:
        client.close()
        server.close()


def answer(body: bytes, status: str = "200 OK", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


def url(peer: Peer, path: str = "/a") -> str:
    return f"http://127.0.0.1:{peer.port}{path}"


async def test_one_connection_serves_many_requests() -> None:
    peer = Peer(*(answer(b"body%d" % n) for n in range(5)))
    async with exchange(peer) as client:
        bodies = [(await client.get(parse_address(url(peer)))).body for _ in range(5)]
    assert bodies == [b"body0", b"body1", b"body2", b"body3", b"body4"]
    assert peer.connections == 1
    assert client.requests == 5
    assert client.bytes == 25
    assert peer.heads[0].startswith(f"GET /a HTTP/1.1\r\nHost: 127.0.0.1:{peer.port}\r\nUser-Agent: test\r\n")


@pytest.mark.parametrize("pieces", [1, 2, 7, 1000])
async def test_answers_are_read_however_they_are_cut(pieces: int) -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
    )
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    peer = Peer(chunked, early + answer(b"x" * 3000), pieces=pieces)
    async with exchange(peer) as client:
        assert (await client.get(parse_address(url(peer)))).body == b"hello world"
        late = await client.get(parse_address(url(peer)), keep=False)
    assert (late.status, late.size, late.body) == (200, 3000, b"")


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    peer = Peer(b"HTTP/1.1 200 OK\r\n\r\nall of it")
    async with exchange(peer) as client:
        assert (await client.get(parse_address(url(peer)))).body == b"all of it"


async def test_ranges_and_redirects() -> None:
    peer = Peer(answer(b"", "302 Found", "Location: /b?c\r\n"), answer(b"part", "206 Partial Content"))
    async with exchange(peer) as client:
        got = await client.get(parse_address(url(peer)), first_byte=100, length=4)
    assert (got.status, got.address.target) == (206, "/b?c")
    assert "Range: bytes=100-103\r\n" in peer.heads[1]


async def test_redirects_in_a_circle_end() -> None:
    peer = Peer(*([answer(b"", "302 Found", "Location: /a\r\n")] * 9))
    async with exchange(peer) as client:
        with pytest.raises(RequestError, match="redirects more than"):
            await client.get(parse_address(url(peer)))


async def test_an_idle_connection_the_server_closed_is_made_anew() -> None:
    peer = Peer(answer(b"one"), None, answer(b"two"))
    async with exchange(peer) as client:
        await client.get(parse_address(url(peer)))
        assert (await client.get(parse_address(url(peer)))).body == b"two"
    assert peer.connections == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "before its answer was whole"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 5000, "longer than 4096"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", "headers are longer"),
        (b"", "before its answer was whole"),
    ],
)
async def test_bad_answers_are_errors_that_say_what_was_wrong(sent: bytes, said: str) -> None:
    peer = Peer(sent)
    async with exchange(peer, max_body_bytes=4096) as client:
        with pytest.raises(RequestError, match=said):
            await client.get(parse_address(url(peer)))


async def test_a_silent_server_times_out() -> None:
    peer = Peer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", answer(b""))
    async with exchange(peer, timeout_s=0.1) as client:
        with pytest.raises(RequestError, match="No answer"):
            await client.get(parse_address(url(peer)))


async def test_each_request_of_a_kept_connection_has_its_whole_time() -> None:
    peer = Peer(answer(b"first"), b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", answer(b""))
    async with exchange(peer, timeout_s=0.3) as client:
        await client.get(parse_address(url(peer)))
        await asyncio.sleep(0.2)  # most of the first request's time has passed when the second begins
        asked_at = time.monotonic()
        with pytest.raises(RequestError, match="No answer"):
            await client.get(parse_address(url(peer)))
        assert time.monotonic() - asked_at > 0.28
    assert peer.connections == 1


async def test_nobody_listening_is_an_error_with_the_reason(unused_port) -> None:  # type: ignore[no-untyped-def]
    client = HttpClient(time.monotonic, {})
    with pytest.raises(RequestError, match=r"Cannot connect to 127\.0\.0\.1"):
        await client.get(parse_address(f"http://127.0.0.1:{unused_port()}/"))


@pytest.mark.parametrize("pieces", [0, 1, 7])
async def test_a_request_may_follow_another_on_its_connection(pieces: int) -> None:
    peer = Peer(answer(b"playlist"), answer(b"part"), pieces=pieces)
    async with exchange(peer, pipelining=True) as client:
        ahead = client.ahead(parse_address(url(peer, "/part")))
        first = await client.get(parse_address(url(peer)), ahead=ahead)
        second = await client.arrived(ahead)
        ahead.drop()
    assert (first.body, second.body) == (b"playlist", b"part")
    assert second.address.target == "/part"
    assert (peer.connections, client.requests, client.bytes) == (1, 2, 12)


async def test_a_server_that_hangs_up_between_two_requests_is_asked_again() -> None:
    peer = Peer(answer(b"playlist"), None, answer(b"part"))
    async with exchange(peer, pipelining=True) as client:
        ahead = client.ahead(parse_address(url(peer, "/part")))
        await client.get(parse_address(url(peer)), ahead=ahead)
        assert (await client.arrived(ahead)).body == b"part"
        ahead.drop()
    assert peer.connections == 2


async def test_hanging_up_on_what_was_asked_for_ahead_leaves_the_client_usable() -> None:
    silent = answer(b"playlist") + b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    peer = Peer(silent, b"", answer(b"next"))
    async with exchange(peer, pipelining=True) as client:
        ahead = client.ahead(parse_address(url(peer, "/part")))
        await client.get(parse_address(url(peer)), ahead=ahead)
        ahead.drop()
        assert (await client.get(parse_address(url(peer, "/next")))).body == b"next"
    assert peer.connections == 2


async def test_without_pipelining_each_has_a_connection() -> None:
    peer = Peer(answer(b"both"), answer(b"both"))
    async with exchange(peer) as client:
        ahead = client.ahead(parse_address(url(peer, "/part")))
        first = await client.get(parse_address(url(peer)), ahead=ahead)
        second = await client.arrived(ahead)
        ahead.drop()
    assert first.body == second.body == b"both"
    assert peer.connections == 2
    assert client.bytes == 8
