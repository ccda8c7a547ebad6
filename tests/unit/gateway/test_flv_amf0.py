"""AMF0: round trip, every type encoders send, and nothing but its own refusal on anything else."""

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.media.gateway.flv import amf0
from tidegate.media.gateway.flv.errors import MalformedError

scalars = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.lists(values, max_size=5))
def test_round_trip(items):
    assert amf0.decode(amf0.encode(items)) == items


@given(st.binary(max_size=200))
@settings(max_examples=500)
def test_random_bytes_decode_or_are_refused(data):
    with contextlib.suppress(MalformedError):
        amf0.decode(data)


def test_long_string_round_trip():
    assert amf0.decode(amf0.encode(["x" * 70_000])) == ["x" * 70_000]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x06", None),
        (b"\x0d", None),
        (b"\x0b" + struct.pack(">d", 5.0) + b"\x00\x00", 5.0),
        (b"\x08\x00\x00\x00\x00\x00\x01a\x01\x01\x00\x00\x09", {"a": True}),
        (b"\x10\x00\x01T\x00\x01a\x05\x00\x00\x09", {"a": None}),
        (b"\x0f\x00\x00\x00\x02hi", "hi"),
        (b"\x0a\x00\x00\x00\x02\x05\x01\x00", [None, False]),
    ],
)
def test_other_types(data, value):
    assert amf0.decode(data) == [value]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x00\x01", "cut off"),
        (b"\x02\x00\x05ab", "cut off"),
        (b"\x03\x00\x01a", "cut off"),
        (b"\x0a\xff\xff\xff\xff", "cut off"),
        (b"\x07\x00\x01", "unknown type 7"),
        (b"\x0a\x00\x00\x00\x01" * 30 + b"\x05", "nested too deep"),
    ],
)
def test_malformed_values_are_refused(data, sentence):
    with pytest.raises(MalformedError, match=sentence):
        amf0.decode(data)
