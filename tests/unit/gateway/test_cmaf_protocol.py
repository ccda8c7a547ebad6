"""HTTP at the door: heads and bodies in any pieces, hostile bytes refused with a sentence and nothing else."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.errors import TidegateError
from tidegate.media.gateway.cmaf.errors import MalformedRequestError
from tidegate.media.gateway.cmaf.protocol import END, Event, Head, HeadTooLargeError, RequestParser

CHUNKED = (
    b"POST /ingest/demo/video.cmfv?key=k HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer secret\r\nUser-Agent: enc\x01oder/1\r\n"
    b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
)
SIZED = b"PUT /ingest/demo/a.m4s HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"


def events(data: bytes, step: int) -> list[Event]:
    parser = RequestParser(4096)
    return [event for at in range(0, len(data), step) for event in parser.feed(data[at : at + step])]


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_requests_in_any_pieces(step: int) -> None:
    seen = events(SIZED + SIZED, step)
    heads = [event for event in seen if isinstance(event, Head)]
    assert [(head.method, head.target, head.keep_alive) for head in heads] == [
        ("PUT", "/ingest/demo/a.m4s", True)
    ] * 2
    assert b"".join(event for event in seen if isinstance(event, bytes)) == b"abcabc"
    assert seen.count(END) == 2


def test_a_head_shows_no_secret() -> None:
    (head, *_) = events(CHUNKED.replace(b"enc\x01oder", b"encoder"), 1000)
    assert isinstance(head, Head)
    assert head.authorization == "Bearer secret"
    assert head.expects_continue
    assert "secret" not in repr(head)
    assert "key=k" not in repr(head)


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x00",
        b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PUT /a HTTP/1.1\r\nno colon\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedRequestError):
        RequestParser(4096).feed(data)


def test_heads_are_bounded() -> None:
    with pytest.raises(HeadTooLargeError):
        RequestParser(4096).feed(b"PUT /a HTTP/1.1\r\nX: " + b"a" * 5000 + b"\r\n\r\n")
    many = b"PUT /a HTTP/1.1\r\n" + b"".join(b"X%d: aaaaaaaa\r\n" % index for index in range(1000))
    with pytest.raises(HeadTooLargeError):
        events(many, 100)


@settings(max_examples=2000, deadline=None)
@given(
    st.sampled_from([CHUNKED, SIZED]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=5),
    st.binary(max_size=60),
)
def test_hostile_bytes(seed: bytes, changes: list[tuple[int, int]], tail: bytes) -> None:
    data = bytearray(seed)
    for at, value in changes:
        data[at % len(data)] = value
    parser = RequestParser(4096)
    with suppress(TidegateError):
        for at in range(0, len(data), 50):
            parser.feed(bytes(data[at : at + 50]))
        parser.feed(tail)
