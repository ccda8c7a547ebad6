"""The request parser: any split of the bytes gives the same requests, and no bytes give anything but a sentence."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidegate.media.edge.http1 import (
    MAX_HEAD,
    MAX_REMEMBERED,
    BadRequestError,
    RequestParser,
    RequestReader,
    parse_fields,
)

PLAYER = (
    b"GET /live/demo/video/index.m3u8?_HLS_msn=7&_HLS_part=2 HTTP/1.1\r\n"
    b"Host: 127.0.0.1:8080\r\nUser-Agent: Player/1\r\nAccept: */*\r\n"
    b'If-None-Match: "v7"\r\nCMCD-Session: sid="abc-1",cid="x"\r\n\r\n'
)
PART = (
    b"GET /live/demo/video/part-s-7.m4s HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9\r\nConnection: close\r\n\r\n"
)
API = b"POST /api/v1/channels HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
REPORTS = b"POST /live/demo/beacon?ticket=t HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ne=t\r\n\r\ne="
STREAM = PLAYER + REPORTS + PLAYER + PART + API


def requests_of(pieces: list[bytes]) -> tuple[list[object], bytes]:
    reader = RequestReader(RequestParser())
    found: list[object] = []
    for piece in pieces:
        reader.feed(piece)
        while (request := reader.next()) is not None:
            found.append(request)
            if request.target is None:
                return found, reader.rest() + b"".join(pieces[pieces.index(piece) + 1 :])
    return found, reader.rest()


def cut(data: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(at), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def outcome(data: bytes) -> str:
    """`read`, or the sentence that refuses; anything else raises."""
    try:
        requests_of([data])
    except BadRequestError as error:
        return error.message
    return "read"


def test_reads_what_a_player_sends() -> None:
    (first, reports, second, part, api), rest = requests_of([STREAM])
    assert first == second
    assert first.method == "GET"
    assert first.target == "demo/video/index.m3u8?_HLS_msn=7&_HLS_part=2"
    assert first.keep_alive
    assert first.fields.if_none_match == b'"v7"'
    assert first.fields.session == "abc-1"
    assert first.fields.user_agent == b"Player/1"
    assert part.fields.byte_range == b"bytes=0-9"
    assert not part.keep_alive
    assert (reports.method, reports.body) == ("POST", b"e=t\r\n\r\ne=")
    assert api.target is None
    assert api.head + rest == API


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_split_gives_the_same_requests(at: list[int]) -> None:
    live = STREAM[: -len(API)]
    assert requests_of(cut(live, [min(index, len(live)) for index in at])) == requests_of([live])


def test_one_byte_at_a_time() -> None:
    live = STREAM[: -len(API)]
    assert requests_of([live[i : i + 1] for i in range(len(live))]) == requests_of([live])


@given(st.binary(max_size=400))
@example(b"\r\n" * 5000)
@example(b"\x16\x03\x01\x02\x00\x01\x00")
@example(b"GET /live/ HTTP/1.1\r\n\r\n")
def test_no_bytes_give_anything_but_requests_or_a_sentence(data: bytes) -> None:
    assert outcome(data)


@given(
    st.integers(0, len(STREAM) - 1),
    st.binary(min_size=1, max_size=4),
    st.sampled_from(["replace", "insert", "cut"]),
)
def test_mutated_requests(at: int, noise: bytes, how: str) -> None:
    tail = {
        "replace": noise + STREAM[at + len(noise) :],
        "insert": noise + STREAM[at:],
        "cut": STREAM[at + 4 :],
    }[how]
    assert outcome(STREAM[:at] + tail)


def test_what_was_held_is_bounded() -> None:
    reader = RequestReader(RequestParser())

    def drip() -> None:
        for _ in range(MAX_HEAD):
            reader.feed(b"GET /live/x HTTP/1.1\r\nA: " if not reader.buffer else b"aaaaaaaa")
            reader.next()

    with pytest.raises(BadRequestError) as caught:
        drip()
    assert caught.value.status == 431
    assert len(reader.buffer) <= MAX_HEAD + 32


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00", "began TLS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not begin an HTTP/1.1 request"),
        (b"GET /live/a/b HTTP/1.1\n\n", "does not begin an HTTP/1.1 request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2.0 is not spoken"),
        (b"GET /live/a/b HTTP/1.1\r\nbad header\r\n\r\n", "not a header field"),
        (b"GET /live/a/b HTTP/1.1\r\nHost : a\r\n\r\n", "not a header field"),
        (b"GET /live/a/b HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "not a header field"),
        (b"GET /live/a/b HTTP/1.1\r\nAccept: a\r\n\r\n", "Host header is missing"),
        (b"GET /live/a/b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "given twice"),
        (b"GET /live/a/b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "no body"),
        (b"GET /live/a/b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "cannot be told"),
        (b"POST /live/a/b HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "cannot be told"),
        (b"POST /live/a/b HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "cannot be told"),
        (b"POST /live/a/b HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", "may have 65536 bytes"),
        (b"GET /live/a/b HTTP/1.1\r\n" + b"A: b\r\n" * 65 + b"\r\n", "more than 64"),
        (b"GET /live/a b HTTP/1.1\r\n\r\n", "does not begin an HTTP/1.1 request"),
    ],
)
def test_refusals_name_what_is_wrong(data: bytes, says: str) -> None:
    with pytest.raises(BadRequestError, match=says):
        requests_of([data])


@pytest.mark.parametrize(
    ("line", "target"),
    [
        (b"GET http://host:1/live/a/b?x=1 HTTP/1.1", "a/b?x=1"),
        (b"GET HTTPS://host/live/a/b HTTP/1.1", "a/b"),
        (b"GET http://host HTTP/1.1", None),
        (b"OPTIONS * HTTP/1.1", None),
        (b"CONNECT host:443 HTTP/1.1", None),
        (b"GET /live HTTP/1.1", None),
        (b"GET //live/a/b HTTP/1.1", None),
        (b"GET /livestock/a HTTP/1.1", None),
        (b"GET /live/ HTTP/1.0", ""),
    ],
)
def test_target_forms(line: bytes, target: str | None) -> None:
    (request,), _ = requests_of([line + b"\r\nHost: a\r\n\r\n"])
    assert request.target == target
    assert request.keep_alive is not line.endswith(b"1.0")


def test_what_is_remembered_does_not_stick() -> None:
    reader = RequestReader(RequestParser())
    reader.feed(PLAYER + PLAYER.replace(b'"v7"', b'"v8"') + PLAYER)
    assert [reader.next().fields.if_none_match for _ in range(3)] == [b'"v7"', b'"v8"', b'"v7"']


def test_http_1_0_with_a_remembered_header_block_closes() -> None:
    reader = RequestReader(RequestParser())
    block = b"Host: a\r\n\r\n"
    reader.feed(b"GET /live/a/b HTTP/1.1\r\n" + block + b"GET /live/a/b HTTP/1.0\r\n" + block)
    assert [reader.next().keep_alive, reader.next().keep_alive] == [True, False]


def test_lists_given_in_pieces_are_joined() -> None:
    assert parse_fields(b'If-None-Match: "a"\r\nif-none-match: "b"\r\n\r\n').if_none_match == b'"a", "b"'


def test_what_is_remembered_is_bounded() -> None:
    parser = RequestParser()
    for number in range(3 * MAX_REMEMBERED):
        reader = RequestReader(parser)
        reader.feed(b"GET /live/a/%d HTTP/1.1\r\nHost: %d\r\n\r\n" % (number, number))
        assert reader.next().target == f"a/{number}"
        reader.feed(b"GET /live/a/b HTTP/1.1\r\nHost: " + b"x" * 4000 + b"\r\n\r\n")
        assert reader.next().target == "a/b"
    for table in (parser._requests, parser._fields):
        assert len(table) <= MAX_REMEMBERED
        assert max(map(len, table)) <= MAX_REMEMBERED
