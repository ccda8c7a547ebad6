"""A broadcast's renditions: which tracks are some, where the source's segments begin, and what becomes of those that lag.

In: beginnings of the source's segments; headers of renditions. Out: windows whose segments have the source's numbers and
dates. One object per broadcast, beside the publisher's own tracks and never in their way.
"""

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from tidegate.core.chunks import Track
from tidegate.core.errors import NotFoundError
from tidegate.media.origin import responses
from tidegate.media.origin.session import Session
from tidegate.media.origin.window import TrackWindow

if TYPE_CHECKING:
    from tidegate.media.origin.broadcast import Broadcast
    from tidegate.media.origin.renditions import RenditionSide

LAG_S = 4.0
"""How far a rendition may be behind its source before what it lacks becomes gaps: its transcoder may start anew."""

SLACK_S = 0.05
"""A rendition's segment that is shorter than its source's by more has lost its end."""

STARTS_MAX = 32
"""Beginnings of segments remembered, by which a rendition's segments get their numbers."""

RUNGS_MAX = 8
"""Renditions of one broadcast; a further one is not taken."""

_TAKEN_OUT = NotFoundError("This rendition has been taken out.", hint="Reload the multivariant playlist.")


class SegmentStart(NamedTuple):
    """Where a segment of the source begins: on the timeline, and on the wall clock."""

    msn: int
    at_s: float
    wall_s: float


class Rungs:
    """One broadcast's renditions.

    Attributes:
        names: of the tracks that transcoders bring.
        sides: transcoders' access to the session on air.
        audio_only: the multivariant playlist offers sound alone beside several pictures.
    """

    def __init__(self, broadcast: "Broadcast") -> None:
        self.names: set[str] = set()
        self.sides: list[RenditionSide] = []
        self.audio_only = False
        self._broadcast = broadcast
        self._starts: deque[SegmentStart] = deque(maxlen=STARTS_MAX)

    def note_start(self, msn: int, at_s: float, wall_s: float) -> None:
        """The source begins a segment."""
        self._starts.append(SegmentStart(msn, at_s, wall_s))

    @property
    def due(self) -> list[TrackWindow]:
        """Renditions that should be coming while the source does: those a transcoder has announced."""
        windows = self._broadcast.windows
        return [windows[name] for name in sorted(self.names) if name in windows]

    def announce(self, session: Session, track: Track) -> None:
        """A rendition of the session's picture. An equal header goes on to apply, a new one begins with a segment."""
        broadcast = self._broadcast
        window = broadcast.windows.get(track.name)
        if window is None:
            if len(self.names) >= RUNGS_MAX:
                return
            window = TrackWindow(track, broadcast.config, broadcast.discontinuities)
            broadcast.windows[track.name] = window
        elif window.session == session.short and window.inits.get(window.map_uri) == track.init:
            return
        window.finish()
        self.names.add(track.name)
        window.announce(track, session.short)
        broadcast.announced()
        broadcast.fallback.prepare()

    def drop(self) -> bool:
        """Take all renditions out: they are not wanted any more. Returns whether there were any."""
        windows = self._broadcast.windows
        dropped = [windows.pop(name) for name in sorted(self.names) if name in windows]
        self.names.clear()
        if dropped:
            self._broadcast.version += 1
            for window in dropped:
                window.waiters.dismiss(responses.refusal(_TAKEN_OUT))
            self._broadcast.wake()
        return bool(dropped)

    def lag_s(self) -> float:
        """How far the slowest rendition that has begun in this session is behind the publisher's picture."""
        broadcast = self._broadcast
        if broadcast.session is None:
            return 0.0
        mine = [each for each in broadcast.windows.values() if each.session == broadcast.session.short]
        behind = [each.end_s for each in mine if each.track.name in self.names and each.next_part]
        source = [
            each.end_s for each in mine if each.track.name not in self.names and each.track.kind == "video"
        ]
        return max(0.0, max(source) - min(behind)) if behind and source else 0.0

    def segment_at(self, at_s: float, within_s: float) -> SegmentStart | None:
        """The source's segment that begins at `at_s`, give or take."""
        nearest = min(self._starts, key=lambda start: abs(start.at_s - at_s), default=None)
        return nearest if nearest is not None and abs(nearest.at_s - at_s) <= within_s else None

    def begin_segment(self, window: TrackWindow, start: SegmentStart) -> None:
        """A rendition begins the segment that the source began at `start`; what it lacks before becomes gaps."""
        self.finish(window)
        due = window.next_msn
        if due is not None:
            self._broadcast.fill(window, due, start.msn)
        window.begin(start.msn, start.wall_s)
        self._broadcast.segment_done()

    def finish(self, window: TrackWindow) -> None:
        """Complete a segment. A rendition's whose end is missing lasts as long as the source's: dates go on even."""
        segment = window.open
        if segment is not None and window.track.name in self.names:
            begun = {start.msn: start.at_s for start in self._starts}
            if segment.msn in begun and segment.msn + 1 in begun:
                whole_s = begun[segment.msn + 1] - begun[segment.msn]
                if whole_s - segment.duration_s > SLACK_S:
                    segment.duration_s = whole_s
        window.finish()

    def is_stale(self, window: TrackWindow) -> bool:
        """Whether a track is a rendition that does not keep up: it is not offered then."""
        return (
            window.track.name in self.names
            and window.open is None
            and (window.segments[-1].gap or not self.may_catch_up(window))
        )

    def may_catch_up(self, window: TrackWindow) -> bool:
        """Whether a track that is behind is a rendition that is waited for."""
        return window.track.name in self.names and self._broadcast.end_s - window.end_s <= LAG_S

    def end_sides(self) -> None:
        """What is on air changes: transcoders begin anew."""
        for side in tuple(self.sides):
            side.end()
