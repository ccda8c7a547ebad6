"""One broadcast: what viewers see as one stream, across all sessions that publish it.

In: tracks, chunks, notes and goodbyes of one session after another. Out: windows to serve from, state and events.
State: starting → live ⇄ interrupted → ended (`core.streams.StreamState`). Pure but for its clock; nothing here waits.
"""

import re
from collections.abc import Callable

import msgspec
import structlog

from tidegate.core.chunks import Chunk, Loop, Track
from tidegate.core.clock import Clock
from tidegate.core.decisions import Decide, Decision, Evidence, untold
from tidegate.core.ports import Slates
from tidegate.core.streams import EndReason, NoteLevel, Publisher, StreamEvent, StreamState
from tidegate.media.origin import playlist, responses
from tidegate.media.origin.account import Account
from tidegate.media.origin.config import OriginConfig
from tidegate.media.origin.fallback import Fallback
from tidegate.media.origin.notes import Notes
from tidegate.media.origin.retime import RetimeError, retimed
from tidegate.media.origin.rungs import Rungs
from tidegate.media.origin.session import Session
from tidegate.media.origin.slate import Slate
from tidegate.media.origin.succession import Succession
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

TIMESTAMP_JUMP = "timestamp-jump"
"""The packager's note that a publisher's clock has jumped."""

_log = structlog.get_logger()


class Broadcast:
    """One broadcast of one channel.

    Attributes:
        id: outlives sessions and restarts.
        windows: by track name, in the order announced.
        session: the one on air, None while interrupted or ended.
        slate: what is shown in its place, None where nothing is.
        fallback: has a slate ready, and shows it when nothing comes.
        succession: who is connected, and who goes on air when.
        switches: times one publisher took over from another.
        shown_until: wall time of the end of what the picture's playlist lists, 0 before the first part.
        rungs: renditions that transcoders bring, and the transcoders themselves.
        discontinuities: sequence numbers of the segments that begin after one, the same on all tracks.
        discontinuity_base: how many there were that no playlist lists any more.
        deadline: when it ends unless a publisher returns, monotonic seconds; 0 while none runs.
        ended_at: when it did, monotonic seconds.
        version: counts changes that concern all playlists.
        arms: the change arms it runs under: those of the session on air, or of the last one.
        account: what has happened, as it is told once a second.
    """

    def __init__(
        self,
        channel: str,
        broadcast_id: str,
        config: OriginConfig,
        clock: Clock,
        on_event: Callable[[StreamEvent], None],
        on_segment: Callable[["Broadcast"], None],
        slates: Slates | None = None,
        decide: Decide = untold,
    ) -> None:
        self.channel = channel
        self.id = broadcast_id
        self.config = config
        self.clock = clock
        self._on_event = on_event
        self._on_segment = on_segment
        self._decide = decide
        self.fallback = Fallback(self, slates)
        self.slate: Slate | None = None
        self.succession = Succession(self)
        self.switches = 0
        self.shown_until = 0.0
        self.state: StreamState = "starting"
        self.state_since = self.started_at = clock.wall()
        self.windows: dict[str, TrackWindow] = {}
        self.session: Session | None = None
        self.publisher: Publisher | None = None
        self.account = Account(clock.monotonic())
        self._latest: Session | None = None
        self.rungs = Rungs(self)
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

    @property
    def expected(self) -> list[TrackWindow]:
        """The publisher's tracks: of the last session that announced any, whatever is shown in their place."""
        latest, made = self._latest, self.rungs.names
        return [
            window
            for name, window in self.windows.items()
            if (name not in made if latest is None else name in latest.tracks)
        ]

    @property
    def listed(self) -> list[TrackWindow]:
        """Tracks that players are offered: the publisher's, then renditions as long as they keep up.

        The publisher's come first, whatever it called them in earlier sessions: a player begins with the first variant.
        """
        session, names = self.session, self.rungs.names
        offered = [
            window
            for window in self.playable
            if session is None or window.track.name in session.tracks or not self.rungs.is_stale(window)
        ]
        return sorted(offered, key=lambda window: window.track.name in names)

    @property
    def source(self) -> Session | Slate | None:
        """Whatever viewers' next media comes from."""
        return self.session or self.slate

    def open(self, publisher: Publisher, on_fenced: Callable[[EndReason], None]) -> Session:
        """Begin a publishing session; a running one of the same role is fenced off.

        Raises:
            RivalError: the publisher was itself fenced off a moment ago.
        """
        self.succession.make_room(publisher)
        session = Session(self, publisher, self.end_s, on_fenced)
        self.succession.join(session)
        return session

    def go_on_air(self, session: Session, why: str) -> None:
        """What this session sends, and has sent since its newest keyframe, is what viewers get from now on."""
        before = self.session
        self.rungs.end_sides()
        for window in self.windows.values():
            window.finish()
        if self.windows:
            self._mark_discontinuity(self.next_msn)
        session.turns += 1
        session.short = self._short(session.publisher.session, session.turns)
        lead, held = session.hold.lead, session.hold.release()
        begun = min((chunk.segment for chunk in held), default=0)
        session.first_msn, session.newest = self.next_msn - begun, begun - 1
        session.tracks.clear()
        session.shift_s = 0.0
        if lead is not None:
            session.shift_s = self.end_s - lead.dts / session.hold.tracks[lead.track].timescale
        self.session, self.publisher, self.slate = session, session.publisher, None
        self.arms = session.arms
        if before is not None:
            before.hold.restart()
        self.succession.settled(session)
        self.advanced_at = session.fed_at = self.clock.monotonic()
        self._wait_from(self.advanced_at)  # in which the first media must come
        if why:
            self._say_switched(session, why)
        elif self.state == "starting":
            self._tell("starting", "")
        for track in session.hold.tracks.values():
            self.announce(session, track)
        for chunk in held:
            self.add(session, chunk)

    def _say_switched(self, session: Session, why: str) -> None:
        self.switches += 1
        self.note(
            f"on-{session.role}",
            "info" if session.role == "primary" else "warning",
            f"Viewers were switched to the {session.role}: {why}.",
            "" if session.role == "primary" else "Look after the primary; viewers return once it is steady.",
        )
        self.decided("publisher-switch", session.role, f"Viewers were switched to the {session.role}: {why}.")
        if self.state == "live":
            self._tell("live", f"{session.role} took over: {why}")

    def _short(self, session: str, turn: int) -> str:
        """The name in addresses: a session id's random end and its turn on air, made unique should two ids end alike."""
        base = re.sub(r"[^0-9a-z]", "", session.rpartition("_")[2].lower())[:24] or "s"
        if turn > 1:
            base = f"{base}t{turn}"
        short, count = base, 1
        taken = {segment.session for window in self.windows.values() for segment in window.segments}
        taken.update(window.session for window in self.windows.values())
        while short in taken:
            count += 1
            short = f"{base}x{count}"
        return short

    def announce(self, session: Session | Slate, track: Track) -> None:
        """A track of what is on air, or its change; a change after chunks makes a discontinuity on all tracks."""
        if session is not self.source:
            return
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
            self.rungs.end_sides()
        session.tracks.add(track.name)
        if isinstance(session, Session):
            self._latest = session
        window.announce(track, session.short)
        self.announced()

    def announced(self) -> None:
        """Tracks have changed: so does what every playlist says of them."""
        part_target_s = max(each.track.part_target_s for each in self.windows.values())
        self.head = playlist.playlist_head(self.config.target_s, part_target_s)
        self.version += 1

    def segment_done(self) -> None:
        """Something is to be stored."""
        self._on_segment(self)

    def _mark_discontinuity(self, msn: int) -> None:
        if not self.discontinuities or self.discontinuities[-1] < msn:
            self.discontinuities.append(msn)
            self.discontinuity_count += 1
            self.account.discontinuities += 1

    def add(self, session: Session | Slate, chunk: Chunk) -> None:
        """One chunk of what is on air. The hot path: once per part."""
        window = self.windows.get(chunk.track)
        if window is None or window.session != session.short:
            self.note(
                "unknown-track", "warning", f"Media came for track {chunk.track[:40]}, never announced."
            )
            return
        if session.shift_s:
            shifted = self._shifted(session, window, chunk)
            if shifted is None:
                return
            chunk = shifted
        msn = session.first_msn + chunk.segment
        if window.open is None or msn > window.open.msn:
            self._begin_segment(session, window, msn, chunk)
        window.add(chunk)
        self.end_s = max(self.end_s, window.end_s)
        self.parts += 1
        if not isinstance(session, Session):  # a slate is nothing that came
            window.waiters.wake()
            return
        self.bytes_in += len(chunk.data)
        window.received.add(chunk, window.track.timescale, session.fed_at)
        self.advanced_at = session.fed_at
        if window.track.kind == "video" or len(self.windows) == 1:
            self.shown_until = chunk.arrived_at + chunk.duration / window.track.timescale
        if self.state != "live":
            self._first_arrived_at = self._first_arrived_at or chunk.arrived_at
            self._consider_live(session, window)
        window.waiters.wake()
        for side in self.rungs.sides:
            side.heard(chunk)
        if self.succession.returning:
            self.succession.meet()

    def _shifted(self, session: Session | Slate, window: TrackWindow, chunk: Chunk) -> Chunk | None:
        """A chunk at its place on the broadcast's timeline, where its session began on another; None: it has none."""
        dts = chunk.dts + round(session.shift_s * window.track.timescale)
        try:
            return msgspec.structs.replace(chunk, dts=dts, data=retimed(chunk.data, dts))
        except RetimeError as error:
            self.note("bad-chunk", "error", f"A part could not be placed in time: {error}.")
            return None

    def _begin_segment(self, session: Session | Slate, window: TrackWindow, msn: int, chunk: Chunk) -> None:
        window.finish()
        due = window.next_msn
        if due is not None:
            self.fill(window, due, msn)
            msn = max(msn, due) if msn - due <= GAPS_MAX else due
        window.begin(msn, chunk.arrived_at)
        if window.track.kind == "video":
            self.rungs.note_start(msn, chunk.dts / window.track.timescale, chunk.arrived_at)
        session.newest = max(session.newest, msn - session.first_msn)
        self.next_msn = max(self.next_msn, msn + 1)
        for other in self.windows.values():
            behind = other.next_msn
            if other is window or behind is None or msn - behind < LAG_SEGMENTS - 1:
                continue
            if not self.rungs.may_catch_up(other):
                self.rungs.finish(other)
                self.fill(other, behind, msn - 1)
        self._forget_discontinuities()
        self.segment_done()

    def fill(self, window: TrackWindow, first: int, until: int) -> None:
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
        begun = [
            each for each in self.windows.values() if each.track.name not in self.rungs.names or each.segments
        ]
        if not self.discontinuities or not all(each.segments for each in begun):
            return
        first = min(each.segments[0].msn for each in begun)
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
                self.account.owe(self.playable_after_s)  # else more would have come than was due
            self._set_state("live", "")
            self.fallback.prepare()

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None:
        self.notes.add(code, level, message, hint, self.clock.wall())
        if code == TIMESTAMP_JUMP:
            self.account.jumps += 1

    def decided(self, kind: str, outcome: str, reason: str, **evidence: str | float) -> None:
        """Say what was decided about this broadcast, and what that rests on."""
        session = self.publisher.session if self.publisher is not None else ""
        told: Evidence = dict(evidence)
        self._decide(Decision(
            kind=kind, outcome=outcome, reason=reason, channel=self.channel, stream=self.id,
            session=session, evidence=told,
        ))  # fmt: skip

    def session_closed(self, session: Session, reason: EndReason) -> None:
        """A session is over. If it was on air the standby goes on air, or else viewers wait for the next."""
        self.succession.leave(session)
        if session is not self.session:
            if not (self.session or self.succession.sessions or self.playable or reason == "taken-over"):
                self.end(reason)
            return
        self.session = None
        heir = self.succession.heir() if reason != "taken-over" else None
        if heir is not None:
            self.go_on_air(heir, f"the {session.role} ended ({reason})")
            return
        for window in self.windows.values():
            window.finish()
        self.rungs.end_sides()
        if self.playable:
            self._wait_from(self.clock.monotonic(), lingers=reason == "unpublished")
            self._set_state("interrupted", reason)
            self.segment_done()
        elif reason != "taken-over" and self.succession.standby is None:
            self.end(reason)

    def show(self, loop: Loop, now: float) -> None:
        """Nobody is on air: viewers get this slate until somebody is."""
        silent, self.session = self.session, None
        if silent is not None:  # it stays connected, and goes on air again with its next keyframe
            silent.hold.restart()
            self.rungs.end_sides()
            self._stall(now, now - self.advanced_at)
        for window in self.windows.values():
            window.finish()
        self._mark_discontinuity(self.next_msn)
        wall_s = self.clock.wall()
        self.slate = Slate(
            loop,
            short=self._short(f"slate{int(wall_s * 1000):x}", 1),
            first_msn=self.next_msn,
            start_s=self.end_s,
            now=now,
            wall_s=wall_s,
        )
        for looped in loop.tracks:
            self.announce(self.slate, looped.track)
        self.decided(
            "slate",
            "shown",
            f"Nothing has come for {self.config.slate_after_s:g} s, so viewers are shown the slate.",
            silent_s=round(now - self.advanced_at, 2),
        )
        self._tell(self.state, "slate")
        self.fallback.feed(now)
        self.wake()

    def _stall(self, now: float, for_s: float) -> None:
        self._wait_from(now)
        self.note(
            "stalled",
            "warning",
            f"Nothing has come from the encoder for {for_s:.1f} s.",
            "Check its network and its load.",
        )
        self._set_state("interrupted", "stalled")

    def _wait_from(self, since: float, *, lingers: bool = False) -> None:
        """A publisher is waited for: a while that is set for those cut off, or for those who said goodbye."""
        self._waits_since, self._lingers = since, lingers
        self.deadline = since + (self.config.linger_s if lingers else self.config.grace_s)
        self._turn_account()

    def wait_anew(self) -> None:
        """A publisher has connected while a slate is shown: it has as long as any to begin."""
        self._wait_from(self.clock.monotonic())

    def settings_changed(self) -> None:
        """`config` has other values: a wait that has begun is as long as waits are now."""
        if self.deadline:
            self._wait_from(self._waits_since, lingers=self._lingers)

    def sweep(self, now: float) -> None:
        """Whatever time alone brings: stalls, takeovers, the end of grace, the end of waiting."""
        self.succession.look(now)
        if self.state == "live" and now - self.advanced_at > self.config.hold_s:
            self._stall(now, self.config.hold_s)
        elif self.state == "interrupted" and now >= self.deadline:
            self.succession.fence_all("disconnected")
            self.end("grace over")
        self.fallback.look(now)
        for waiters in (self.waiters, *(window.waiters for window in self.windows.values())):
            waiters.expire(now)

    def resume(self, *, ended: bool) -> None:
        """It was restored from an earlier life: over, or waiting for its publisher, from now on."""
        if ended:
            self.end("restart")
        else:
            self._wait_from(self.clock.monotonic())
            self._set_state("interrupted", "restart")
            self.fallback.prepare()

    def end(self, reason: str) -> None:
        """No publisher returned in time: the playlists end."""
        for window in self.windows.values():
            window.finish()
        self.deadline = 0.0
        self.slate = None
        self.ended_at = self.clock.monotonic()
        self._set_state("ended", reason)
        self.segment_done()

    def _set_state(self, state: StreamState, reason: str) -> None:
        if state == self.state:
            return
        self.state, self.state_since = state, self.clock.wall()
        self.version += 1
        self._turn_account()
        self._tell(state, reason)
        self.wake()

    def _turn_account(self) -> None:
        """A publisher is due while the stream is live, and while one is waited for that has not said goodbye."""
        live = self.state == "live"
        waits = self.state == "interrupted" and not self._lingers
        self.account.turn(self.clock.monotonic(), due=live or waits, live=live)

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
