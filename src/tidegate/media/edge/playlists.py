"""How far a media playlist reaches, and which playlist is surely the newest one.

An edge need not ask upstream whether a playlist is current while its own blocking request for the very next
version is unanswered: had that version appeared, the request would have ended (RFC 8216bis section 6.2.5.2). So an
audience that holds one blocking request answers every newcomer's plain request, and anything up to that
version, without another one.

Nor does an edge go back: a playlist that ends before one it has given out is an old copy, as an origin that restarts or a
cache on the way to it may serve, unless its newest media are of a publishing session that the edge has not seen: then
it has begun anew. For old copies the newest playlist stands in, for a while. A blocking reload is another matter: it is
answered with whatever holds what was asked for, which the player that asks has not had yet.
"""

import re
from collections.abc import Container

import msgspec

from tidegate.core.delivery import LiveResponse
from tidegate.media.edge.answers import Answer, answer_of
from tidegate.media.edge.deltas import completed
from tidegate.media.edge.tallies import UNTALLIED, Tally
from tidegate.media.edge.targets import Target

_MEDIA_SEQUENCE = re.compile(rb"^#EXT-X-MEDIA-SEQUENCE:([0-9]{1,18})", re.MULTILINE)
_SKIPPED = re.compile(rb"^#EXT-X-SKIP:.*?SKIPPED-SEGMENTS=([0-9]{1,9})", re.MULTILINE)

_SESSION = re.compile(rb"(?:part|seg)-([0-9a-z]{1,40})-[0-9]{1,18}\.m4s")
_HEADERS = ((b"content-type", b"application/vnd.apple.mpegurl"), (b"cache-control", b"no-cache"))

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


def session_of_newest(playlist: bytes) -> bytes:
    """The publishing session whose media a playlist lists last; empty where no address tells."""
    sessions = _SESSION.findall(playlist)
    return sessions[-1] if sessions else b""


class _Newest(msgspec.Struct):
    """The newest version of one playlist: `body` as it came, `base` a whole one that completes it, `whole` an answer."""

    version: Version
    received_at: float
    next_keys: tuple[str, ...]
    whole: Answer | None
    body: bytes
    base: bytes

    def knows(self, session: bytes) -> bool:
        mark = b"-" + session + b"-"
        return mark in self.body or mark in self.base


class NewestPlaylists:
    """Remembers the newest version of each playlist seen; at `bound` the one first seen is forgotten."""

    def __init__(self, bound: int, stands_in_s: float = 30.0) -> None:
        self._bound = bound
        self._stands_in_s = stands_in_s
        self._newest: dict[str, _Newest] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def is_old(self, target: Target, body: bytes, now: float) -> bool:
        """Whether `body`, which upstream or the cache has for `target`, goes back behind what was given out before."""
        known = self._newest.get(target.path)
        version = version_of(body) if known is not None else None
        if known is None or version is None or version >= known.version:
            return False
        session = session_of_newest(body)
        return bool(session) and known.knows(session) and now - known.received_at <= self._stands_in_s

    def instead(
        self, target: Target, now: float, wall: float, *, listed: bool = False, tally: Tally = UNTALLIED
    ) -> Answer | None:
        """The newest playlist in the place of an old one or of none, where it can be made whole and answers `target`."""
        known = self._newest.get(target.path)
        if known is None or now - known.received_at > self._stands_in_s:
            return None
        if not target.plain and not _reaches(known.version, target) and (target.msn >= 0 or target.part >= 0):
            return None
        if known.whole is None:
            body = completed(known.body, known.base)
            if body is None:
                return None
            known.whole = answer_of(LiveResponse(200, _HEADERS, body), wall, listed=listed, tally=tally)
        return known.whole

    def saw(self, target: Target, answer: Answer, asked_at: float, now: float) -> None:
        """Take in a playlist that upstream gave at `now` to a question of `asked_at`, monotonic seconds."""
        version = version_of(answer.body)
        if version is None:
            self._newest.pop(target.path, None)
            return
        known = self._newest.get(target.path)
        whole = None if b"#EXT-X-SKIP:" in answer.body else answer
        if known is not None and version == known.version:
            known.whole = whole or known.whole
            known.received_at = now
            return
        if known is not None and version < known.version and asked_at < known.received_at:
            return  # overtaken on the way; a lower version asked for later is a broadcast begun anew
        base = _base(known, version, answer.body) if whole is None else answer.body
        if known is None and len(self._newest) >= self._bound:
            del self._newest[next(iter(self._newest))]
        ask = f"{target.path}?_HLS_msn={version[0]}&_HLS_part={version[1]}"
        self._newest[target.path] = _Newest(
            version,
            now,
            (ask, ask + "&_HLS_skip=YES", ask + "&_HLS_skip=v2"),
            whole,
            answer.body,
            base,
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


def _base(known: _Newest | None, version: Version, delta: bytes) -> bytes:
    """A whole playlist to complete `delta` from: brought up to date once a segment, while the two still meet."""
    if known is None:
        return b""
    if version[0] == known.version[0]:
        return known.base
    return completed(delta, known.base) or known.base
