"""Byte ranges: a 206 is always the slice it says it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.delivery import LiveResponse
from tidegate.media.edge.answers import Answer, answer_of
from tidegate.media.edge.ranges import ranged

BODY = bytes(range(200))


def media(body: bytes = BODY, etag: bytes = b'"e"') -> Answer:
    return answer_of(LiveResponse(200, ((b"content-type", b"video/mp4"),), body, 60.0, etag), 0.0)


@given(st.integers(0, 300), st.one_of(st.none(), st.integers(0, 300)), st.binary(max_size=200))
def test_from_to(first: int, last: int | None, body: bytes) -> None:
    whole = media(body)
    got = ranged(whole, b"bytes=%d-%b" % (first, b"" if last is None else b"%d" % last), b"", 0.0)
    if last is not None and last < first:
        assert got is whole
    elif first >= len(body):
        assert got.status == 416
        assert (b"content-range", b"bytes */%d" % len(body)) in got.headers
    else:
        assert got.status == 206
        stated = re.fullmatch(rb"bytes (\d+)-(\d+)/(\d+)", dict(got.headers)[b"content-range"])
        assert stated
        assert (
            got.body
            == body[int(stated[1]) : int(stated[2]) + 1]
            == body[first : None if last is None else last + 1]
        )
        assert int(stated[3]) == len(body)
        assert b"content-length: %d\r\n" % len(got.body) in got.head


@given(st.integers(0, 300))
def test_suffix(length: int) -> None:
    got = ranged(media(), b"bytes=-%d" % length, b"", 0.0)
    if length == 0:
        assert got.status == 416
    else:
        assert got.body == BODY[-length:]


@pytest.mark.parametrize(
    "header", [b"bytes=0-1,5-6", b"items=0-1", b"bytes=a-b", b"bytes=-", b"", b"bytes=1-" + b"9" * 30]
)
def test_other_ranges_get_the_whole(header: bytes) -> None:
    whole = media()
    assert ranged(whole, header, b"", 0.0) is whole


def test_if_range_must_match_strongly() -> None:
    whole, weak = media(), media(etag=b'W/"e"')
    assert ranged(whole, b"bytes=0-1", b'"e"', 0.0).status == 206
    assert ranged(whole, b"bytes=0-1", b'"other"', 0.0) is whole
    assert ranged(weak, b"bytes=0-1", b'W/"e"', 0.0) is weak


def test_playlists_and_errors_stay_whole() -> None:
    playlist = answer_of(LiveResponse(200, ((b"content-type", b"application/vnd.apple.mpegurl"),), BODY), 0.0)
    missing = answer_of(LiveResponse(404, (), BODY), 0.0)
    assert ranged(playlist, b"bytes=0-1", b"", 0.0) is playlist
    assert ranged(missing, b"bytes=0-1", b"", 0.0) is missing
