"""ISO base media file format boxes (ISO/IEC 14496-12): what both the header and the fragments are made of, and a reader.

In: field values, or bytes to read. Out: bytes, or a tree of boxes. The writers of CMAF headers and fragments are
`header.py` and `fragment.py`; the reader serves recovery and tests, so it trusts no length it finds.
"""

import struct
from collections.abc import Iterator

import msgspec

_SIZE_TYPE = struct.Struct(">I4s")

CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"mvex", b"moof", b"traf"})

TFHD_BASE_DATA_OFFSET = 0x1
TFHD_DESCRIPTION_INDEX = 0x2
TFHD_DEFAULT_DURATION = 0x8
TFHD_DEFAULT_SIZE = 0x10
TFHD_DEFAULT_FLAGS = 0x20
TFHD_BASE_IS_MOOF = 0x20000
TRUN_DATA_OFFSET = 0x1
TRUN_FIRST_FLAGS = 0x4
TRUN_DURATION = 0x100
TRUN_SIZE = 0x200
TRUN_FLAGS = 0x400
TRUN_CTS = 0x800

SAMPLE_SYNC = 0x02000000
"""sample_depends_on = 2: depends on no other sample."""
SAMPLE_NON_SYNC = 0x01010000
"""sample_depends_on = 1, sample_is_non_sync_sample = 1."""
NON_SYNC_BIT = 0x00010000


class BoxError(ValueError):
    """Bytes that are no well-formed boxes; the message says where."""


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return _SIZE_TYPE.pack(8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)


class Box(msgspec.Struct, frozen=True):
    """A box as read: its type, and its payload after the eight-byte head."""

    kind: bytes
    payload: bytes

    def children(self) -> list["Box"]:
        return list(read_boxes(self.payload))

    def child(self, *path: bytes) -> "Box":
        """The first box at `path` below this one.

        Raises:
            BoxError: there is none.
        """
        found = self
        for kind in path:
            match = next((each for each in read_boxes(found.payload) if each.kind == kind), None)
            if match is None:
                raise BoxError(f"{found.kind!r} holds no {kind!r}")
            found = match
        return found


def read_boxes(data: bytes) -> Iterator[Box]:
    """The boxes that follow each other in `data`.

    Raises:
        BoxError: a size is impossible or the data ends inside a box.
    """
    position, end = 0, len(data)
    while position < end:
        if end - position < 8:
            raise BoxError(f"{end - position} bytes at {position} are no box")
        size, kind = _SIZE_TYPE.unpack_from(data, position)
        if size < 8 or position + size > end:
            raise BoxError(f"box {kind!r} at {position} claims {size} of {end - position} bytes")
        yield Box(kind, data[position + 8 : position + size])
        position += size


class Sample(msgspec.Struct, frozen=True):
    """One sample of a fragment; times in the track's timescale."""

    dts: int
    duration: int
    cts: int
    sync: bool
    data: bytes


class Fragment(msgspec.Struct, frozen=True):
    """One `moof` + `mdat` as read."""

    sequence: int
    dts: int
    samples: tuple[Sample, ...]

    @property
    def duration(self) -> int:
        return sum(sample.duration for sample in self.samples)


def read_fragments(data: bytes) -> list[Fragment]:
    """The CMAF chunks of a part or segment as this package writes them: one track, one run each.

    Raises:
        BoxError: the data is cut off or not of that form.
    """
    fragments = []
    moof: Box | None = None
    for each in read_boxes(data):
        if each.kind == b"moof":
            moof = each
        elif each.kind == b"mdat":
            if moof is None:
                raise BoxError("media data without a movie fragment")
            fragments.append(_fragment(moof, each.payload))
            moof = None
    if moof is not None:
        raise BoxError("a movie fragment without media data")
    return fragments


def _fragment(moof: Box, media: bytes) -> Fragment:
    try:
        return _read_fragment(moof, media)
    except struct.error as error:
        raise BoxError(f"movie fragment cut short: {error}") from error


def _read_fragment(moof: Box, media: bytes) -> Fragment:
    traf = moof.child(b"traf")
    default_duration, default_flags = _defaults(traf.child(b"tfhd").payload)
    (dts,) = struct.unpack_from(">Q", traf.child(b"tfdt").payload, 4)
    run = traf.child(b"trun").payload
    flags, count = struct.unpack_from(">II", run)
    position = 8 + 4 * bool(flags & TRUN_DATA_OFFSET)
    first_flags = default_flags
    if flags & TRUN_FIRST_FLAGS:
        (first_flags,) = struct.unpack_from(">I", run, position)
        position += 4
    samples = []
    start, offset = dts, 0
    for index in range(count):
        duration, size, sample_flags, cts = (
            default_duration,
            0,
            first_flags if index == 0 else default_flags,
            0,
        )
        if flags & TRUN_DURATION:
            (duration,) = struct.unpack_from(">I", run, position)
            position += 4
        if flags & TRUN_SIZE:
            (size,) = struct.unpack_from(">I", run, position)
            position += 4
        if flags & TRUN_FLAGS:
            (sample_flags,) = struct.unpack_from(">I", run, position)
            position += 4
        if flags & TRUN_CTS:
            (cts,) = struct.unpack_from(">i", run, position)
            position += 4
        if offset + size > len(media):
            raise BoxError(f"sample {index} lies beyond its media data")
        sync = not sample_flags & NON_SYNC_BIT
        samples.append(Sample(start, duration, cts, sync, media[offset : offset + size]))
        offset += size
        start += duration
    (sequence,) = struct.unpack_from(">I", moof.child(b"mfhd").payload, 4)
    return Fragment(sequence, dts, tuple(samples))


def _defaults(tfhd: bytes) -> tuple[int, int]:
    """Default sample duration and flags of a track fragment header; 0 where it names none."""
    (flags,) = struct.unpack_from(">I", tfhd)
    position = 8 + 8 * bool(flags & TFHD_BASE_DATA_OFFSET) + 4 * bool(flags & TFHD_DESCRIPTION_INDEX)
    duration = sample_flags = 0
    if flags & TFHD_DEFAULT_DURATION:
        (duration,) = struct.unpack_from(">I", tfhd, position)
        position += 4
    position += 4 * bool(flags & TFHD_DEFAULT_SIZE)
    if flags & TFHD_DEFAULT_FLAGS:
        (sample_flags,) = struct.unpack_from(">I", tfhd, position)
    return duration, sample_flags
