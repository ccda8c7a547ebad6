"""Fragments of ISO BMFF (ISO/IEC 14496-12 section 8.8) read just enough to see that decode times go on. Pure.

Flows in: CMAF headers and fragments. Flows out: each fragment's decode time and duration in ticks.
"""

import struct
from collections.abc import Iterator

_TRUN_DATA_OFFSET = 0x1
_TRUN_FIRST_FLAGS = 0x4
_TRUN_DURATION = 0x100
_TRUN_SIZE = 0x200
_TRUN_FLAGS = 0x400
_TRUN_CTS = 0x800
_TFHD_BASE = 0x1
_TFHD_DESCRIPTION = 0x2
_TFHD_DURATION = 0x8


class FragmentError(ValueError):
    """The bytes are not fragments."""


def boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Type and payload of each box in `data`.

    Raises:
        FragmentError: a box is longer than what holds it, or shorter than its own header.
    """
    position = 0
    while position < len(data):
        if len(data) - position < 8:
            raise FragmentError("bytes are left behind the last box")
        size, kind = struct.unpack_from(">I4s", data, position)
        head = 8
        if size == 1 and len(data) - position >= 16:
            (size,) = struct.unpack_from(">Q", data, position + 8)
            head = 16
        if size < head or position + size > len(data):
            raise FragmentError(f"box {kind!r} says {size} bytes, {len(data) - position} are there")
        yield kind, data[position + head : position + size]
        position += size


def spans(data: bytes, default_duration: int = 0) -> list[tuple[int, int]]:
    """(decode time, duration) of each fragment in ticks. `default_duration` is the header's, see `header_duration`.

    Raises:
        FragmentError: not fragments.
    """
    try:
        return [_span(moof, default_duration) for kind, moof in boxes(memoryview(data)) if kind == b"moof"]
    except (struct.error, IndexError) as error:
        raise FragmentError(str(error)) from error


def header_duration(init: bytes) -> int:
    """`default_sample_duration` of the first track in a CMAF header, 0 where it says none."""
    try:
        for kind, moov in boxes(memoryview(init)):
            if kind != b"moov":
                continue
            for inner, mvex in boxes(moov):
                for deepest, trex in boxes(mvex) if inner == b"mvex" else ():
                    if deepest == b"trex":
                        duration: int = struct.unpack_from(">I", trex, 12)[0]
                        return duration
    except (struct.error, IndexError) as error:
        raise FragmentError(str(error)) from error
    return 0


def _span(moof: memoryview, default_duration: int) -> tuple[int, int]:
    start, total = 0, 0
    for kind, traf in boxes(moof):
        if kind != b"traf":
            continue
        duration = default_duration
        for inner, payload in boxes(traf):
            if inner == b"tfhd":
                duration = _tfhd_duration(payload, duration)
            elif inner == b"tfdt":
                (start,) = struct.unpack_from(">Q" if payload[0] == 1 else ">I", payload, 4)
            elif inner == b"trun":
                total += _trun_duration(payload, duration)
        break
    return start, total


def _tfhd_duration(payload: memoryview, default: int) -> int:
    flags = struct.unpack_from(">I", payload, 0)[0] & 0xFFFFFF
    if not flags & _TFHD_DURATION:
        return default
    offset = 8 + (8 if flags & _TFHD_BASE else 0) + (4 if flags & _TFHD_DESCRIPTION else 0)
    duration: int = struct.unpack_from(">I", payload, offset)[0]
    return duration


def _trun_duration(payload: memoryview, default: int) -> int:
    flags, count = struct.unpack_from(">II", payload, 0)
    flags &= 0xFFFFFF
    if not flags & _TRUN_DURATION:
        return default * int(count)
    offset = 8 + (4 if flags & _TRUN_DATA_OFFSET else 0) + (4 if flags & _TRUN_FIRST_FLAGS else 0)
    stride = 4 * sum(1 for field in (_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_CTS) if flags & field)
    if offset + stride * count > len(payload):
        raise FragmentError("a trun box names more samples than it holds")
    return sum(struct.unpack_from(">I", payload, offset + stride * index)[0] for index in range(count))
