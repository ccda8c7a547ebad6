"""Moves a chunk to another time (ISO/IEC 14496-12 8.8.5, 8.8.12): its `tfdt`, and its number in `mfhd`. Pure.

In: the bytes of a chunk that a session made on a timeline of its own. Out: the same bytes at their place on the
broadcast's timeline. The media itself is not touched, only copied.
"""

import struct

_HEAD = struct.Struct(">I4s")


class RetimeError(ValueError):
    """The bytes hold no fragment with a decode time."""


def retimed(data: bytes, dts: int, sequence: int | None = None) -> bytes:
    """`data` with decode time `dts` in ticks and, where given, fragment number `sequence`.

    Raises:
        RetimeError: there is no `moof` with a `tfdt` in it, or the time does not fit into it.
    """
    moof, end = _find(data, b"moof", 0, len(data))
    traf, traf_end = _find(data, b"traf", moof, end)
    tfdt, tfdt_end = _find(data, b"tfdt", traf, traf_end)
    wide = tfdt < tfdt_end and data[tfdt] == 1
    size = 8 if wide else 4
    if tfdt_end - tfdt < 4 + size or not 0 <= dts < 1 << 8 * size:
        raise RetimeError(f"decode time {dts} does not fit")
    changed = bytearray(data)
    changed[tfdt + 4 : tfdt + 4 + size] = dts.to_bytes(size, "big")
    if sequence is not None:
        mfhd, mfhd_end = _find(data, b"mfhd", moof, end)
        if mfhd_end - mfhd < 8:
            raise RetimeError("mfhd is too short")
        changed[mfhd + 4 : mfhd + 8] = (sequence & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes(changed)


def _find(data: bytes, kind: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the payload of the first box of this kind begins and ends."""
    while start + _HEAD.size <= end:
        size, found = _HEAD.unpack_from(data, start)
        if size < _HEAD.size or start + size > end:
            break
        if found == kind:
            return start + _HEAD.size, start + size
        start += size
    raise RetimeError(f"there is no {kind.decode()} box")
