"""One publishing session's door into the origin: `core.ports.Ingest` over a broadcast."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from tidegate.core.chunks import Chunk, Track
from tidegate.core.streams import EndReason, NoteLevel, Publisher

if TYPE_CHECKING:
    from tidegate.media.origin.broadcast import Broadcast


class Session:
    """An `Ingest`. Once closed or fenced every call is ignored, whatever still comes from a slow gateway.

    Attributes:
        short: the name that stands in the addresses of its media.
        first_msn: media sequence number of its segment 0.
        newest: the highest segment it has begun, -1 before the first.
        is_ready: all its tracks are announced.
    """

    def __init__(
        self,
        broadcast: "Broadcast",
        publisher: Publisher,
        short: str,
        first_msn: int,
        timeline_start_s: float,
        on_fenced: Callable[[EndReason], None],
    ) -> None:
        self.timeline_start_s = timeline_start_s
        self.publisher = publisher
        self.short = short
        self.first_msn = first_msn
        self.newest = -1
        self.is_ready = False
        self.closed = False
        self.tracks: set[str] = set()
        self._broadcast = broadcast
        self._on_fenced = on_fenced

    def track(self, track: Track) -> None:
        if not self.closed:
            self._broadcast.announce(self, track)

    def ready(self) -> None:
        if not self.closed:
            self.is_ready = True

    def chunk(self, chunk: Chunk) -> None:
        if self.closed:
            return
        arms = self._broadcast.arms
        if arms and not chunk.arms:  # a maker elsewhere has said already what it was made under
            chunk = msgspec.structs.replace(chunk, arms=arms)
        self._broadcast.add(self, chunk)

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None:
        if not self.closed:
            self._broadcast.note(code, level, message, hint)

    def close(self, reason: EndReason) -> None:
        if not self.closed:
            self.closed = True
            self._broadcast.session_closed(reason)

    def fence(self, reason: EndReason) -> None:
        """Close from this side and have the gateway hang up."""
        if not self.closed:
            self.close(reason)
            self._on_fenced(reason)
