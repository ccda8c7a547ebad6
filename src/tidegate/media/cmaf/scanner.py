"""Cuts a stream of bytes into top-level boxes (ISO/IEC 14496-12 4.2), wherever the pieces break. Pure.

In: bytes as they arrive. Out: `moov`, `moof` and `styp` whole, `mdat` piece by piece as it comes, so that nobody has
to hold a segment; everything else is passed over without being held. Bounds: the largest box kept whole, and the
largest media data box.
"""

import struct
from typing import Protocol

from tidegate.core.errors import InvalidError

HEADER_BYTES = 8
_LARGE_SIZE = 1
_KEPT = frozenset({b"ftyp", b"styp", b"moov", b"moof"})
_TOP_LEVEL = _KEPT | {
    b"mdat", b"free", b"skip", b"wide", b"sidx", b"ssix", b"emsg", b"prft", b"mfra", b"pdin", b"uuid", b"meta", b"udta",
}  # fmt: skip

KEPT_BYTES_MAX = 1 << 20
"""Largest `moov` or `moof`: the tables of ten seconds at 60 frames a second take 15 kB."""

MDAT_BYTES_MAX = 256 << 20
"""Largest `mdat`: ten seconds at 200 Mbit/s."""


class CmafError(InvalidError):
    """Bytes that are no CMAF track, or one that cannot be taken; the message says what is wrong."""

    code = "cmaf-malformed"


class BoxSink(Protocol):
    """Told of boxes in the order they come."""

    def box(self, kind: bytes, whole: bytes) -> None:
        """A `ftyp`, `styp`, `moov` or `moof`, its head included."""
        ...

    def media(self, size: int, head: int) -> None:
        """An `mdat` of `size` bytes of payload after `head` bytes begins; `media_data` brings it."""
        ...

    def media_data(self, data: bytes) -> None: ...


class BoxScanner:
    """Feed it. Holds at most one kept box and a box head."""

    def __init__(self, sink: BoxSink, kept_bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._sink = sink
        self._kept_max = kept_bytes_max
        self._held = bytearray()
        self._kind = b""
        self._left = 0
        self._want = HEADER_BYTES

    @property
    def held(self) -> int:
        """Bytes held."""
        return len(self._held)

    @property
    def between_boxes(self) -> bool:
        """Whether the stream may end here."""
        return not self._kind and not self._held

    def feed(self, data: bytes) -> None:
        """Take what has arrived.

        Raises:
            CmafError: it is no box, or one over a bound.
        """
        at, end = 0, len(data)
        while at < end:
            if self._kind and self._kind not in _KEPT:
                at = self._pass(data, at, end)
                continue
            take = min(end - at, self._want - len(self._held))
            self._held += data[at : at + take]
            at += take
            if len(self._held) == self._want:
                self._filled()

    def _pass(self, data: bytes, at: int, end: int) -> int:
        """Bytes of a box that is not kept: media goes on at once, all else nowhere."""
        take = min(end - at, self._left)
        self._left -= take
        kind = self._kind
        if not self._left:
            self._kind = b""
        if kind == b"mdat":
            self._sink.media_data(data[at : at + take])
        return at + take

    def _filled(self) -> None:
        if self._kind:
            kind, self._kind = self._kind, b""
            whole = bytes(self._held)
            self._held.clear()
            self._want = HEADER_BYTES
            self._sink.box(kind, whole)
            return
        size, kind = struct.unpack_from(">I4s", self._held)
        head = HEADER_BYTES
        if size == _LARGE_SIZE:
            if len(self._held) < HEADER_BYTES + 8:
                self._want = HEADER_BYTES + 8
                return
            (size,) = struct.unpack_from(">Q", self._held, HEADER_BYTES)
            head += 8
        self._check(kind, size, head)
        self._begin(kind, size, head)

    def _begin(self, kind: bytes, size: int, head: int) -> None:
        if kind in _KEPT:
            if size == head:
                self._held.clear()
                self._want = HEADER_BYTES
                return
            self._kind, self._want = kind, size
            return
        self._held.clear()
        self._want = HEADER_BYTES
        self._left = size - head
        if kind == b"mdat":
            self._sink.media(self._left, head)
        if self._left:
            self._kind = kind

    def _check(self, kind: bytes, size: int, head: int) -> None:
        if kind not in _TOP_LEVEL:
            raise CmafError(
                f"{kind!r} begins no box of a CMAF track.",
                hint="Push fragmented MP4; with ffmpeg: -f mp4 -movflags cmaf.",
            )
        if size < head:
            raise CmafError(
                f"A {kind.decode()} box claims {size} bytes.",
                hint="Live tracks need boxes of a known size.",
            )
        limit = self._kept_max if kind in _KEPT else MDAT_BYTES_MAX
        if size > limit or (kind in _KEPT and head > HEADER_BYTES):
            raise CmafError(
                f"A {kind.decode()} box of {size} bytes is over the limit of {limit}.",
                hint="Push shorter fragments.",
            )
