"""FLV files as a stream (Adobe FLV 10.1, E.2 to E.4): bytes in any pieces to whole tags.

In: what ffmpeg writes to a pipe. Out: one `Tag` for each audio, video or data tag. Pure.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tidegate.media.gateway.flv.errors import MalformedError

AUDIO, VIDEO, SCRIPT_DATA = 8, 9, 18

_HEADER_BYTES = 9
_TAG_HEADER_BYTES = 11
_SIZE_BYTES = 4  # PreviousTagSize, behind the file's header and behind each tag


class Tag(NamedTuple):
    """One tag.

    Attributes:
        kind: `AUDIO`, `VIDEO`, `SCRIPT_DATA`; others ask for nothing.
        timestamp: milliseconds, wrapping at 2^32.
    """

    kind: int
    timestamp: int
    payload: bytes


class FlvReader:
    """Feed it what the pipe gives.

    It holds one unfinished tag at most, whose size FLV bounds to 16 MiB.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._started = False

    @property
    def buffered(self) -> int:
        """Bytes held of a tag that has not arrived whole."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Tag]:
        """Take more bytes; what they complete, in order.

        Raises:
            MalformedError: they are no FLV.
        """
        buffer = self._buffer
        buffer += data
        at = 0
        if not self._started:
            if len(buffer) < _HEADER_BYTES + _SIZE_BYTES:
                return
            if not buffer.startswith(b"FLV\x01"):
                raise MalformedError("This is no FLV.")
            at = int.from_bytes(buffer[5:9], "big") + _SIZE_BYTES
            self._started = True
        size = len(buffer)
        while size - at >= _TAG_HEADER_BYTES:
            length = buffer[at + 1] << 16 | buffer[at + 2] << 8 | buffer[at + 3]
            body = at + _TAG_HEADER_BYTES
            end = body + length + _SIZE_BYTES
            if end > size:
                break
            timestamp = buffer[at + 7] << 24 | buffer[at + 4] << 16 | buffer[at + 5] << 8 | buffer[at + 6]
            yield Tag(buffer[at] & 0x1F, timestamp, bytes(buffer[body : body + length]))
            at = end
        del buffer[:at]
