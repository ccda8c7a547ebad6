"""Sample tables of CMAF segments (ISO/IEC 14496-12 8.8): what an MP4 file says in one place about all its media.

In: segments as they were stored, whoever made them. Out: sizes, durations, composition offsets and sync flags of their samples,
in columns. Pure; trusts no length it finds.
"""

import struct
import zlib
from array import array
from collections.abc import Iterator

import msgspec

_NON_SYNC = 0x10000
"""sample_is_non_sync_sample (8.8.3.1)."""

_COLUMNS = ("chunks", "places", "counts", "times", "sizes", "durations", "offsets", "syncs")


class SampleError(ValueError):
    """The bytes are no fragments, or say something impossible."""


class Defaults(msgspec.Struct, frozen=True):
    """What a header says of samples that say nothing themselves (`trex`)."""

    duration: int = 0
    size: int = 0
    flags: int = 0


class SampleTable:
    """Samples of a row of segments of one track, in columns.

    Attributes:
        chunks: how many fragments each segment has.
        places: of each fragment's first sample, bytes from its segment's beginning.
        counts: samples of each fragment.
        times: decode time of each fragment, ticks.
        sizes, durations, offsets, syncs: of each sample: bytes, ticks, ticks, 1 for a sync sample.
    """

    def __init__(self) -> None:
        self.chunks = array("I")
        self.places = array("I")
        self.counts = array("I")
        self.times = array("Q")
        self.sizes = array("I")
        self.durations = array("I")
        self.offsets = array("i")
        self.syncs = bytearray()

    def add_gap(self) -> None:
        """A segment of which nothing is there."""
        self.chunks.append(0)

    def add(self, segment: bytes, defaults: Defaults) -> None:
        """A segment's samples; where it cannot be read to its end, none of them.

        Raises:
            SampleError: it cannot be read.
        """
        chunks, samples = len(self.counts), len(self.sizes)
        try:
            found = 0
            for kind, start, end in boxes(segment, 0, len(segment)):
                if kind == b"moof":
                    self._fragment(segment, start, end, defaults)
                    found += 1
        except (struct.error, OverflowError, ValueError) as error:
            for column in (self.places, self.counts, self.times):
                del column[chunks:]
            for column in (self.sizes, self.durations, self.offsets):
                del column[samples:]
            del self.syncs[samples:]
            raise SampleError(str(error)) from error
        self.chunks.append(found)

    def _fragment(self, data: bytes, start: int, end: int, defaults: Defaults) -> None:
        moof = start - 8
        time, duration, size, flags = 0, defaults.duration, defaults.size, defaults.flags
        for kind, inner, inner_end in boxes(data, start, end):
            if kind != b"traf":
                continue
            for part, at, part_end in boxes(data, inner, inner_end):
                if part == b"tfhd":
                    duration, size, flags = _defaults(data, at, Defaults(duration, size, flags))
                elif part == b"tfdt":
                    time = struct.unpack_from(">Q" if data[at] else ">I", data, at + 4)[0]
                elif part == b"trun":
                    self._run(data, at, part_end, moof, time, Defaults(duration, size, flags))
                    return

    def _run(self, data: bytes, at: int, end: int, moof: int, time: int, defaults: Defaults) -> None:
        flags, count = struct.unpack_from(">II", data, at)
        at += 8
        place, first = moof, None
        if flags & 0x1:
            place += struct.unpack_from(">i", data, at)[0]
            at += 4
        if flags & 0x4:
            first = struct.unpack_from(">I", data, at)[0]
            at += 4
        width = sum(bool(flags & flag) for flag in (0x100, 0x200, 0x400, 0x800))
        if at + 4 * width * count > end or count > 100_000:
            raise SampleError("a run is longer than its box")
        table = struct.unpack_from(f">{width * count}I", data, at)
        columns = iter(table[index::width] for index in range(width))
        durations = next(columns) if flags & 0x100 else (defaults.duration,) * count
        sizes = next(columns) if flags & 0x200 else (defaults.size,) * count
        marks = list(next(columns)) if flags & 0x400 else [defaults.flags] * count
        offsets = next(columns) if flags & 0x800 else (0,) * count
        if first is not None and marks:
            marks[0] = first
        if place < 0 or place + sum(sizes) > len(data):
            raise SampleError("samples lie outside their segment")
        self.places.append(place)
        self.counts.append(count)
        self.times.append(time)
        self.sizes.extend(sizes)
        self.durations.extend(durations)
        self.offsets.extend(offset - (1 << 32) if offset >> 31 else offset for offset in offsets)
        self.syncs.extend(0 if mark & _NON_SYNC else 1 for mark in marks)

    def slice(self, first: int, end: int) -> "SampleTable":
        """The segments `first` up to, not including, `end`."""
        made = SampleTable()
        chunk, chunk_end = sum(self.chunks[:first]), sum(self.chunks[:end])
        sample, sample_end = sum(self.counts[:chunk]), sum(self.counts[:chunk_end])
        made.chunks = self.chunks[first:end]
        for name in ("places", "counts", "times"):
            setattr(made, name, getattr(self, name)[chunk:chunk_end])
        for name in ("sizes", "durations", "offsets", "syncs"):
            setattr(made, name, getattr(self, name)[sample:sample_end])
        return made

    def pack(self) -> bytes:
        """As stored: little-endian columns, compressed."""
        columns = [getattr(self, name) for name in _COLUMNS]
        head = struct.pack(f"<{len(columns)}Q", *map(len, columns))
        return zlib.compress(head + b"".join(bytes(memoryview(column)) for column in columns), 1)

    @classmethod
    def unpack(cls, data: bytes) -> "SampleTable":
        """Read what `pack` wrote.

        Raises:
            SampleError: it is something else.
        """
        try:
            plain = zlib.decompress(data)
            lengths = struct.unpack_from(f"<{len(_COLUMNS)}Q", plain)
            made, at = cls(), 8 * len(_COLUMNS)
            for name, length in zip(_COLUMNS, lengths, strict=True):
                column = getattr(made, name)
                width = getattr(column, "itemsize", 1)
                piece = plain[at : at + width * length]
                if len(piece) != width * length:
                    raise SampleError("the table is cut off")
                column.extend(piece) if isinstance(column, bytearray) else column.frombytes(piece)
                at += width * length
        except (zlib.error, struct.error, MemoryError, OverflowError) as error:
            raise SampleError(str(error)) from error
        if sum(made.chunks) != len(made.counts) or sum(made.counts) != len(made.sizes):
            raise SampleError("the table's columns do not fit together")
        return made


def boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, beginning and end of the payload of each box in `data` from `at` to `end`.

    Raises:
        SampleError: a box is longer than what holds it, or shorter than its own head.
    """
    while at < end:
        if end - at < 8:
            raise SampleError("bytes are left behind the last box")
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and end - at >= 16:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        if size < head or at + size > end:
            raise SampleError(f"box {kind!r} says {size} bytes, {end - at} are there")
        yield kind, at + head, at + size
        at += size


def find_box(data: bytes, *path: bytes) -> tuple[int, int]:
    """Beginning and end of the payload of the first box at `path`.

    Raises:
        SampleError: there is none.
    """
    at, end = 0, len(data)
    for name in path:
        for kind, start, stop in boxes(data, at, end):
            if kind == name:
                at, end = start, stop
                break
        else:
            raise SampleError(f"there is no box {name!r}")
    return at, end


def header_defaults(init: bytes) -> Defaults:
    """What a CMAF header says of samples that say nothing themselves.

    Raises:
        SampleError: it is no header.
    """
    at, _ = find_box(init, b"moov", b"mvex", b"trex")
    _, _, duration, size, flags = struct.unpack_from(">5I", init, at + 4)
    return Defaults(duration, size, flags)


def _defaults(data: bytes, at: int, defaults: Defaults) -> tuple[int, int, int]:
    """`tfhd` (8.8.7)."""
    flags = struct.unpack_from(">I", data, at)[0] & 0xFFFFFF
    at += 8
    values = {0x8: defaults.duration, 0x10: defaults.size, 0x20: defaults.flags}
    for flag, width in ((0x1, 8), (0x2, 4)):
        at += width if flags & flag else 0
    for flag in values:
        if flags & flag:
            values[flag] = struct.unpack_from(">I", data, at)[0]
            at += 4
    return values[0x8], values[0x10], values[0x20]
