"""Gzip for playlists: once per version, only where it is accepted and worth it."""

import gzip

import pytest

from tidegate.core.delivery import LiveResponse
from tidegate.media.edge.answers import Answer, answer_of
from tidegate.media.edge.encoding import accepts_gzip, gzipped

PLAYLIST = b"#EXTM3U\n" + b"#EXTINF:1.0,\nseg.m4s\n" * 100


def answer(
    content_type: bytes = b"application/vnd.apple.mpegurl", body: bytes = PLAYLIST, etag: bytes = b""
) -> Answer:
    return answer_of(LiveResponse(200, ((b"content-type", content_type),), body, 4.0, etag), 0.0)


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (b"gzip", True),
        (b"br, GZIP;q=0.5 , deflate", True),
        (b"deflate,x-gzip", True),
        (b"gzip;q=0", False),
        (b"br;q=1, gzip; q=0.000", False),
        (b"identity", False),
        (b"notgzip", False),
        (b"gzipped", False),
        (b"", False),
    ],
)
def test_who_accepts_it(header: bytes, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


def test_same_bytes_made_once_and_much_smaller() -> None:
    whole = answer(etag=b'"v7"')
    encoded = gzipped(whole, 0.0)
    assert gzipped(whole, 1.0) is encoded
    assert gzip.decompress(encoded.body) == PLAYLIST
    assert len(encoded.body) < len(PLAYLIST) / 5
    assert b"content-encoding: gzip\r\n" in encoded.head
    assert b'etag: W/"v7"\r\n' in encoded.head
    for each in (whole, encoded):
        assert each.head.count(b"vary: accept-encoding\r\n") == 1
        assert each.head.count(b"etag: ") == 1


@pytest.mark.parametrize("same", [answer(b"video/mp4"), answer(body=b"#EXTM3U\n")])
def test_not_worth_it(same: Answer) -> None:
    assert not same.compressible
    assert b"vary" not in same.head
