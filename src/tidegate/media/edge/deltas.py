"""Delta updates made whole (RFC 8216bis section 6.2.5.1), as a player does it: pure.

In: a delta update, and a whole playlist not much older. Out: the whole playlist as of the delta update, or None where the two do not
meet. Tags that hold on (EXT-X-MAP, EXT-X-KEY) are said again where the segment that said them has left the playlist.
"""

import re

_MEDIA_SEQUENCE = re.compile(rb"^#EXT-X-MEDIA-SEQUENCE:([0-9]{1,18})\s*$", re.MULTILINE)
_SKIP = re.compile(rb"^#EXT-X-SKIP:.*?SKIPPED-SEGMENTS=([0-9]{1,9}).*\n?", re.MULTILINE)
_HEAD = (
    b"#EXTM3U",
    b"#EXT-X-VERSION:",
    b"#EXT-X-TARGETDURATION:",
    b"#EXT-X-SERVER-CONTROL:",
    b"#EXT-X-PART-INF:",
    b"#EXT-X-MEDIA-SEQUENCE:",
    b"#EXT-X-DISCONTINUITY-SEQUENCE:",
    b"#EXT-X-INDEPENDENT-SEGMENTS",
)
_HOLDING_ON = (b"#EXT-X-MAP:", b"#EXT-X-KEY:")


def completed(delta: bytes, whole: bytes) -> bytes | None:
    """`delta` with what it skips taken from `whole`."""
    skip = _SKIP.search(delta)
    begin, base = _MEDIA_SEQUENCE.search(delta), _MEDIA_SEQUENCE.search(whole)
    if skip is None or begin is None or base is None:
        return None
    first = int(begin[1]) - int(base[1])
    end = first + int(skip[1])
    segments = _segments(whole)
    if first < 0 or end > len(segments):
        return None
    held = _holding_on(segments[:first])
    lines = [*held, *(line for segment in segments[first:end] for line in segment)]
    return delta[: skip.start()] + b"".join(line + b"\n" for line in lines) + delta[skip.end() :]


def _segments(playlist: bytes) -> list[list[bytes]]:
    """The lines of each whole segment, its address last."""
    segments: list[list[bytes]] = []
    lines: list[bytes] = []
    for line in playlist.splitlines():
        if not line or line.startswith(_HEAD):
            continue
        lines.append(line)
        if line[0] != ord("#"):
            segments.append(lines)
            lines = []
    return segments


def _holding_on(left: list[list[bytes]]) -> list[bytes]:
    """The tags of segments that have left which hold on for those that follow."""
    newest: dict[bytes, bytes] = {}
    for segment in left:
        for line in segment:
            for tag in _HOLDING_ON:
                if line.startswith(tag):
                    newest[tag] = line
    return [newest[tag] for tag in _HOLDING_ON if tag in newest]
