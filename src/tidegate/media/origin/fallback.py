"""What a broadcast does when nothing comes from any publisher: shows its slate, if one is ready, until somebody is back.

In: time, and the tracks that were on air. Out: `Broadcast.show`, then the slate's chunks when they are due.
"""

from typing import TYPE_CHECKING

from tidegate.core.chunks import Track
from tidegate.core.ports import Slates

if TYPE_CHECKING:
    from tidegate.media.origin.broadcast import Broadcast


class Fallback:
    def __init__(self, broadcast: "Broadcast", slates: Slates | None) -> None:
        self._broadcast = broadcast
        self._slates = slates
        self._layout: tuple[Track, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether a slate could be shown this moment."""
        return (
            self._slates is not None and self._slates.loop(self._broadcast.channel, self._layout) is not None
        )

    def prepare(self) -> None:
        """The stream has these tracks now: have a slate made for them."""
        broadcast = self._broadcast
        self._layout = tuple(window.track for window in broadcast.windows.values())
        if self._slates is not None:
            self._slates.prepare(broadcast.channel, self._layout)

    def look(self, now: float) -> None:
        """Show the slate if nothing has come for long enough, and go on with one that is on air."""
        broadcast = self._broadcast
        if broadcast.slate is not None:
            self.feed(now)
            return
        silent_s = now - broadcast.advanced_at
        if self._slates is None or silent_s < broadcast.config.slate_after_s:
            return
        if broadcast.state in ("live", "interrupted"):
            loop = self._slates.loop(broadcast.channel, self._layout)
            if loop is not None and loop.tracks:
                broadcast.show(loop, now)

    def feed(self, now: float) -> None:
        """What of the slate is due."""
        slate = self._broadcast.slate
        if slate is not None:
            for chunk in slate.due(now):
                self._broadcast.add(slate, chunk)
