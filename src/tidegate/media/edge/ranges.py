"""Parts of an answer, as Range asks for (RFC 9110 section 14): one byte range of a 200 that is media.

Several ranges at once are answered with the whole, as section 14.2 allows; playlists always whole.
"""

import re

from tidegate.media.edge.answers import PLAYLIST_TYPE, Answer, answer_of, counted_as, refusal

_ONE_RANGE = re.compile(rb"bytes[ \t]*=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*\Z", re.IGNORECASE)


def ranged(answer: Answer, byte_range: bytes, if_range: bytes, wall: float) -> Answer:
    """What a GET with `byte_range` gets of `answer`: 206, 416, or `answer` itself where the range does not apply."""
    if answer.status != 200 or _is_playlist(answer):
        return answer
    if if_range and (if_range != answer.etag or if_range.startswith(b"W/")):
        return answer
    asked = _ONE_RANGE.match(byte_range)
    if asked is None or not (asked[1] or asked[2]):
        return answer
    size = len(answer.body)
    if asked[1]:
        first = int(asked[1])
        last = min(int(asked[2]), size - 1) if asked[2] else size - 1
        if asked[2] and int(asked[2]) < first:
            return answer  # not a valid range, so there is none (section 14.1.1)
    else:
        first, last = max(0, size - int(asked[2])), size - 1
    if first > last:
        unsatisfied = refusal(
            416,
            f"The object has {size} bytes; none of them is in the range asked for.",
            headers=((b"content-range", b"bytes */%d" % size),),
        )
        return counted_as(unsatisfied, answer.tally)
    part = Answer(
        status=206,
        headers=(*answer.headers, (b"content-range", b"bytes %d-%d/%d" % (first, last, size))),
        body=answer.body[first : last + 1],
        max_age_s=answer.max_age_s,
        etag=answer.etag,
    )
    return answer_of(part, wall, listed=answer.listed, tally=answer.tally)


def _is_playlist(answer: Answer) -> bool:
    return any(name == b"content-type" and value.startswith(PLAYLIST_TYPE) for name, value in answer.headers)
