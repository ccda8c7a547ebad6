"""The archive of one broadcast: what is kept of it beyond the live window, for going back in time and for its recording.

In: segments that the keeper has stored. Out: lines of the manifest to store, reels that are whole, reels that nobody wants any
more. Every second that is kept was written once: the reels of the live window are the recording. Holds what has not been
told to the manifest yet, and, where nothing is recorded, when each reel ends; the rest is in the manifest alone.
"""

from collections import deque
from itertools import takewhile

import msgspec

from tidegate.media.origin.manifest import (
    DISCONTINUITY,
    FORMAT,
    INDEPENDENT,
    End,
    Head,
    Init,
    Line,
    Manifest,
    Run,
    encode_lines,
)
from tidegate.media.origin.window import Segment, TrackWindow

BLOCK_S = 7.0
"""Media after which the manifest is told: well below the shortest live window, which after a kill names what it was not."""

GAP_MIN_S = 0.1


class ArchivePolicy(msgspec.Struct, frozen=True):
    """What a channel's owner wants kept.

    Attributes:
        record: all of a broadcast, beyond its end. Decided when the broadcast begins.
        dvr_s: how far viewers may go back while it runs, seconds; the live window where less.
    """

    record: bool = False
    dvr_s: float = 0.0


class Archive:
    """One broadcast's archive.

    Attributes:
        recorded: the media stays after the broadcast.
        ended: the manifest's last line has been handed out.
    """

    def __init__(
        self, channel: str, broadcast: str, started_at: float, target_s: int, *, recorded: bool
    ) -> None:
        self.recorded = recorded
        self.ended = False
        self._target_s = target_s
        self._lines: list[Line] = [Head(FORMAT, channel, broadcast, started_at, target_s, recorded)]
        self._runs: dict[str, Run] = {}
        self._next: dict[str, int] = {}
        self._ends: dict[str, float] = {}
        self._inits: set[tuple[str, str]] = set()
        self._pending_s: dict[str, float] = {}
        self._size = 0
        self._offered = 0
        self._offered_lines = 0
        self._reels: dict[str, deque[tuple[float, str]]] = {}
        self._lengths_s: dict[str, float] = {}

    @classmethod
    def resumed(cls, manifest: Manifest) -> "Archive":
        """The archive of a broadcast that an earlier life began. The manifest has a head."""
        head = manifest.head
        if head is None:
            raise ValueError("a manifest without a head")
        archive = cls(head.channel, head.broadcast, head.started_at, head.target_s, recorded=head.recorded)
        archive._lines.clear()
        archive._size = manifest.size
        archive.ended = manifest.ended_at is not None
        for name, index in manifest.tracks.items():
            archive._inits.update((name, uri) for uri in index.inits)
            for run in index.runs:
                archive._next[name] = run.end_msn
                archive._ends[name] = run.wall_s + run.duration_s
                archive._note_reel(name, run.reel, run.duration_s)
        return archive

    def take(self, window: TrackWindow, discontinuities: list[int]) -> None:
        """Note the segments of a track that were stored since the last time."""
        name = window.track.name
        after = self._next.get(name, -1)
        fresh = list(takewhile(lambda segment: segment.msn >= after, reversed(window.segments)))
        for segment in reversed(fresh):
            if not segment.stored:
                break
            if not self._has_header(window, segment.map_uri):
                continue
            if 0 <= after < segment.msn:
                self._fill(name, after, segment)
            self._add(name, segment, discontinuity=segment.msn in discontinuities)
            after = segment.msn + 1

    def _has_header(self, window: TrackWindow, uri: str) -> bool:
        """Tell a header before the first segment that needs it; False where it is not known any more."""
        if (window.track.name, uri) in self._inits:
            return True
        init = window.inits.get(uri)
        if init is None:
            return False
        self._inits.add((window.track.name, uri))
        self._lines.append(Init(uri, msgspec.structs.replace(window.track, init=init)))
        return True

    def _add(self, name: str, segment: Segment, *, discontinuity: bool) -> None:
        flags = (DISCONTINUITY if discontinuity else 0) | (INDEPENDENT if segment.independent else 0)
        place = segment.offset if segment.reel else 0
        size = segment.size if segment.reel else 0
        run = self._runs.get(name)
        if (
            run is None
            or discontinuity
            or run.reel != segment.reel
            or run.session != segment.session
            or run.map_uri != segment.map_uri
        ):
            run = Run(
                name, segment.session, segment.map_uri, segment.reel, segment.msn, place,
                round(segment.wall_s, 3), [], [], [],
            )  # fmt: skip
            self._runs[name] = run
            self._lines.append(run)
        run.durations_s.append(round(segment.duration_s, 5))
        run.sizes.append(size)
        run.flags.append(flags)
        self._next[name] = segment.msn + 1
        self._ends[name] = segment.wall_s + segment.duration_s
        self._pending_s[name] = self._pending_s.get(name, 0.0) + segment.duration_s
        self._note_reel(name, segment.reel, segment.duration_s)

    def _fill(self, name: str, first: int, until: Segment) -> None:
        """Segments that left the window before they could be stored: a gap that says so."""
        count = until.msn - first
        spare_s = (until.wall_s - self._ends[name]) / count
        duration_s = round(min(float(self._target_s), max(GAP_MIN_S, spare_s)), 5)
        self._runs.pop(name, None)
        self._lines.append(
            Run(
                name,
                until.session,
                until.map_uri,
                "",
                first,
                0,
                round(self._ends[name], 3),
                [duration_s] * count,
                [0] * count,
                [0] * count,
            )
        )

    def _note_reel(self, name: str, reel: str, duration_s: float) -> None:
        length_s = self._lengths_s[name] = self._lengths_s.get(name, 0.0) + duration_s
        if self.recorded or not reel:
            return
        reels = self._reels.setdefault(name, deque())
        if reels and reels[-1][1] == reel:
            reels[-1] = (length_s, reel)
        else:
            reels.append((length_s, reel))

    def unwanted(self, dvr_s: float) -> list[tuple[str, str]]:
        """Track and reel of what is neither recorded nor within reach of viewers; the one that grows always stays."""
        found = []
        for name, reels in self._reels.items():
            limit_s = self._lengths_s[name] - dvr_s
            while len(reels) > 1 and reels[0][0] < limit_s:
                found.append((name, reels.popleft()[1]))
        return found

    def end(self, at: float) -> None:
        """The broadcast is over."""
        if not self.ended:
            self.ended = True
            self._lines.append(End(at))

    def offer(self) -> tuple[int, bytes] | None:
        """Where to write in the manifest and what, once enough has come together. `accepted` says that it was written;
        until then the same is offered again, and more with it.
        """
        if not self._lines or not (self.ended or max(self._pending_s.values(), default=0.0) >= BLOCK_S):
            return None
        data = encode_lines(self._lines)
        self._offered, self._offered_lines = len(data), len(self._lines)
        self._runs.clear()  # what comes while this is written goes on lines of its own
        return self._size, data

    def accepted(self) -> None:
        self._size += self._offered
        del self._lines[: self._offered_lines]
        self._pending_s.clear()
        self._offered = self._offered_lines = 0
