"""What an edge sends, counted by channel and rendition in plain integers: an answer knows what it counts as.

In: answers as they are made and written. Out: a `Tally` for each (channel, recording, rendition), which `report` turns into
facts once a second. A channel has tallies once upstream has answered for it, so that requests for what does not exist
leave nothing here; they, and what comes at the bound, count as `other`.
"""

from typing import NamedTuple

from tidegate.core.delivery import VOD

TALLIES_MAX = 8192
"""Tallies at once, about 200 bytes each; at the bound new renditions count as `other`."""
IDLE_LOOKS = 120
"""Looks, a second apart, after which a tally that counted nothing goes: longer than any answer is kept unused."""
OTHER = "other"


class Kind(NamedTuple):
    """What one tally counts: `recording` empty for live, `rendition` empty for what belongs to none."""

    channel: str
    recording: str
    rendition: str
    media: bool


NO_KIND = Kind("", "", OTHER, media=False)


def kind_of(path: str, *, playlist: bool) -> Kind:
    """What `path`, a target's, counts as: `demo/video/part-x-1.m4s`, `vod:demo/RECORDING/video/seg-x-1.m4s`."""
    live = path.removeprefix(VOD)
    names = live.split("/")
    recording = names.pop(1) if live is not path and len(names) > 2 else ""
    return Kind(names[0], recording, names[1] if len(names) > 2 else "", not playlist)


class Tally:
    """Counts since they were last taken.

    Attributes:
        answered: answers written, of any class.
        bytes: of bodies written.
        hits: of requests answered from memory; `joined`: of those that waited for another's upstream request.
        fetches: requests upstream; `parts`: newly come from there.
        redirected, refused, failed: answers of class 3xx, 4xx, 5xx.
        idle: looks since it counted anything.
    """

    __slots__ = (
        "answered", "bytes", "failed", "fetches", "hits", "idle", "joined", "parts", "redirected", "refused",
    )  # fmt: skip

    def __init__(self) -> None:
        self.idle = 0
        self.clear()

    def clear(self) -> None:
        self.answered = self.bytes = self.hits = self.joined = self.fetches = self.parts = 0
        self.redirected = self.refused = self.failed = 0

    @property
    def used(self) -> bool:
        return bool(self.answered or self.fetches or self.hits or self.joined)

    def wrote(self, status: int, size: int) -> None:
        """An answer has been written, `size` bytes of body."""
        self.answered += 1
        self.bytes += size
        if status >= 300:
            self.not_given(status)

    def not_given(self, status: int) -> None:
        """An answer that was written is of a class beyond 2xx."""
        if status >= 500:
            self.failed += 1
        elif status >= 400:
            self.refused += 1
        else:
            self.redirected += 1


UNTALLIED = Tally()
"""For answers that are to no request for media, such as a preflight's; nobody reads it."""


class Tallies:
    """All of one edge's, bounded."""

    def __init__(self) -> None:
        self.other = Tally()
        self._tallies: dict[Kind, Tally] = {}

    def __len__(self) -> int:
        return len(self._tallies)

    def find(self, path: str, *, playlist: bool) -> Tally:
        """What `path` counts as, as far as its channel is known."""
        return self._tallies.get(kind_of(path, playlist=playlist), self.other)

    def open(self, path: str, *, playlist: bool) -> Tally:
        """What `path` counts as, now that upstream has it."""
        kind = kind_of(path, playlist=playlist)
        tally = self._tallies.get(kind)
        if tally is None:
            if len(self._tallies) >= TALLIES_MAX:
                return self.other
            tally = self._tallies[kind] = Tally()
        return tally

    def look(self) -> list[tuple[Kind, Tally]]:
        """Those that have counted something since the last look; whoever looks clears them."""
        found = []
        for kind, tally in list(self._tallies.items()):
            if tally.used:
                tally.idle = 0
                found.append((kind, tally))
                continue
            tally.idle += 1
            if tally.idle >= IDLE_LOOKS:
                del self._tallies[kind]
        if self.other.used:
            found.append((NO_KIND, self.other))
        return found
