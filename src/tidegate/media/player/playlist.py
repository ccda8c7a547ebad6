"""HLS media playlists (RFC 8216bis section 4.4.3-4.4.5), delta updates included: text in, an immutable playlist out.

Pure and tolerant: unknown tags are passed over, a broken one costs itself alone, and any text at all either reads
or raises `PlaylistError`. The work is linear in the text, which the HTTP client bounds.
"""

from collections.abc import Callable
from typing import ClassVar

import msgspec

from tidegate.media.player.attributes import attributes, byte_range, date_time, decimal, integer, vector, yes
from tidegate.media.player.types import NotAPlaylistError

MAX_MSN = 10**15


class PlaylistError(NotAPlaylistError):
    """This text is no playlist, or a delta update that does not fit what came before."""

    code: ClassVar[str] = "playlist"


class Resource(msgspec.Struct, frozen=True):
    """Something to fetch: an address as the playlist wrote it, and a byte range (`length` 0: all of it)."""

    uri: str
    offset: int = 0
    length: int = 0


class Key(msgspec.Struct, frozen=True):
    """EXT-X-KEY with METHOD=AES-128. `vector` is empty where the media sequence number stands for it."""

    uri: str
    vector: bytes = b""


class Part(msgspec.Struct, frozen=True):
    resource: Resource
    duration_s: float
    independent: bool = False
    gap: bool = False


class Segment(msgspec.Struct, frozen=True):
    """One media segment; the last of a low-latency playlist may be unfinished, with parts alone.

    Attributes:
        msn: media sequence number.
        resource: the whole segment, None while unfinished.
        pdt: PROGRAM-DATE-TIME of its first sample, seconds since the Unix epoch, carried on through the
            playlist where not written; None where the playlist has none so far.
        discontinuity: discontinuity sequence number.
        init: the media initialization section (EXT-X-MAP) in effect.
        key: what its media are encrypted with, None for clear ones.
    """

    msn: int
    resource: Resource | None
    duration_s: float
    parts: tuple[Part, ...] = ()
    pdt: float | None = None
    discontinuity: int = 0
    gap: bool = False
    init: Resource | None = None
    key: Key | None = None


class Hint(msgspec.Struct, frozen=True):
    """EXT-X-PRELOAD-HINT of a part: it may be asked for now and is answered when it exists."""

    resource: Resource


class MediaPlaylist(msgspec.Struct, frozen=True):
    """One rendition's playlist.

    Attributes:
        part_target_s: 0 where there are no parts.
        hold_back_s, part_hold_back_s: how far from the end a player should stay, 0 where not said.
        skip_until_s: segments older than this from the end can be left out of a delta update, 0: no delta updates.
        reports: EXT-X-RENDITION-REPORT, address to (last MSN, last part).
    """

    segments: tuple[Segment, ...]
    media_sequence: int = 0
    target_duration_s: float = 0.0
    part_target_s: float = 0.0
    hold_back_s: float = 0.0
    part_hold_back_s: float = 0.0
    skip_until_s: float = 0.0
    can_block_reload: bool = False
    ended: bool = False
    hint: Hint | None = None
    reports: dict[str, tuple[int, int]] = {}

    @property
    def end_pdt(self) -> float | None:
        """PROGRAM-DATE-TIME where the playlist ends."""
        if not self.segments or (start := self.segments[-1].pdt) is None:
            return None
        return start + self.segments[-1].duration_s

    @property
    def next_part(self) -> tuple[int, int]:
        """(MSN, part index) of the part that comes after this playlist's end: what a blocking reload asks for."""
        if not self.segments:
            return self.media_sequence, 0
        last = self.segments[-1]
        return (last.msn + 1, 0) if last.resource is not None else (last.msn, len(last.parts))


def parse_media(text: str, base: MediaPlaylist | None = None) -> MediaPlaylist:
    """Read a media playlist; a delta update (EXT-X-SKIP) is completed from `base`, the playlist before it.

    Raises:
        PlaylistError: not a playlist, or a delta update that `base` cannot complete; ask for a whole one then.
    """
    lines = text.splitlines()
    if not lines or not lines[0].lstrip("\ufeff").startswith("#EXTM3U"):
        raise PlaylistError("This is not an HLS playlist: it does not begin with #EXTM3U.")
    reader = _Reader(base)
    for line in lines:
        if line.startswith("#EXT"):
            tag, _, value = line.partition(":")
            if (handle := _TAGS.get(tag.rstrip())) is not None:
                handle(reader, value)
        elif line and not line.startswith("#") and (uri := line.strip()):
            reader.uri(uri)
    return reader.playlist()


class _Reader:
    """What has been read so far, and what will apply to the next segment."""

    def __init__(self, base: MediaPlaylist | None) -> None:
        self._base = base
        self.fields: dict[str, float | bool] = {}
        self.media_sequence = 0
        self.hint: Hint | None = None
        self.reports: dict[str, tuple[int, int]] = {}
        self._segments: list[Segment] = []
        self._discontinuity = 0
        self._init: Resource | None = None
        self._key: Key | None = None
        self._pdt: float | None = None
        self._range_end: dict[str, int] = {}
        self._fresh_segment()

    def _fresh_segment(self) -> None:
        self._duration_s: float | None = None
        self._range: tuple[int, int | None] | None = None
        self._parts: list[Part] = []
        self._gap = False

    def skip(self, value: str) -> None:
        """EXT-X-SKIP (4.4.5.2): take over from the playlist before what the server left out."""
        skipped = integer(attributes(value).get("SKIPPED-SEGMENTS"))
        last = self.media_sequence + skipped - 1
        old = self._base.segments if self._base is not None else ()
        taken = [s for s in old if self.media_sequence <= s.msn <= last and s.resource is not None]
        if len(taken) != skipped or self._segments:
            raise PlaylistError("A delta update skips segments that the playlist before it did not have.")
        self._segments.extend(taken)
        if taken:
            end = taken[-1]
            self._discontinuity, self._init, self._key = end.discontinuity, end.init, end.key
            self._pdt = None if end.pdt is None else end.pdt + end.duration_s

    def discontinuity(self, _value: str) -> None:
        self._discontinuity += 1

    def discontinuity_sequence(self, value: str) -> None:
        self._discontinuity = integer(value)

    def sequence(self, value: str) -> None:
        if (
            not self._segments
        ):  # section 4.4.3.2: it must come before the first segment; later it means nothing
            self.media_sequence = min(integer(value), MAX_MSN)

    def server_control(self, value: str) -> None:
        control = attributes(value)
        self.fields["can_block_reload"] = yes(control.get("CAN-BLOCK-RELOAD"))
        self.fields["hold_back_s"] = decimal(control.get("HOLD-BACK"))
        self.fields["part_hold_back_s"] = decimal(control.get("PART-HOLD-BACK"))
        self.fields["skip_until_s"] = decimal(control.get("CAN-SKIP-UNTIL"))

    def init(self, value: str) -> None:
        found = attributes(value)
        if found.get("URI"):
            self._init = self._resource(found["URI"], byte_range(found.get("BYTERANGE")))

    def key(self, value: str) -> None:
        found = attributes(value)
        if found.get("METHOD") == "AES-128" and found.get("URI"):
            self._key = Key(found["URI"], vector(found.get("IV")))
        else:
            self._key = None

    def extinf(self, value: str) -> None:
        self._duration_s = decimal(value.partition(",")[0])

    def byterange(self, value: str) -> None:
        self._range = byte_range(value)

    def gap(self, _value: str) -> None:
        self._gap = True

    def program_date_time(self, value: str) -> None:
        moment = date_time(value)
        if moment is not None:
            self._pdt = moment

    def part(self, value: str) -> None:
        found = attributes(value)
        if not found.get("URI"):
            return
        self._parts.append(
            Part(
                self._resource(found["URI"], byte_range(found.get("BYTERANGE"))),
                decimal(found.get("DURATION")),
                yes(found.get("INDEPENDENT")),
                yes(found.get("GAP")),
            )
        )

    def preload_hint(self, value: str) -> None:
        found = attributes(value)
        if found.get("TYPE") == "PART" and found.get("URI"):
            start, length = integer(found.get("BYTERANGE-START")), integer(found.get("BYTERANGE-LENGTH"))
            self.hint = Hint(Resource(found["URI"], start, length))

    def rendition_report(self, value: str) -> None:
        found = attributes(value)
        if found.get("URI"):
            self.reports[found["URI"]] = integer(found.get("LAST-MSN")), integer(found.get("LAST-PART"), -1)

    def uri(self, uri: str) -> None:
        """A segment is complete with its address; an address without EXTINF belongs to nothing and is passed over."""
        if self._duration_s is None:
            return
        self._segment(self._resource(uri, self._range), self._duration_s)

    def _segment(self, resource: Resource | None, duration_s: float) -> None:
        msn = self.media_sequence + len(self._segments)
        self._segments.append(
            Segment(
                msn,
                resource,
                duration_s,
                tuple(self._parts),
                self._pdt,
                self._discontinuity,
                self._gap,
                self._init,
                self._key,
            )
        )
        if self._pdt is not None:
            self._pdt += duration_s
        self._fresh_segment()

    def _resource(self, uri: str, ranged: tuple[int, int | None] | None) -> Resource:
        if ranged is None:
            return Resource(uri)
        length, offset = ranged
        start = self._range_end.get(uri, 0) if offset is None else offset
        self._range_end[uri] = start + length
        return Resource(uri, start, length)

    def playlist(self) -> MediaPlaylist:
        if self._parts:
            self._segment(None, sum(part.duration_s for part in self._parts))
        fields = self.fields
        return MediaPlaylist(
            segments=tuple(self._segments),
            media_sequence=self.media_sequence,
            target_duration_s=float(fields.get("target_duration_s", 0.0)),
            part_target_s=float(fields.get("part_target_s", 0.0)),
            hold_back_s=float(fields.get("hold_back_s", 0.0)),
            part_hold_back_s=float(fields.get("part_hold_back_s", 0.0)),
            skip_until_s=float(fields.get("skip_until_s", 0.0)),
            can_block_reload=bool(fields.get("can_block_reload", False)),
            ended=bool(fields.get("ended", False)),
            hint=self.hint,
            reports=self.reports,
        )

    def target_duration(self, value: str) -> None:
        self.fields["target_duration_s"] = decimal(value)

    def part_information(self, value: str) -> None:
        self.fields["part_target_s"] = decimal(attributes(value).get("PART-TARGET"))

    def endlist(self, _value: str) -> None:
        self.fields["ended"] = True


_TAGS: dict[str, Callable[[_Reader, str], None]] = {
    "#EXTINF": _Reader.extinf,
    "#EXT-X-PART": _Reader.part,
    "#EXT-X-PROGRAM-DATE-TIME": _Reader.program_date_time,
    "#EXT-X-TARGETDURATION": _Reader.target_duration,
    "#EXT-X-MEDIA-SEQUENCE": _Reader.sequence,
    "#EXT-X-DISCONTINUITY": _Reader.discontinuity,
    "#EXT-X-DISCONTINUITY-SEQUENCE": _Reader.discontinuity_sequence,
    "#EXT-X-SERVER-CONTROL": _Reader.server_control,
    "#EXT-X-PART-INF": _Reader.part_information,
    "#EXT-X-PRELOAD-HINT": _Reader.preload_hint,
    "#EXT-X-RENDITION-REPORT": _Reader.rendition_report,
    "#EXT-X-SKIP": _Reader.skip,
    "#EXT-X-MAP": _Reader.init,
    "#EXT-X-KEY": _Reader.key,
    "#EXT-X-BYTERANGE": _Reader.byterange,
    "#EXT-X-GAP": _Reader.gap,
    "#EXT-X-ENDLIST": _Reader.endlist,
}
