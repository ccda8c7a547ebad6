"""Reads LL-HLS media playlists and asserts the rules of RFC 8216bis that a live server must keep.

`check_media_playlist` holds one playlist to the rules; `PlaylistHistory` holds a sequence of versions of the same
playlist to those that speak of change. Both raise AssertionError with what is wrong.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

PART_FLOOR = 0.85
PDT_TOLERANCE_S = 0.13
"""Dates follow the wall clock by up to an eighth of a second per segment after an encoder's opening burst; without a
discontinuity they never move by more."""


@dataclass
class Part:
    uri: str
    duration: float
    independent: bool


@dataclass
class Segment:
    """A media segment, or the parts of one that has no EXTINF yet (`uri` is empty)."""

    msn: int = 0
    uri: str = ""
    duration: float = 0.0
    date: float = 0.0
    discontinuity: int = 0
    starts_discontinuity: bool = False
    map_uri: str = ""
    gap: bool = False
    parts: list[Part] = field(default_factory=list)


@dataclass
class MediaPlaylist:
    version: int = 0
    target: int = 0
    part_target: float = 0.0
    control: dict[str, str] = field(default_factory=dict)
    msn: int = 0
    discontinuity: int = 0
    segments: list[Segment] = field(default_factory=list)
    open: Segment | None = None
    hint: str = ""
    reports: list[dict[str, str]] = field(default_factory=list)
    skipped: int = 0
    ended: bool = False

    @property
    def last(self) -> tuple[int, int]:
        """Media sequence number and part index of the newest part; -1 for a segment without parts."""
        if self.open is not None:
            return self.open.msn, len(self.open.parts) - 1
        return self.segments[-1].msn, len(self.segments[-1].parts) - 1

    @property
    def part_uris(self) -> list[str]:
        tail = [self.open] if self.open is not None else []
        return [part.uri for segment in (*self.segments, *tail) for part in segment.parts]


def attributes(text: str) -> dict[str, str]:
    """An attribute list (4.2), quotes removed."""
    found = dict(re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)', text))
    rebuilt = ",".join(f"{name}={value}" for name, value in found.items())
    assert rebuilt == text, f"not an attribute list: {text!r}"
    return {name: value.strip('"') for name, value in found.items()}


def parse_media_playlist(text: str) -> MediaPlaylist:
    """Read a media playlist; unknown tags are an error, for this server writes none."""
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U", lines[0]
    assert text.endswith("\n"), "the last line is not ended"
    reader = _Reader()
    for line in lines[1:]:
        assert line, "an empty line"
        if line.startswith("#"):
            tag, _, value = line.partition(":")
            reader.tag(tag, value)
        else:
            reader.segment(line)
    return reader.finish()


class _Reader:
    """What has been read so far: the playlist, and the tags that belong to the segment to come."""

    HEAD = frozenset(
        {"#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-SERVER-CONTROL", "#EXT-X-PART-INF",
         "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE", "#EXT-X-SKIP"}
    )  # fmt: skip

    def __init__(self) -> None:
        self.made = MediaPlaylist()
        self.now = Segment()
        self.msn = self.discontinuity = 0
        self.map_uri = ""
        self.seen: set[str] = set()

    def tag(self, tag: str, value: str) -> None:
        if tag in self.HEAD:
            assert tag not in self.seen, f"{tag} twice"
            assert not self.made.segments, f"{tag} after segments"
            self.seen.add(tag)
            self._head(tag, value)
        elif tag in ("#EXT-X-PRELOAD-HINT", "#EXT-X-RENDITION-REPORT", "#EXT-X-ENDLIST"):
            self._tail(tag, value)
        else:
            self._segment_tag(tag, value)

    def _head(self, tag: str, value: str) -> None:
        made = self.made
        if tag == "#EXT-X-VERSION":
            made.version = int(value)
        elif tag == "#EXT-X-TARGETDURATION":
            made.target = int(value)
        elif tag == "#EXT-X-SERVER-CONTROL":
            made.control = attributes(value)
        elif tag == "#EXT-X-PART-INF":
            made.part_target = float(attributes(value)["PART-TARGET"])
        elif tag == "#EXT-X-MEDIA-SEQUENCE":
            made.msn = self.msn = int(value)
        elif tag == "#EXT-X-DISCONTINUITY-SEQUENCE":
            made.discontinuity = self.discontinuity = int(value)
        else:
            made.skipped = int(attributes(value)["SKIPPED-SEGMENTS"])
            self.msn += made.skipped

    def _tail(self, tag: str, value: str) -> None:
        if tag == "#EXT-X-ENDLIST":
            self.made.ended = True
        elif tag == "#EXT-X-RENDITION-REPORT":
            self.made.reports.append(attributes(value))
        else:
            found = attributes(value)
            assert found["TYPE"] == "PART", found
            assert not self.made.hint, "two hints"
            self.made.hint = found["URI"]

    def _segment_tag(self, tag: str, value: str) -> None:
        now = self.now
        if tag == "#EXT-X-MAP":
            self.map_uri = attributes(value)["URI"]
        elif tag == "#EXT-X-DISCONTINUITY":
            self.discontinuity += 1
            now.starts_discontinuity = True
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value), value
            now.date = datetime.fromisoformat(value).timestamp()
        elif tag == "#EXT-X-PLAYLIST-TYPE":
            assert value in {"VOD", "EVENT"}, value
        elif tag == "#EXT-X-GAP":
            now.gap = True
        elif tag == "#EXTINF":
            assert value.endswith(","), value
            now.duration = float(value[:-1])
        else:
            assert tag == "#EXT-X-PART", f"unknown tag {tag}"
            found = attributes(value)
            assert set(found) <= {"URI", "DURATION", "INDEPENDENT"}, found
            now.parts.append(Part(found["URI"], float(found["DURATION"]), found.get("INDEPENDENT") == "YES"))

    def segment(self, uri: str) -> None:
        assert self.now.duration > 0, f"{uri} without EXTINF"
        self.now.uri = uri
        self._place()
        self.made.segments.append(self.now)
        self.now = Segment()
        self.msn += 1

    def _place(self) -> None:
        self.now.msn, self.now.discontinuity, self.now.map_uri = self.msn, self.discontinuity, self.map_uri

    def finish(self) -> MediaPlaylist:
        if self.now.parts:
            self._place()
            self.made.open = self.now
        else:
            assert self.now == Segment(), f"tags that belong to nothing: {self.now}"
        return self.made


def check_media_playlist(text: str, *, floor: float = PART_FLOOR) -> MediaPlaylist:
    """Hold one full playlist or delta update to the rules; returns it parsed.

    `floor` is the least share of PART-TARGET of a part that is neither independent nor a segment's last (4.4.4.9).
    """
    made = parse_media_playlist(text)
    assert made.version >= 9, "PART, SKIP and friends need version 9"
    assert made.target > 0
    assert made.part_target > 0
    _check_control(made)
    for segment in made.segments:
        assert round(segment.duration) <= made.target, (
            f"{segment.uri}: {segment.duration} > TARGETDURATION (4.4.3.1)"
        )
        assert made.skipped or segment.map_uri, f"{segment.uri} has no EXT-X-MAP"
        assert segment.date, f"{segment.uri} has no date"
        if segment.parts:
            whole = sum(part.duration for part in segment.parts)
            assert abs(whole - segment.duration) < 0.002, (
                f"{segment.uri}: parts make {whole}, not {segment.duration}"
            )
        _check_parts(made, segment, complete=True, floor=floor)
    if made.open is not None:
        assert not made.ended, "parts without a segment in an ended playlist"
        _check_parts(made, made.open, complete=False, floor=floor)
    _check_dates(made)
    _check_listed_parts(made)
    uris = [segment.uri for segment in made.segments] + made.part_uris
    assert len(uris) == len(set(uris)), "an address twice"
    if made.hint:
        assert not made.ended
        assert made.hint not in uris, "the hint names what exists"
        if made.part_uris and not made.hint.endswith("-0.m4s"):  # 0: a session's first
            assert made.hint == _next(made.part_uris[-1]), (
                f"after {made.part_uris[-1]} the hint is {made.hint}"
            )
    return made


def _check_control(made: MediaPlaylist) -> None:
    """4.4.3.8."""
    control = made.control
    assert control["CAN-BLOCK-RELOAD"] == "YES"
    assert float(control["CAN-SKIP-UNTIL"]) >= 6 * made.target
    assert float(control["HOLD-BACK"]) >= 3 * made.target
    assert float(control["PART-HOLD-BACK"]) >= 3 * made.part_target - 1e-9


def _check_parts(made: MediaPlaylist, segment: Segment, *, complete: bool, floor: float) -> None:
    for index, part in enumerate(segment.parts):
        assert 0 < part.duration <= made.part_target + 1e-9, (
            f"{part.uri}: {part.duration} > {made.part_target}"
        )
        last = index == len(segment.parts) - 1
        if not part.independent and not (last and complete) and not (last and not complete):
            assert part.duration >= floor * made.part_target - 1e-9, (
                f"{part.uri}: {part.duration} is too short"
            )


def _check_dates(made: MediaPlaylist) -> None:
    listed = [*made.segments, *([made.open] if made.open is not None else [])]
    for before, after in pairwise(listed):
        if after.starts_discontinuity or before.gap or after.gap:
            continue
        due = before.date + before.duration
        assert abs(after.date - due) < PDT_TOLERANCE_S, (
            f"{after.uri or 'open segment'} is dated {after.date - due:+.3f} s off"
        )


def _check_listed_parts(made: MediaPlaylist) -> None:
    """Parts are listed at the end only, and removed oldest first (6.2.2)."""
    listed = [bool(segment.parts) or segment.gap for segment in made.segments]
    first = next((index for index, segment in enumerate(made.segments) if segment.parts), len(listed))
    assert all(listed[first:]), "a segment without parts after one with parts"
    behind = 0.0
    for segment in reversed(made.segments):
        if segment.parts:
            assert behind <= 3 * made.target, f"{segment.uri}: parts listed {behind} s from the end"
        behind += segment.duration


def _next(uri: str) -> str:
    """The address after `part-{session}-{k}.m4s`."""
    match = re.fullmatch(r"(part-[0-9a-z]+-)(\d+)(\.m4s)", uri)
    assert match, uri
    return f"{match[1]}{int(match[2]) + 1}{match[3]}"


def expand(delta: MediaPlaylist, known: MediaPlaylist) -> MediaPlaylist:
    """What a client makes of a delta update and the playlist it had (6.3.7)."""
    assert delta.skipped
    kept = [segment for segment in known.segments if delta.msn <= segment.msn < delta.msn + delta.skipped]
    assert len(kept) == delta.skipped, "the delta skips what the client does not have"
    discontinuity = kept[-1].discontinuity - (delta.discontinuity if delta.segments else 0)
    for segment in [*delta.segments, *([delta.open] if delta.open is not None else [])]:
        segment.discontinuity += discontinuity
        segment.map_uri = segment.map_uri or kept[-1].map_uri
    delta.segments = [*kept, *delta.segments]
    delta.skipped = 0
    return delta


class PlaylistHistory:
    """Versions of one playlist, as a client sees them over time."""

    def __init__(self, *, floor: float = PART_FLOOR) -> None:
        self._floor = floor
        self._last: MediaPlaylist | None = None
        self._seen: dict[int, Segment] = {}
        self.versions = 0

    def add(self, text: str) -> MediaPlaylist:
        """Hold the next version to the rules, its own and those of change."""
        made = check_media_playlist(text, floor=self._floor)
        if self._last is not None:
            self._check_change(self._last, made)
        for segment in made.segments:
            before = self._seen.setdefault(segment.msn, segment)
            assert before.uri == segment.uri, f"segment {segment.msn} changed its address"
            assert before.duration == segment.duration, f"{segment.uri} changed its length"
            assert before.date == segment.date, f"{segment.uri} changed its date"
            assert before.discontinuity == segment.discontinuity, (
                f"{segment.uri} changed its discontinuity number"
            )
            assert before.map_uri == segment.map_uri, f"{segment.uri} changed its header"
            assert before.gap == segment.gap, f"{segment.uri} changed into or from a gap"
        self._last = made
        self.versions += 1
        return made

    def _check_change(self, before: MediaPlaylist, after: MediaPlaylist) -> None:
        assert after.target == before.target, "TARGETDURATION changed (6.2.1)"
        assert after.msn >= before.msn, "EXT-X-MEDIA-SEQUENCE went back (6.2.2)"
        assert after.discontinuity >= before.discontinuity, "EXT-X-DISCONTINUITY-SEQUENCE went back (6.2.2)"
        assert after.last[0] >= before.last[0], "segments were taken back"
        if before.hint and after.part_uris:
            session = before.hint.rpartition("-")[0]
            newer = [
                uri for uri in after.part_uris if uri.startswith(session) and uri not in before.part_uris
            ]
            assert not newer or before.hint in newer, f"{before.hint} was hinted, {newer[0]} came"
        if before.ended:
            assert after.ended, "a playlist that had ended goes on"
        if after.msn > before.msn and not after.ended:
            length = sum(segment.duration for segment in after.segments)
            assert length >= 3 * after.target - 2, f"only {length} s are left (6.2.2)"
