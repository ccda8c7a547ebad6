"""CMAF chunks (ISO/IEC 23000-19 7.3.2): one `moof` and one `mdat`, written in one go with one copy of the media.

In: sample tables of one track. Out: the chunk's bytes. Runs on every part of every stream, hence the packed
structs kept per shape and the flags that shrink the table: equal durations go into `tfhd`, a leading sync sample
into first-sample-flags, all-zero composition offsets nowhere.
"""

import struct
from functools import lru_cache

from tidegate.media.cmaf.boxes import (
    SAMPLE_NON_SYNC,
    SAMPLE_SYNC,
    TFHD_BASE_IS_MOOF,
    TFHD_DEFAULT_DURATION,
    TRUN_CTS,
    TRUN_DATA_OFFSET,
    TRUN_DURATION,
    TRUN_FIRST_FLAGS,
    TRUN_FLAGS,
    TRUN_SIZE,
    box,
)
from tidegate.media.cmaf.header import TRACK_ID

SEGMENT_TYPE = box(b"styp", b"cmfs", bytes(4), b"cmffcmflcmf2")
"""Before the first chunk of each segment."""

_TRUN_SIGNED_CTS = 1 << 24
_MASK = 0xFFFFFFFF


def fragment(
    sequence: int,
    dts: int,
    durations: list[int],
    syncs: list[bool] | None,
    offsets: list[int] | None,
    payloads: list[bytes],
    *,
    starts_segment: bool,
) -> bytes:
    """One chunk.

    Args:
        sequence: number of the chunk in its track, from 1 (`mfhd`).
        dts: decode time of the first sample, ticks (`tfdt`).
        durations: of each sample, ticks.
        syncs: which samples are sync samples; None where the track's default (audio: all) holds.
        offsets: presentation minus decode time of each sample, ticks, signed; None where all are 0.
        payloads: the samples.
        starts_segment: a segment type box goes first.
    """
    sizes = [len(payload) for payload in payloads]
    count = len(sizes)
    tfhd_flags, run_flags = TFHD_BASE_IS_MOOF, TRUN_DATA_OFFSET | TRUN_SIZE
    columns: list[list[int]] = []
    default_duration = durations[0]
    if durations.count(default_duration) == count:
        tfhd_flags |= TFHD_DEFAULT_DURATION
    else:
        run_flags |= TRUN_DURATION
        columns.append(durations)
    columns.append(sizes)
    if syncs is not None and True in syncs:
        if syncs[0] and True not in syncs[1:]:
            run_flags |= TRUN_FIRST_FLAGS
        else:
            run_flags |= TRUN_FLAGS
            columns.append([SAMPLE_SYNC if sync else SAMPLE_NON_SYNC for sync in syncs])
    if offsets is not None:
        run_flags |= TRUN_CTS
        columns.append([offset & _MASK for offset in offsets])
    head, constants = _head(tfhd_flags, run_flags, count)
    size = head.size + 4 * count * len(columns)
    table = (
        columns[0] if len(columns) == 1 else [value for row in zip(*columns, strict=True) for value in row]
    )
    media = 8 + sum(sizes)
    return b"".join(
        (
            SEGMENT_TYPE if starts_segment else b"",
            _pack_head(head, constants, size, sequence, default_duration, dts),
            _table(len(table)).pack(*table),
            _MDAT.pack(media, b"mdat"),
            *payloads,
        )
    )


_MDAT = struct.Struct(">I4s")


@lru_cache(maxsize=256)
def _table(values: int) -> struct.Struct:
    return struct.Struct(f">{values}I")


class _Constants:
    """What a `moof` head of one shape always says, in the order it is packed."""

    __slots__ = ("count", "first_flags", "run_flags", "run_size", "tfhd", "tfhd_flags", "traf_size")

    def __init__(self, tfhd_flags: int, run_flags: int, count: int, columns: int) -> None:
        self.tfhd_flags = tfhd_flags
        self.run_flags = run_flags
        self.count = count
        self.first_flags = bool(run_flags & TRUN_FIRST_FLAGS)
        self.tfhd = 16 + 4 * bool(tfhd_flags & TFHD_DEFAULT_DURATION)
        self.run_size = 20 + 4 * self.first_flags + 4 * count * columns
        self.traf_size = 8 + self.tfhd + 20 + self.run_size


@lru_cache(maxsize=1024)
def _head(tfhd_flags: int, run_flags: int, count: int) -> tuple[struct.Struct, _Constants]:
    columns = sum(bool(run_flags & flag) for flag in (TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_CTS))
    form = ">I4sI4sII" + "I4s" + "I4sII" + ("I" if tfhd_flags & TFHD_DEFAULT_DURATION else "")
    form += "I4sIQ" + "I4sIII" + ("I" if run_flags & TRUN_FIRST_FLAGS else "")
    return struct.Struct(form), _Constants(tfhd_flags, run_flags, count, columns)


def _pack_head(
    head: struct.Struct, shape: _Constants, size: int, sequence: int, duration: int, dts: int
) -> bytes:
    values: list[int | bytes] = [size, b"moof", 16, b"mfhd", 0, sequence & _MASK, shape.traf_size, b"traf"]
    values += (shape.tfhd, b"tfhd", shape.tfhd_flags, TRACK_ID)
    if shape.tfhd == 20:
        values.append(duration)
    values += (20, b"tfdt", 1 << 24, dts)
    values += (shape.run_size, b"trun", _TRUN_SIGNED_CTS | shape.run_flags, shape.count, size + 8)
    if shape.first_flags:
        values.append(SAMPLE_SYNC)
    return head.pack(*values)
