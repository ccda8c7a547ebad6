"""One track's window: the segments its playlist lists, the parts in memory, and the playlist text, kept ready.

In: chunks with their place in the playlist. Out: the playlist's pieces, and media by address. Bounds: segments
beyond the playlist's length leave it; bytes leave memory once they are stored and old (`release`), or, when they
cannot be stored, together with their place in the playlist (`drop_unstored`).
"""

from bisect import bisect_left
from collections import deque
from itertools import chain

import msgspec

from tidegate.core.chunks import Chunk, Track
from tidegate.core.delivery import LiveResponse
from tidegate.media.origin import playlist, responses
from tidegate.media.origin.account import Received
from tidegate.media.origin.config import OriginConfig
from tidegate.media.origin.waiting import Waiters

RECENT_CHUNKS = 25
"""Chunks of which sizes and times are remembered for measuring: about five seconds."""

PART_TARGETS = 3
"""Parts are listed for the last three target durations (RFC 8216bis 6.2.2)."""


DEPARTED_MAX = 32
"""Segments remembered after they left: with segments of 1 to 2 s more than `keeper.REMOVED_READABLE_S`."""


class Segment:
    """One media segment, from its first part on.

    Attributes:
        first_part: number of its first part within session and track.
        sizes: of its parts, bytes.
        parts: their bytes, while in memory.
        wall_s: program date and time of its start, seconds since the Unix epoch.
        independent: it begins with a sync sample.
        tail: EXTINF and address, once it is complete.
        reel, offset: the object that holds it and where in it, once it is stored or being stored.
        record: its line in the stream's index, once it has been written.
    """

    __slots__ = (
        "duration_s", "first_part", "gap", "head", "independent", "map_uri", "msn", "offset", "part_text", "parts", "record", "reel",
        "session", "sizes", "stored", "tail", "wall_s",
    )  # fmt: skip

    def __init__(
        self, msn: int, session: str, first_part: int, wall_s: float, map_uri: str, *, gap: bool = False
    ) -> None:
        self.msn = msn
        self.session = session
        self.first_part = first_part
        self.wall_s = wall_s
        self.map_uri = map_uri
        self.gap = gap
        self.independent = False
        self.duration_s = 0.0
        self.sizes: list[int] = []
        self.parts: list[bytes] | None = None if gap else []
        self.stored = gap
        self.reel = ""
        self.offset = 0
        self.head = ""
        self.part_text = ""
        self.tail = ""
        self.record: msgspec.Raw | None = None

    @property
    def file(self) -> str:
        return f"seg-{self.session}-{self.msn}.m4s"

    @property
    def size(self) -> int:
        return sum(self.sizes)

    def complete(self) -> None:
        self.tail = playlist.segment_tail(self.file, self.duration_s)


class TrackWindow:
    """One track of one broadcast.

    Attributes:
        segments: complete ones in the playlist, oldest first.
        open: the one that is growing; it has at least one part.
        departed: the latest to have left the playlist: still to be read by whoever holds an older one.
        removed: those of them that the keeper has not heard of.
        version: counts changes of the playlist.
        received: what has come, as it is told once a second.
    """

    def __init__(self, track: Track, config: OriginConfig, discontinuities: list[int]) -> None:
        self.track = track
        self._config = config
        self._discontinuities = discontinuities
        self.segments: deque[Segment] = deque()
        self.open: Segment | None = None
        self.departed: deque[Segment] = deque(maxlen=DEPARTED_MAX)
        self.removed: list[Segment] = []
        self.inits: dict[str, bytes] = {}
        self.map_uri = ""
        self.session = ""
        self.next_part = 0
        self._next_init = 0
        self.version = 0
        self.length_s = 0.0
        self.end_s = 0.0
        self.waiters = Waiters()
        self.recent: deque[tuple[int, int, int]] = deque(maxlen=RECENT_CHUNKS)
        self.received = Received()
        self.gop_s = 0.0
        self.peak_bps = 0
        self._newest_part: LiveResponse | None = None
        self._composed = True
        self._complete_text = ""
        self._skipped = 0
        self._recent_text = ""

    @property
    def next_msn(self) -> int | None:
        """Number of the segment after the last; None before the first."""
        last = self.open or (self.segments[-1] if self.segments else None)
        return last.msn + 1 if last is not None else None

    @property
    def last(self) -> tuple[int, int]:
        """Media sequence number of the last listed segment and index of its last part, -1 where it has none."""
        last = self.open or self.segments[-1]
        return last.msn, len(last.sizes) - 1

    def has(self, msn: int, part: int | None) -> bool:
        """Whether the playlist has come so far (6.2.5.2); without `part`, whether the whole segment is there."""
        if self.open is not None:
            return msn < self.open.msn or (
                msn == self.open.msn and part is not None and part < len(self.open.sizes)
            )
        if not self.segments:
            return False
        last = self.segments[-1]
        return msn < last.msn or (msn == last.msn and (part is None or last.gap or part < len(last.sizes)))

    def announce(self, track: Track, session: str) -> None:
        """A session's track, or its change: what follows needs a header of its own."""
        self.track = track
        if session != self.session:
            self.session = session
            self.next_part = self._next_init = 0
        self.map_uri = f"init-{session}-{self._next_init}.mp4"
        self._next_init += 1
        self.inits[self.map_uri] = track.init
        self.received.begin()

    def begin(self, msn: int, wall_s: float) -> None:
        """Open segment `msn`; one that was open is complete."""
        self.finish()
        self.open = segment = Segment(msn, self.session, self.next_part, wall_s, self.map_uri)
        segment.head = self._head(segment)

    def add(self, chunk: Chunk) -> None:
        """The next part of the open segment."""
        segment = self.open
        if segment is None or segment.parts is None:
            return
        duration_s = chunk.duration / self.track.timescale
        segment.part_text += playlist.part_line(
            f"part-{self.session}-{self.next_part}.m4s", duration_s, independent=chunk.independent
        )
        if not segment.sizes:
            segment.independent = chunk.independent
        segment.sizes.append(len(chunk.data))
        segment.parts.append(chunk.data)
        segment.duration_s += duration_s
        self.next_part += 1
        self.end_s = (chunk.dts + chunk.duration) / self.track.timescale
        self.recent.append((chunk.duration, len(chunk.data), chunk.samples))
        self.gop_s = chunk.gop / self.track.timescale
        self.version += 1
        self._newest_part = None

    def finish(self) -> None:
        """The open segment is complete."""
        segment = self.open
        if segment is None:
            return
        self.open = None
        segment.complete()
        self._append(segment)

    def add_gap(self, msn: int, duration_s: float, wall_s: float | None) -> None:
        """A segment of which nothing is there (EXT-X-GAP); without `wall_s` it follows the one before."""
        before = self.segments[-1] if self.segments else None
        if wall_s is None:
            wall_s = before.wall_s + before.duration_s if before is not None else 0.0
        map_uri = before.map_uri if before is not None else self.map_uri
        segment = Segment(
            msn, before.session if before is not None else self.session, 0, wall_s, map_uri, gap=True
        )
        segment.duration_s = duration_s
        segment.head = self._head(segment)
        segment.complete()
        self._append(segment)

    def restore(self, segment: Segment) -> None:
        """A segment of an earlier life of this process."""
        segment.head = self._head(segment)
        segment.complete()
        self._append(segment)

    def _head(self, segment: Segment) -> str:
        before = self.segments[-1] if self.segments else None
        return playlist.segment_head(
            segment.wall_s,
            discontinuity=segment.msn in self._discontinuities,
            map_uri=segment.map_uri if before is not None and before.map_uri != segment.map_uri else "",
            gap=segment.gap,
        )

    def _append(self, segment: Segment) -> None:
        self.segments.append(segment)
        if segment.duration_s:
            self.peak_bps = max(self.peak_bps, round(segment.size * 8 / segment.duration_s))
        self.length_s += segment.duration_s
        while self.length_s - self.segments[0].duration_s >= self._config.window_s:
            self._remove_first()
        self._recompose()

    def _remove_first(self) -> None:
        gone = self.segments.popleft()
        self.length_s -= gone.duration_s
        if not gone.gap:
            gone.parts = None
            self.departed.append(gone)
            self.removed.append(gone)
        if gone.map_uri != self.map_uri and not any(each.map_uri == gone.map_uri for each in self.segments):
            self.inits.pop(gone.map_uri, None)

    def _recompose(self) -> None:
        """The complete segments have changed: their text is made anew when it is next asked for, if it ever is."""
        self._composed = False
        self.version += 1

    def _compose(self) -> None:
        """Make the text of the complete segments: once per segment, so that a part costs no more than its line."""
        target_s = self._config.target_s
        skip_s, parts_s = playlist.SKIP_TARGETS * target_s, PART_TARGETS * target_s
        behind_s = self.length_s
        older, recent, skipped = [], [], 0
        for segment in self.segments:
            behind_s -= segment.duration_s
            text = segment.head + (segment.part_text if behind_s < parts_s else "") + segment.tail
            if behind_s >= skip_s:
                skipped += 1
                older.append(text)
            else:
                recent.append(text)
            if behind_s >= parts_s:
                segment.part_text = ""
        self._skipped = skipped
        self._recent_text = "".join(recent)
        self._complete_text = "".join((*older, self._recent_text))
        self._composed = True

    def text(self, head: str, tail: str, discontinuity_base: int, *, skip: bool, hint: bool) -> str:
        """The playlist, or its delta update; `head` and `tail` are what the broadcast says of it."""
        first = self.segments[0] if self.segments else self.open
        if first is None:
            return head + tail
        if not self._composed:
            self._compose()
        removed = discontinuity_base + bisect_left(self._discontinuities, first.msn)
        parts = [head, playlist.sequence_lines(first.msn, removed)]
        if skip and self._skipped:
            parts += (playlist.skip_line(self._skipped), self._recent_text)
        else:
            parts += (playlist.map_line(first.map_uri), self._complete_text)
        if self.open is not None:
            parts += (self.open.head, self.open.part_text)
        if hint:
            parts.append(playlist.hint_line(f"part-{self.session}-{self.next_part}.m4s"))
        parts.append(tail)
        return "".join(parts)

    def find(self, session: str, msn: int) -> Segment | None:
        """A complete segment that is listed, or was lately."""
        for segment in chain(reversed(self.segments), reversed(self.departed)):
            if segment.msn == msn:
                return segment if segment.session == session and not segment.gap else None
        return None

    def find_part(self, session: str, number: int) -> tuple[Segment, int] | None:
        """The segment that holds a part, and the part's place in it."""
        if self.open is not None and self.open.session == session and number >= self.open.first_part:
            index = number - self.open.first_part
            return (self.open, index) if index < len(self.open.sizes) else None
        for segment in reversed(self.segments):
            if segment.session == session and 0 <= number - segment.first_part < len(segment.sizes):
                return segment, number - segment.first_part
        return None

    def part(self, session: str, number: int) -> LiveResponse | None:
        """A part that is in memory; the newest one is one shared object."""
        found = self.find_part(session, number)
        if found is None or found[0].parts is None:
            return None
        if number != self.next_part - 1:
            return responses.media(self.track.kind, found[0].parts[found[1]], found[0].msn)
        if self._newest_part is None:
            self._newest_part = responses.media(self.track.kind, found[0].parts[found[1]], found[0].msn)
        return self._newest_part

    def unstored(self) -> list[Segment]:
        """Complete segments that are only in memory, oldest first."""
        found = []
        for segment in reversed(self.segments):
            if not segment.stored:
                found.append(segment)
            elif not segment.gap:
                break  # they are stored in order, so that all before it are
        return found[::-1]

    def bitrates(self) -> tuple[int, int]:
        """Peak and average, bits per second: the peak over whole segments, the average over the last seconds."""
        seconds = sum(duration for duration, _, _ in self.recent) / self.track.timescale
        average = round(sum(size for _, size, _ in self.recent) * 8 / seconds) if seconds else self.peak_bps
        return max(self.peak_bps, average), average

    def memory_bytes(self) -> int:
        held = sum(segment.size for segment in self.segments if segment.parts is not None)
        return held + (self.open.size if self.open is not None else 0)

    def release(self) -> None:
        """Let go of bytes that are stored and older than memory should hold."""
        behind_s = self.open.duration_s if self.open is not None else 0.0
        for segment in reversed(self.segments):
            behind_s += segment.duration_s
            if behind_s - segment.duration_s >= self._config.memory_s and segment.stored:
                if segment.parts is None and not segment.gap:
                    break
                segment.parts = None

    def drop_unstored(self, bytes_max: int) -> int:
        """Bound what waits to be stored: segments over it leave the playlist. Returns how many did."""
        held_s, held = 0.0, self.open.size if self.open is not None else 0
        keep = 0
        for segment in reversed(self.segments):
            held_s += segment.duration_s
            held += segment.size if segment.parts is not None else 0
            if not segment.stored and (held_s > self._config.memory_max_s or held > bytes_max):
                break
            keep += 1
        dropped = len(self.segments) - keep
        for _ in range(dropped):
            self._remove_first()
        if dropped:
            self._recompose()
        return dropped
