"""How far a media playlist reaches, and which playlist is surely the newest one.

An edge need not ask upstream whether a playlist is current while its own blocking request for the very next
version is unanswered: had that version appeared, the request would have ended (RFC 8216bis section 6.2.5.2). So an
audience that holds one blocking request answers every newcomer's plain request, and anything up to that
version, without another one.
"""

import re
from collections.abc import Container

import msgspec

from tidegate.media.edge.answers import Answer
from tidegate.media.edge.targets import Target

_MEDIA_SEQUENCE = re.compile(rb"^#EXT-X-MEDIA-SEQUENCE:([0-9]{1,18})", re.MULTILINE)
_SKIPPED = re.compile(rb"^#EXT-X-SKIP:.*?SKIPPED-SEGMENTS=([0-9]{1,9})", re.MULTILINE)

Version = tuple[int, int]
"""The Media Sequence Number of the segment in progress, and how many of its parts are listed."""


def version_of(playlist: bytes) -> Version | None:
    """How far a playlist reaches; None for one that is no live media playlist or has ended."""
    sequence = _MEDIA_SEQUENCE.search(playlist)
    if sequence is None or b"#EXT-X-ENDLIST" in playlist:
        return None
    skipped = _SKIPPED.search(playlist)
    whole = playlist.count(b"#EXTINF:") + (int(skipped[1]) if skipped else 0)
    parts = playlist.count(b"#EXT-X-PART:", max(0, playlist.rfind(b"#EXTINF:")))
    return int(sequence[1]) + whole, parts


class _Newest(msgspec.Struct):
    version: Version
    received_at: float
    next_keys: tuple[str, ...]
    whole: Answer | None


class NewestPlaylists:
    """Remembers the newest version of each playlist seen; at `bound` the one first seen is forgotten."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._newest: dict[str, _Newest] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def saw(self, target: Target, answer: Answer, asked_at: float, now: float) -> None:
        """Take in a playlist that upstream gave at `now` to a question of `asked_at`, monotonic seconds."""
        version = version_of(answer.body)
        if version is None:
            self._newest.pop(target.path, None)
            return
        known = self._newest.get(target.path)
        whole = None if target.skip else answer
        if known is not None and version == known.version:
            known.whole = known.whole or whole
            return
        if known is not None and version < known.version and asked_at < known.received_at:
            return  # overtaken on the way; a lower version asked for later is a broadcast begun anew
        if known is None and len(self._newest) >= self._bound:
            del self._newest[next(iter(self._newest))]
        ask = f"{target.path}?_HLS_msn={version[0]}&_HLS_part={version[1]}"
        self._newest[target.path] = _Newest(
            version, now, (ask, ask + "&_HLS_skip=YES", ask + "&_HLS_skip=v2"), whole
        )

    def current(self, target: Target, flights: Container[str]) -> Answer | None:
        """The whole playlist that answers `target`, where it is surely current; `flights` are keys asked upstream."""
        known = self._newest.get(target.path)
        if known is None or known.whole is None or target.skip:
            return None
        if not any(key in flights for key in known.next_keys):
            return None
        return known.whole if target.plain or _reaches(known.version, target) else None


def _reaches(version: Version, target: Target) -> bool:
    if target.msn < 0:
        return False  # a part without a sequence number is upstream's to refuse
    if target.part < 0:
        return target.msn < version[0]
    return (target.msn, target.part) < version
