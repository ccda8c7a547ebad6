"""One publishing session's door into the origin: `core.ports.Ingest` over a broadcast."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from tidegate.core.chunks import Chunk, Track
from tidegate.core.streams import EndReason, NoteLevel, Publisher, PublisherStatus, Role
from tidegate.media.origin.hold import Hold

if TYPE_CHECKING:
    from tidegate.media.origin.broadcast import Broadcast

RATE_CHUNKS = 25
"""Chunks over which a session's bitrate is measured: a few seconds."""


class Session:
    """An `Ingest`. Once closed or fenced every call is ignored, whatever still comes from a slow gateway.

    Attributes:
        short: the name that stands in the addresses of its media; another each time it goes on air.
        first_msn: media sequence number of its segment 0.
        newest: the highest segment it has begun on air, -1 before the first.
        shift_s: what is added to its media times on air: its timeline began when it connected.
        turns: times it has gone on air.
        is_ready: all its tracks are announced.
        tracks: announced on air.
        hold: its tracks, and while it stands by what it has sent since its newest keyframe.
        fed_at: when media last came, monotonic seconds; before the first: when it connected.
        arms: the change arms it runs under; every chunk is stamped with them.
        steady_since: from when on media has come without a lapse.
    """

    def __init__(
        self,
        broadcast: "Broadcast",
        publisher: Publisher,
        timeline_start_s: float,
        on_fenced: Callable[[EndReason], None],
    ) -> None:
        self.timeline_start_s = timeline_start_s
        self.publisher = publisher
        self.short = ""
        self.first_msn = 0
        self.newest = -1
        self.shift_s = 0.0
        self.turns = 0
        self.is_ready = False
        self.closed = False
        self.tracks: set[str] = set()
        self.arms: tuple[str, ...] = ()
        self.hold = Hold()
        self.fed_at = self.steady_since = broadcast.clock.monotonic()
        self._recent: deque[tuple[float, int]] = deque(maxlen=RATE_CHUNKS)
        self._broadcast = broadcast
        self._on_fenced = on_fenced

    @property
    def role(self) -> Role:
        return self.publisher.role

    def track(self, track: Track) -> None:
        if not self.closed:
            self.hold.track(track)
            self._broadcast.announce(self, track)

    def ready(self) -> None:
        if not self.closed:
            self.is_ready = True

    def chunk(self, chunk: Chunk) -> None:
        if self.closed:
            return
        broadcast = self._broadcast
        now = broadcast.clock.monotonic()
        if now - self.fed_at > broadcast.config.switch_after_s:
            self.steady_since = now
        self.fed_at = now
        self._recent.append((now, len(chunk.data)))
        if self.arms and not chunk.arms:  # a maker elsewhere has said already what it was made under
            chunk = msgspec.structs.replace(chunk, arms=self.arms)
        if broadcast.session is self:
            broadcast.add(self, chunk)
        else:
            broadcast.succession.heard(self, chunk)

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None:
        if not self.closed:
            if self.role == "backup":
                code, message = f"backup-{code}", f"Backup: {message}"
            self._broadcast.note(code, level, message, hint)

    def close(self, reason: EndReason) -> None:
        if not self.closed:
            self.closed = True
            self.hold.restart()
            self._broadcast.session_closed(self, reason)

    def fence(self, reason: EndReason) -> None:
        """Close from this side and have the gateway hang up."""
        if not self.closed:
            self.close(reason)
            self._on_fenced(reason)

    def status(self, now: float, lapse_s: float) -> PublisherStatus:
        """What there is to say of it; media older than `lapse_s` means that it is silent."""
        on_air = self._broadcast.session is self
        silent = now - self.fed_at > lapse_s
        measured_s = self._recent[-1][0] - self._recent[0][0] if self._recent else 0.0
        sent = sum(size for _, size in self._recent) - (self._recent[0][1] if self._recent else 0)
        return PublisherStatus(
            self.publisher,
            "on air" if on_air else "standby",
            ready=not silent and (on_air or self.hold.ready),
            kbps=round(sent * 8 / measured_s / 1000, 1) if measured_s and not silent else 0.0,
            steady_s=0.0 if silent else round(now - self.steady_since, 1),
        )
