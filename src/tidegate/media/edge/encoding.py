"""Playlists in gzip for whoever accepts it (RFC 9110 sections 8.4 and 12.5.3); media does not shrink.

A playlist is a tenth of its size in gzip, and an LL-HLS viewer reloads it several times a second. Each version is
compressed once, when the first viewer wants it so, however many follow.
"""

import gzip
import re

import msgspec

from tidegate.media.edge.answers import Answer, answer_of

_LEVEL = 5
_GZIP = re.compile(
    rb"(?:^|,)[ \t]*(?:x-)?gzip[ \t]*(?:;[ \t]*q[ \t]*=[ \t]*([0-9.]+)[ \t]*)?(?:,|\Z)", re.IGNORECASE
)


def accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether an Accept-Encoding header names gzip, and not with a weight of zero."""
    named = _GZIP.search(accept_encoding)
    return named is not None and (named[1] is None or named[1].strip(b"0.") != b"")


def gzipped(answer: Answer, wall: float) -> Answer:
    """`answer` in gzip, made once. Its entity tag is weak, since both encodings mean the same."""
    if answer.gzipped is None:
        weak = answer.etag if answer.etag.startswith(b"W/") or not answer.etag else b"W/" + answer.etag
        headers = tuple((name, weak if name == b"etag" else value) for name, value in answer.headers)
        encoded = Answer(
            status=answer.status,
            headers=(*headers, (b"content-encoding", b"gzip")),
            body=gzip.compress(answer.body, _LEVEL, mtime=0),
            max_age_s=answer.max_age_s,
            etag=weak,
        )
        msgspec.structs.force_setattr(
            answer, "gzipped", answer_of(encoded, wall, listed=answer.listed, tally=answer.tally)
        )
    return answer.gzipped or answer
