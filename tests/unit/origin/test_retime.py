"""A chunk moved in time is the same chunk at another time, and bytes that are none are refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.cmaf.boxes import Box, box, full_box, read_boxes
from tidegate.media.cmaf.fragment import fragment
from tidegate.media.origin.retime import RetimeError, retimed


def moof(data: bytes) -> Box:
    return next(each for each in read_boxes(data) if each.kind == b"moof")


@given(
    st.integers(0, 2**63), st.integers(0, 2**40), st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=9),
    st.booleans(),
)  # fmt: skip
def test_only_time_and_number_change(dts: int, before: int, payloads: list[bytes], starts: bool) -> None:
    def made(at: int, number: int) -> bytes:
        return fragment(number, at, [3000] * len(payloads), None, None, payloads, starts_segment=starts)

    assert retimed(made(before, 5), dts, 77) == made(dts, 77)
    assert retimed(made(before, 5), dts) == made(dts, 5)


def test_a_short_decode_time_keeps_its_size() -> None:
    data = box(b"moof", full_box(b"mfhd", 0, 0, bytes(4)), box(b"traf", full_box(b"tfdt", 0, 0, bytes(4))))
    tfdt = moof(retimed(data, 7)).child(b"traf", b"tfdt")
    assert tfdt is not None
    assert tfdt.payload == bytes(7) + b"\x07"
    with pytest.raises(RetimeError, match="does not fit"):
        retimed(data, 1 << 32)


@given(st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_bytes_that_are_no_chunk_are_refused(noise: bytes, dts: int) -> None:
    with contextlib.suppress(RetimeError):
        assert len(retimed(noise, dts, 1)) == len(noise)
    with pytest.raises(RetimeError):
        retimed(box(b"moof", noise), -1)
