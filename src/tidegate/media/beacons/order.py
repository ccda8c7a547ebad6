"""Which reports of a session are news: numbers already seen are dropped, whatever order they come in. Pure.

A window of the last numbers as bits, as IPsec has it (RFC 4303 section 3.4.3), with one difference: a player that builds its
reporter anew begins again at 0 within the same session (hls.js does, at each new start). A number seen before is therefore
new where its report is newer, by the player's clock, than everything before it.
"""

WINDOW = 128
"""Numbers behind the highest that may still come: ten minutes of beats, or a burst that a lost network held back."""


class SeenNumbers:
    """One session's numbers: two integers, however long it lasts."""

    __slots__ = ("_bits", "_highest", "_newest_ms")

    def __init__(self) -> None:
        self._highest = -1
        self._bits = 0
        self._newest_ms = -1

    def is_new(self, seq: int | None, ts_ms: int) -> bool:
        """Whether a report was not there before; it is from now on. One without a number is told by its time alone."""
        newer, self._newest_ms = ts_ms > self._newest_ms, max(ts_ms, self._newest_ms)
        if seq is None:
            return newer
        behind = self._highest - seq
        if behind < 0:
            self._bits = ((self._bits << -behind) | 1) & ((1 << WINDOW) - 1) if -behind < WINDOW else 1
            self._highest = seq
            return True
        if behind < WINDOW and not self._bits >> behind & 1:
            self._bits |= 1 << behind
            return True
        if newer:
            self._highest, self._bits = seq, 1
        return newer

    def clock_was_set(self, by_ms: int) -> None:
        """The player's clock has jumped: what was newest by it would now be named so."""
        self._newest_ms += by_ms
