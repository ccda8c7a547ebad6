"""Whether the fragments of one track continue each other's decode times. Pure."""

from tidegate.media.player.fragments import FragmentError, header_duration, spans

TOLERANCE_TICKS = 2
"""Rounding between a track's timescale and its playlist; anything more is a hole or an overlap."""


class Continuity:
    """Remembers where the last fragment ended."""

    def __init__(self) -> None:
        self._default_duration = 0
        self._expected: int | None = None

    def header(self, init: bytes) -> None:
        """A new initialization section is in effect; a header that cannot be read means no default duration."""
        try:
            self._default_duration = header_duration(init)
        except FragmentError:
            self._default_duration = 0

    def forget(self) -> None:
        """What comes next need not continue anything."""
        self._expected = None

    def fragment(self, data: bytes, *, anew: bool) -> int:
        """Read a part or segment; return how many of its fragments do not continue the one before. Media that is not
        ISO BMFF counts as one break, because it could not be played.
        """
        try:
            found = spans(data, self._default_duration)
        except FragmentError:
            self._expected = None
            return 1
        broken = 0
        for start, duration in found:
            expected = None if anew else self._expected
            anew = False
            broken += expected is not None and abs(start - expected) > TOLERANCE_TICKS
            self._expected = start + duration
        return broken
