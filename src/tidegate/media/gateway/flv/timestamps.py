"""RTMP timestamps are 32-bit milliseconds that wrap after 49.7 days (Adobe RTMP 1.0, 4): made to run on."""

_WRAP = 1 << 32
_HALF = 1 << 31


class TimestampUnwrapper:
    """Audio and video of one message stream share one, so that both cross a wrap on the same timeline."""

    def __init__(self) -> None:
        self._last: int | None = None

    def unwrap(self, timestamp: int) -> int:
        """The timestamp without wraps: whichever multiple of 2^32 brings it closest to the one before."""
        last = self._last
        if last is None:
            self._last = timestamp
            return timestamp
        step = (timestamp - last) % _WRAP
        self._last = last = last + (step if step < _HALF else step - _WRAP)
        return last
