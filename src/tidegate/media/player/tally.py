"""What players count while they play: one `Tally` for each viewer, one `Timings` for all viewers of a run."""

from typing import TypeVar

from tidegate.core.errors import TidegateError
from tidegate.media.player.cursor import Piece, Position
from tidegate.media.player.histogram import Histogram

Key = TypeVar("Key")

MAX_FIRSTS = 4096
"""Parts whose first arrival is remembered: minutes of a live edge. The oldest goes; stragglers then count as first."""


class Tally:
    """Counters of one viewer."""

    def __init__(self) -> None:
        self.parts = 0
        self.gaps = 0
        self.discontinuities = 0
        self.breaks = 0
        self.skips = 0
        self.errors = 0
        self.last_error = ""

    def failed(self, error: TidegateError) -> None:
        self.errors += 1
        self.last_error = error.message


class Timings:
    """How long playlists and parts took to reach viewers, over all of them."""

    def __init__(self) -> None:
        self.playlist_wait = Histogram()
        self.playlist_age = Histogram()
        self.part_wait = Histogram()
        self._first_playlist: dict[tuple[str, Position], float] = {}
        self._first_part: dict[tuple[str, str], float] = {}

    def playlist(self, track: str, end: Position, at_s: float, age_s: float | None) -> None:
        """A blocking reload was answered with a playlist that ends before `end`."""
        first = self._first_playlist.setdefault((track, end), at_s)
        _bound(self._first_playlist)
        self.playlist_wait.add(at_s - first)
        if age_s is not None:
            self.playlist_age.add(age_s)

    def part(self, track: str, piece: Piece, at_s: float) -> None:
        """A part that was hinted is here."""
        first = self._first_part.setdefault((track, piece.resource.uri), at_s)
        _bound(self._first_part)
        self.part_wait.add(at_s - first)


def _bound(firsts: dict[Key, float]) -> None:
    if len(firsts) > MAX_FIRSTS:
        del firsts[next(iter(firsts))]
