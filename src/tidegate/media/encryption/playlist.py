"""Media playlists with keys (RFC 8216bis section 4.4.4.4): a pure function of the clear playlist.

In: a playlist whose media lie beside it. Out: the same with encrypted media beside their keys, and a key tag wherever
the key changes. Headers (EXT-X-MAP) stay clear: a key tag with METHOD=NONE stands before each that a key would cover. A
delta update begins with its key again, since what it skips may have held the tag.
"""

import re
from collections.abc import Callable

_MEDIA = re.compile(r'(?:URI="|\A)(part|seg)-([0-9a-z]+)-([0-9]+)')
_NUMBER = re.compile(r"[0-9]+")
_MEDIA_SEQUENCE = "#EXT-X-MEDIA-SEQUENCE:"
_SKIP = "#EXT-X-SKIP:"
_MAP = "#EXT-X-MAP:"
_PART = "#EXT-X-PART:"
_HINT = "#EXT-X-PRELOAD-HINT:"
_EXTINF = "#EXTINF:"
_NO_KEY = "#EXT-X-KEY:METHOD=NONE"

KeyOf = Callable[[str, int], str]
"""A session and a Media Sequence Number to the key's address, beside which its media lie; empty where that session is not
encrypted.
"""


def with_keys(text: str, key_of: KeyOf) -> str:
    """The playlist as viewers get it."""
    out: list[str] = []
    msn, current, held = 0, "", ""
    for line in text.split("\n"):
        if line.startswith(_EXTINF):
            held = line  # a key tag belongs before it
            continue
        if line.startswith(_MEDIA_SEQUENCE):
            msn = int(line[len(_MEDIA_SEQUENCE) :])
        elif line.startswith(_SKIP):
            skipped = _NUMBER.search(line)
            msn += int(skipped[0]) if skipped else 0
        elif line.startswith(_MAP) and current:
            out.append(_NO_KEY)
            current = ""
        media = _MEDIA.search(line) if line.startswith((_PART, _HINT)) or (line and line[0] != "#") else None
        if media is None:
            out.append(line)
            continue
        number = int(media[3]) if media[1] == "seg" else msn
        key = key_of(media[2], number)
        tag = _key_tag(key, number, msn) if key else ""
        if tag != current and not line.startswith(_HINT):
            out.append(tag or _NO_KEY)
            current = tag
        if held:
            out.append(held)
            held = ""
        out.append(_moved(line, key) if key else line)
        if line[0] != "#":
            msn += 1
    return "\n".join(out)


def _key_tag(key: str, number: int, msn: int) -> str:
    """The vector is a segment's own number, which is said where it has another one in this playlist."""
    vector = f",IV=0x{number:032x}" if number != msn else ""
    return f'#EXT-X-KEY:METHOD=AES-128,URI="{key}"{vector}'


def _moved(line: str, key: str) -> str:
    """With its address beside the key's."""
    folder = key[: key.rfind("/") + 1]
    return line.replace('URI="', f'URI="{folder}', 1) if line[0] == "#" else folder + line
