"""Reads a CMAF track that is chunked already, such as a transcoder's: each chunk comes out as it went in. Pure.

In: bytes of one track, one `moof` and `mdat` per chunk. Out: `Header`s and
`Chunk`s whose data is exactly what came. Bounds: those of `scanner`, and the largest chunk, which is held whole.
"""

import msgspec

from tidegate.media.cmaf.gop import KeyframeInterval
from tidegate.media.cmaf.reader import CmafReader, Header, SourceSample
from tidegate.media.cmaf.scanner import HEADER_BYTES, BoxScanner, CmafError

CHUNK_BYTES_MAX = 32 << 20
"""Largest chunk: two seconds at 100 Mbit/s."""


class ReadChunk(msgspec.Struct, frozen=True, gc=False):
    """A chunk as it came; times in the track's ticks.

    Attributes:
        opens: begins a segment: it carries a `styp`.
        gop: between the last two keyframes, 0 while unknown.
        parts: its samples.
    """

    opens: bool
    dts: int
    duration: int
    independent: bool
    samples: int
    data: bytes
    gop: int
    parts: tuple[SourceSample, ...] = ()


class ChunkReader:
    """Feed it. After an error it is spent."""

    def __init__(self) -> None:
        self._scanner = BoxScanner(self)
        self._reader = CmafReader()
        self._file_type = self._styp = self._moof = b""
        self._media = bytearray()
        self._left = 0
        self._gop = KeyframeInterval()
        self._read: list[Header | ReadChunk] = []

    @property
    def complete(self) -> bool:
        """Whether the track may end here."""
        return self._scanner.between_boxes and not self._moof

    def feed(self, data: bytes) -> list[Header | ReadChunk]:
        """Take what has arrived; return what it completes.

        Raises:
            CmafError: it is no chunked CMAF track, or over a bound.
        """
        self._scanner.feed(data)
        read, self._read = self._read, []
        return read

    def box(self, kind: bytes, whole: bytes) -> None:
        if kind == b"moov":
            self._reader = CmafReader()
            self._read += [
                each for each in self._reader.feed(self._file_type + whole) if isinstance(each, Header)
            ]
        elif kind == b"moof":
            self._moof = whole
        elif kind == b"styp":
            self._styp = whole
        else:
            self._file_type = whole

    def media(self, size: int, head: int) -> None:
        if not self._moof or head != HEADER_BYTES or size > CHUNK_BYTES_MAX:
            raise CmafError("Media data is out of place or too large for a chunk.", hint="Send chunks.")
        self._media = bytearray((size + head).to_bytes(4, "big") + b"mdat")
        self._left = size
        if not size:
            self._finish()

    def media_data(self, data: bytes) -> None:
        self._media += data
        self._left -= len(data)
        if not self._left:
            self._finish()

    def _finish(self) -> None:
        data = b"".join((self._moof, self._media))
        samples = [each for each in self._reader.feed(data) if isinstance(each, SourceSample)]
        duration = sum(sample.duration for sample in samples)
        if duration <= 0:
            raise CmafError("A chunk holds nothing.", hint="Send chunks with samples.")
        first = samples[0]
        for sample in samples:
            if sample.sync:
                self._gop.keyframe(sample.dts)
        self._read.append(
            ReadChunk(
                bool(self._styp),
                first.dts,
                duration,
                first.sync,
                len(samples),
                self._styp + data,
                self._gop.ticks,
                tuple(samples),
            )
        )
        self._styp = self._moof = b""
        self._media = bytearray()
