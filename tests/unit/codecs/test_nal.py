"""NAL unit framing and bit fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.codecs import nal
from tidegate.media.codecs.bits import BitReader
from tidegate.media.codecs.errors import CodecError

nal_units = st.lists(
    st.binary(min_size=1, max_size=40).filter(lambda unit: b"\x00\x00" not in unit and unit[-1:] != b"\x00"),
    max_size=6,
)


@given(nal_units)
def test_sized_round_trip(units):
    assert nal.split_sized(nal.join_sized(units), 4) == units


@given(nal_units, st.sampled_from([b"\x00\x00\x01", b"\x00\x00\x00\x01"]))
def test_annex_b_is_split(units, start_code):
    data = b"".join(start_code + unit for unit in units) + b"\x00"
    assert nal.split_annex_b(data) == units


@pytest.mark.parametrize(("data", "size"), [(b"\x00\x00\x00\x05ab", 4), (b"\x00\x00", 4), (b"\x01a\x02b", 1)])
def test_lengths_that_do_not_add_up_are_refused(data, size):
    with pytest.raises(CodecError, match="do not add up"):
        nal.split_sized(data, size)


def test_empty_units_are_left_out():
    assert nal.split_sized(b"\x00\x00\x00\x00\x00\x00\x00\x01a", 4) == [b"a"]


def test_emulation_prevention_is_taken_out():
    assert nal.unescape(b"\x00\x00\x03\x00\x00\x03\x01\x03") == b"\x00\x00\x00\x00\x01\x03"


@given(st.integers(0, 2**32 - 2), st.integers(0, 7))
def test_exp_golomb(value, offset):
    code = f"{value + 1:b}"
    text = "1" * offset + "0" * (len(code) - 1) + code
    text += "0" * (-len(text) % 8)
    reader = BitReader(int(text, 2).to_bytes(len(text) // 8, "big"), "test")
    reader.skip(offset)
    assert reader.unsigned() == value
    reader = BitReader(int(text, 2).to_bytes(len(text) // 8, "big"), "test")
    reader.skip(offset)
    assert reader.signed() == (value + 1) // 2 * (1 if value % 2 else -1)


def test_reading_past_the_end_is_refused():
    reader = BitReader(b"\xff", "thing")
    assert (reader.read(3), reader.left, reader.position) == (7, 5, 3)
    with pytest.raises(CodecError, match="The thing is cut off"):
        reader.read(6)
