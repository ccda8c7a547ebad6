"""Answers are read the same however they are cut into reads, and whatever comes that is no answer ends with a sentence."""

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.media.player.address import Address
from tidegate.media.player.connection import Connection
from tidegate.media.player.exchange import Response
from tidegate.media.player.types import RequestError

WHERE = Address("http", "127.0.0.1", 80, "/")
BODIES_MAX = 5000
ANSWERS = {
    b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "a"\r\n\r\nhello': (200, b"hello"),
    b"HTTP/1.1 204 No Content\r\n\r\n": (204, b""),
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n": (304, b""),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n": (200, b"hello"),
    b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello": (200, b"hello"),
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n": (200, b""),
}  # fmt: skip


class Line(asyncio.Transport):
    """Takes what is written."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def abort(self) -> None: ...


async def read(*answers: list[bytes]) -> list[Response]:
    """Several answers on one connection, each in its pieces."""
    connection = Connection(asyncio.get_running_loop().time, BODIES_MAX)
    connection.connection_made(Line())
    found = []
    for pieces in answers:
        waiting = connection.request(WHERE, b"GET / HTTP/1.1\r\n\r\n", keep=True, timeout_s=60)
        for piece in pieces:
            if piece:
                connection.get_buffer(0)[: len(piece)] = piece
                connection.buffer_updated(len(piece))
        connection.connection_lost(None) if not waiting.done() else None
        found.append(await waiting)
    connection.close()
    return found


def cut(answer: bytes, places: list[int]) -> list[bytes]:
    at = sorted({0, len(answer), *(place % (len(answer) + 1) for place in places)})
    return [answer[begin:end] for begin, end in itertools.pairwise(at)]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=3),
    st.lists(st.integers(0, 500), max_size=8),
)
def test_answers_are_read_the_same_however_they_are_cut(answers: list[bytes], places: list[int]) -> None:
    found = asyncio.run(read(*(cut(answer, places) for answer in answers)))
    assert [(each.status, each.body) for each in found] == [ANSWERS[answer] for answer in answers]


@settings(deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 500), max_size=4))
def test_what_is_no_answer_ends_with_a_sentence(said: bytes, places: list[int]) -> None:
    with pytest.raises(RequestError):
        asyncio.run(read(cut(said, places)))


def test_more_than_was_announced_is_refused() -> None:
    with pytest.raises(RequestError, match="longer than it says"):
        asyncio.run(read([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello"]))
