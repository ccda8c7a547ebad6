"""One broadcast: what viewers see as one stream, across all sessions that publish it.

In: tracks, chunks, notes and goodbyes of one session after another. Out: windows to serve from, state and events.
State: starting → live ⇄ interrupted → ended (`core.streams.StreamState`). Pure but for its clock; nothing here waits.
"""

import re
from collections.abc import Callable

import structlog

from tidegate.core.chunks import Chunk, Track
from tidegate.core.clock import Clock
from tidegate.core.streams import EndReason, NoteLevel, Publisher, StreamEvent, StreamState
from tidegate.media.origin import playlist, responses
from tidegate.media.origin.config import OriginConfig
from tidegate.media.origin.notes import Notes
from tidegate.media.origin.session import Session
from tidegate.media.origin.waiting import Waiters
from tidegate.media.origin.window import TrackWindow

LAG_SEGMENTS = 3
"""Segments one track may be behind another before what it lacks becomes a gap in its playlist."""

SECOND_TRACK_S = 1.0
"""How long a stream waits for an announced track's first part before it is listed without it."""

GAPS_MAX = 60
"""Gap segments added at once at most; a track that was away for longer goes on later in its playlist."""

TRACKS_MAX = 16
"""Tracks of one broadcast; a further one is refused with a note."""

_log = structlog.get_logger()


class Broadcast:
    """One broadcast of one channel.

    Attributes:
        id: outlives sessions and restarts.
        windows: by track name, in the order announced.
        session: the publishing one, None while interrupted or ended.
        discontinuities: sequence numbers of the segments that begin after one, the same on all tracks.
        discontinuity_base: how many there were that no playlist lists any more.
        deadline: when it ends unless a publisher returns, monotonic seconds; 0 while none runs.
        ended_at: when it did, monotonic seconds.
        version: counts changes that concern all playlists.
        arms: the change arms it runs under; every chunk is stamped with them.
    """

    def __init__(
        self,
        channel: str,
        broadcast_id: str,
        config: OriginConfig,
        clock: Clock,
        on_event: Callable[[StreamEvent], None],
        on_segment: Callable[["Broadcast"], None],
    ) -> None:
        self.channel = channel
        self.id = broadcast_id
        self.config = config
        self.clock = clock
        self._on_event = on_event
        self._on_segment = on_segment
        self.state: StreamState = "starting"
        self.state_since = self.started_at = clock.wall()
        self.windows: dict[str, TrackWindow] = {}
        self.session: Session | None = None
        self.publisher: Publisher | None = None
        self.discontinuities: list[int] = []
        self.discontinuity_base = 0
        self.discontinuity_count = 0
        self.next_msn = 0
        self.end_s = 0.0
        self.notes = Notes()
        self.waiters = Waiters()
        self.bytes_in = 0
        self.parts = 0
        self.playable_after_s = 0.0
        self.advanced_at = clock.monotonic()
        self.deadline = self.ended_at = 0.0
        self.version = 0
        self.head = ""
        self.arms: tuple[str, ...] = ()
        self._waits_since = 0.0
        self._lingers = False
        self._first_arrived_at = 0.0

    @property
    def ended(self) -> bool:
        return self.state == "ended"

    @property
    def playable(self) -> list[TrackWindow]:
        """Tracks that have something to play."""
        return [window for window in self.windows.values() if window.segments or window.open is not None]

    def open(self, publisher: Publisher, on_fenced: Callable[[EndReason], None]) -> Session:
        """Begin a publishing session; a running one is fenced off."""
        if self.session is not None:
            self.note(
                "taken-over",
                "warning",
                f"A newer publisher from {publisher.remote} took over from one at {self.session.publisher.remote}.",
                "If this goes on, two encoders use the same stream key: stop one, or rotate the key.",
            )
            self.session.fence("taken-over")
        if self.windows:
            self._mark_discontinuity(self.next_msn)
        short = self._short(publisher.session)
        session = Session(self, publisher, short, self.next_msn, self.end_s, on_fenced)
        self.session, self.publisher = session, publisher
        self.advanced_at = self.clock.monotonic()
        self._wait_from(self.advanced_at)  # in which the first media must come
        if self.state == "starting":
            self._tell("starting", "")
        return session

    def _short(self, session: str) -> str:
        """The name in addresses: a session id's random end, made unique should two ids end alike."""
        base = re.sub(r"[^0-9a-z]", "", session.rpartition("_")[2].lower())[:24] or "s"
        short, count = base, 1
        taken = {segment.session for window in self.windows.values() for segment in window.segments}
        taken.update(window.session for window in self.windows.values())
        while short in taken:
            count += 1
            short = f"{base}x{count}"
        return short

    def announce(self, session: Session, track: Track) -> None:
        """A session's track, or its change; a change after chunks makes a discontinuity on all tracks."""
        window = self.windows.get(track.name)
        if window is None:
            if len(self.windows) >= TRACKS_MAX:
                self.note(
                    "too-many-tracks", "warning", f"Track {track.name} is one too many.", "Send fewer tracks."
                )
                return
            window = self.windows[track.name] = TrackWindow(track, self.config, self.discontinuities)
        elif track.name in session.tracks and session.newest >= 0:
            self._mark_discontinuity(session.first_msn + session.newest + 1)
        session.tracks.add(track.name)
        window.announce(track, session.short)
        part_target_s = max(each.track.part_target_s for each in self.windows.values())
        self.head = playlist.playlist_head(self.config.target_s, part_target_s)
        self.version += 1

    def _mark_discontinuity(self, msn: int) -> None:
        if not self.discontinuities or self.discontinuities[-1] < msn:
            self.discontinuities.append(msn)
            self.discontinuity_count += 1

    def add(self, session: Session, chunk: Chunk) -> None:
        """One chunk of the publishing session. The hot path: once per part."""
        window = self.windows.get(chunk.track)
        if window is None or window.session != session.short:
            self.note(
                "unknown-track", "warning", f"Media came for track {chunk.track[:40]}, never announced."
            )
            return
        msn = session.first_msn + chunk.segment
        if window.open is None or msn > window.open.msn:
            self._begin_segment(session, window, msn, chunk)
        window.add(chunk)
        self.end_s = max(self.end_s, window.end_s)
        self.bytes_in += len(chunk.data)
        self.parts += 1
        self.advanced_at = self.clock.monotonic()
        if self.state != "live":
            self._first_arrived_at = self._first_arrived_at or chunk.arrived_at
            self._consider_live(session, window)
        window.waiters.wake()

    def _begin_segment(self, session: Session, window: TrackWindow, msn: int, chunk: Chunk) -> None:
        window.finish()
        due = window.next_msn
        if due is not None:
            self._fill(window, due, msn)
            msn = max(msn, due) if msn - due <= GAPS_MAX else due
        window.begin(msn, chunk.arrived_at)
        session.newest = max(session.newest, msn - session.first_msn)
        self.next_msn = max(self.next_msn, msn + 1)
        for other in self.windows.values():
            behind = other.next_msn
            if other is not window and behind is not None and msn - behind >= LAG_SEGMENTS - 1:
                other.finish()
                self._fill(other, behind, msn - 1)
        self._forget_discontinuities()
        self._on_segment(self)

    def _fill(self, window: TrackWindow, first: int, until: int) -> None:
        """Gaps in a track for segments `first` up to, not including, `until`, as long as the other tracks' ones."""
        if not 0 < until - first <= GAPS_MAX:
            return
        others = [each for each in self.windows.values() if each is not window]
        for msn in range(first, until):
            peer = next((segment for each in others for segment in each.segments if segment.msn == msn), None)
            if peer is not None:
                window.add_gap(msn, peer.duration_s, peer.wall_s)
            else:
                window.add_gap(msn, float(self.config.target_s), None)
        window.waiters.wake()

    def _forget_discontinuities(self) -> None:
        if not self.discontinuities or not all(each.segments for each in self.windows.values()):
            return
        first = min(each.segments[0].msn for each in self.windows.values())
        while self.discontinuities and self.discontinuities[0] < first:
            del self.discontinuities[0]
            self.discontinuity_base += 1

    def _consider_live(self, session: Session, window: TrackWindow) -> None:
        mine = [self.windows[name] for name in session.tracks]
        begun = all(each.open is not None for each in mine)
        waited = window.open is not None and window.open.duration_s >= SECOND_TRACK_S
        if session.is_ready and (begun or waited or session.newest > 0):
            if not self.playable_after_s:
                self.playable_after_s = max(0.0, self.clock.wall() - self._first_arrived_at)
            self._set_state("live", "")

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None:
        self.notes.add(code, level, message, hint, self.clock.wall())

    def session_closed(self, reason: EndReason) -> None:
        """The publishing session is over; viewers may wait for the next."""
        self.session = None
        for window in self.windows.values():
            window.finish()
        if self.playable:
            self._wait_from(self.clock.monotonic(), lingers=reason == "unpublished")
            self._set_state("interrupted", reason)
            self._on_segment(self)
        elif reason != "taken-over":  # then the next session is here already, and nothing has begun to end
            self.end(reason)

    def _wait_from(self, since: float, *, lingers: bool = False) -> None:
        """A publisher is waited for: a while that is set for those cut off, or for those who said goodbye."""
        self._waits_since, self._lingers = since, lingers
        self.deadline = since + (self.config.linger_s if lingers else self.config.grace_s)

    def settings_changed(self) -> None:
        """`config` has other values: a wait that has begun is as long as waits are now."""
        if self.deadline:
            self._wait_from(self._waits_since, lingers=self._lingers)

    def sweep(self, now: float) -> None:
        """Whatever time alone brings: stalls, the end of grace, the end of waiting."""
        if self.state == "live" and now - self.advanced_at > self.config.hold_s:
            self._wait_from(now)
            self.note(
                "stalled",
                "warning",
                f"Nothing has come from the encoder for {self.config.hold_s:g} s.",
                "Check its network and its load.",
            )
            self._set_state("interrupted", "stalled")
        elif self.state == "interrupted" and now >= self.deadline:
            session = self.session
            if session is not None:
                session.fence("disconnected")
            self.end("grace over")
        for waiters in (self.waiters, *(window.waiters for window in self.windows.values())):
            waiters.expire(now)

    def resume(self, *, ended: bool) -> None:
        """It was restored from an earlier life: over, or waiting for its publisher, from now on."""
        if ended:
            self.end("restart")
        else:
            self._wait_from(self.clock.monotonic())
            self._set_state("interrupted", "restart")

    def end(self, reason: str) -> None:
        """No publisher returned in time: the playlists end."""
        self.deadline = 0.0
        self.ended_at = self.clock.monotonic()
        self._set_state("ended", reason)
        self._on_segment(self)

    def _set_state(self, state: StreamState, reason: str) -> None:
        if state == self.state:
            return
        self.state, self.state_since = state, self.clock.wall()
        self.version += 1
        self._tell(state, reason)
        self.wake()

    def wake(self) -> None:
        self.waiters.wake()
        for window in self.windows.values():
            window.waiters.wake()

    def _tell(self, state: StreamState, reason: str) -> None:
        _log.info("stream_state", channel=self.channel, state=state, reason=reason, broadcast=self.id)
        self._on_event(StreamEvent(self.channel, state, self.clock.wall(), self.id, reason))

    def room(self) -> bool:
        """Whether one more request may wait for this stream."""
        waiting = len(self.waiters)
        for window in self.windows.values():
            waiting += len(window.waiters)
        return waiting < self.config.waiters_max

    def dismiss(self) -> None:
        """Answer everyone who waits: this process stops."""
        gone = responses.away("The server is stopping.")
        for waiters in (self.waiters, *(window.waiters for window in self.windows.values())):
            waiters.dismiss(gone)
