"""Renditions of a session's picture, made by a transcoder beside the publisher: `core.ports.Renditions` over a broadcast.

In: chunks on the source's own timeline. Out: further tracks of the broadcast, whose segments have the source's numbers
and dates, found by time; and the source's bytes to whoever makes renditions of it. A transcoder that dies costs
nothing but its own tracks: they go on where they were when the next one comes, or become gaps. Never blocks the source.
"""

import secrets
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from tidegate.core.chunks import Chunk, Track
from tidegate.core.ids import CHANNEL_NAME
from tidegate.media.origin.session import Session
from tidegate.media.origin.window import Segment, TrackWindow

if TYPE_CHECKING:
    from tidegate.media.origin.broadcast import Broadcast

CATCH_UP_S = 4.0
"""How far back a transcoder that starts anew is led, seconds: more would take it longer to catch up than it is worth."""

NEAR_S = 0.25
"""How far a rendition's segment may begin from the source's one and be the same: well below any segment's length."""

SEAM_S = 0.004
"""How far a chunk may begin from where the last one ended: rounding, no hole."""


class RenditionSide:
    """One transcoder's access to one session.

    Attributes:
        token: by which its requests are known; a secret.
        over: the session or its picture is gone: every call is ignored.
        dropped: chunks that fitted nowhere: they came too late, or a part before them is missing.
    """

    def __init__(
        self, broadcast: "Broadcast", session: Session, window: TrackWindow, on_end: Callable[[], None]
    ) -> None:
        self.source = window.track
        self.token = secrets.token_urlsafe(32)
        self.over = False
        self.dropped = 0
        self._broadcast = broadcast
        self._session = session
        self._window = window
        self._map_uri = window.map_uri
        self._on_end = on_end
        self._take: Callable[[bytes], None] | None = None
        self._ended: Callable[[], None] | None = None
        broadcast.rungs.sides.append(self)

    def follow(self, take: Callable[[bytes], None], ended: Callable[[], None]) -> Callable[[], None]:
        """See `core.ports.Renditions`. A later reader takes the place of one before."""
        if self.over:
            ended()
            return lambda: None
        take(self.source.init)
        for segment in self._behind():
            for part in segment.parts or ():
                take(part)
        self._take, self._ended = take, ended

        def stop() -> None:
            if self._take is take:
                self._take = self._ended = None

        return stop

    def _behind(self) -> list[Segment]:
        """Segments in memory from the one on that renditions left off in; the one that grows where they have nothing."""
        window = self._window
        held: list[Segment] = []
        ends: list[float] = []
        end_s = window.end_s
        for segment in chain([window.open] if window.open else [], reversed(window.segments)):
            if segment.parts is None or segment.map_uri != self._map_uri:
                break
            held.append(segment)
            ends.append(end_s)
            end_s -= segment.duration_s
        resume_s = min((each.end_s for each in self._mine()), default=window.end_s)
        if window.end_s - resume_s > CATCH_UP_S:
            resume_s = window.end_s
        wanted = [segment for segment, until_s in zip(held, ends, strict=True) if until_s > resume_s + SEAM_S]
        return list(reversed(wanted or held[:1]))

    def _mine(self) -> list[TrackWindow]:
        """Renditions that have something of this session."""
        broadcast = self._broadcast
        windows = (broadcast.windows[name] for name in broadcast.rungs.names if name in broadcast.windows)
        return [each for each in windows if each.session == self._session.short and each.next_part]

    def resume_dts(self, name: str) -> int:
        window = self._broadcast.windows.get(name)
        if window is None or window not in self._mine():
            return 0
        return round(window.end_s * self.source.timescale)

    def heard(self, chunk: Chunk) -> None:
        """The source's next chunk."""
        if self._take is not None and chunk.track == self.source.name:
            self._take(chunk.data)

    def track(self, track: Track) -> None:
        if self.over or track.name in self._session.tracks or CHANNEL_NAME.match(track.name) is None:
            return
        self._broadcast.rungs.announce(self._session, track)

    def chunk(self, chunk: Chunk, *, opens: bool) -> None:
        window = self._broadcast.windows.get(chunk.track)
        if self.over or window is None or window.session != self._session.short:
            return
        start_s = chunk.dts / window.track.timescale
        if opens and not self._open(window, start_s):
            self.dropped += 1
            return
        segment = window.open
        if segment is None or (segment.sizes and abs(start_s - window.end_s) > SEAM_S):
            self.dropped += 1
            return
        if arms := self._broadcast.arms:
            chunk = msgspec.structs.replace(chunk, arms=arms)
        window.add(chunk)
        window.received.add(chunk, window.track.timescale, self._broadcast.clock.monotonic())
        window.waiters.wake()

    def _open(self, window: TrackWindow, start_s: float) -> bool:
        """Begin the segment that the source has begun at this time, unless the rendition is beyond it already."""
        start = self._broadcast.rungs.segment_at(start_s, NEAR_S)
        due = window.next_msn
        if start is None or (due is not None and start.msn < due):
            return False
        self._broadcast.rungs.begin_segment(window, start)
        return True

    def end(self) -> None:
        """The session is over, or its picture has changed."""
        if self.over:
            return
        self.over = True
        sides = self._broadcast.rungs.sides
        if self in sides:
            sides.remove(self)
        ended, self._take, self._ended = self._ended, None, None
        if ended is not None:
            ended()
        self._on_end()
