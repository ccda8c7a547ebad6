"""How long media took to be transferred, first byte to last, between two reports. Pure.

In: one size and time a download. Out: a text of four numbers for a report (`tidegate-transfers`, read by `media/beacons/cmcd.py`):
downloads, their microseconds and bytes in all, and the microseconds of the last one, which stands for all in percentiles. How long
the server took to begin is not in it: a request for a part that is yet to come waits for it.
"""

MICROSECONDS = 1_000_000


class Transfers:
    """One viewer's."""

    __slots__ = ("_bytes", "_count", "_last_s", "_seconds")

    def __init__(self) -> None:
        self._count = self._bytes = 0
        self._seconds = self._last_s = 0.0

    def add(self, size: int, transfer_s: float) -> None:
        self._count += 1
        self._bytes += size
        self._seconds += transfer_s
        self._last_s = transfer_s

    def take(self) -> str:
        """What there was since this was last called; empty where nothing was."""
        if not self._count:
            return ""
        microseconds = round(self._seconds * MICROSECONDS), round(self._last_s * MICROSECONDS)
        text = f"{self._count} {microseconds[0]} {self._bytes} {microseconds[1]}"
        self._count = self._bytes = 0
        self._seconds = self._last_s = 0.0
        return text
