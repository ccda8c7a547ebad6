"""HEVC configurations as x265 writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.codecs import hevc
from tidegate.media.codecs.errors import CodecError

MAIN_1080 = bytes.fromhex(
    "01016000000090000000000078f000fcfdf8f800000f03"
    "a00001001840010c01ffff016000000300900000030000030078959409"
    "a10001002b420101016000000300900000030000030078a003c0801107cb965654a4c2f0168080000003008000000f04"
    "a2000100064401c073c189"
)
MAIN10_1080 = bytes.fromhex(
    "01022000000090000000000078f000fcfdfafa00000f03"
    "a00001001840010c01ffff022000000300900000030000030078959409"
    "a10001002d420101022000000300900000030000030078a003c0801107cad965654a4c2f016808000003000800000300f040"
    "a2000100064401c073c189"
)


@pytest.mark.parametrize(
    ("record", "codec"), [(MAIN_1080, "hvc1.1.6.L120.90"), (MAIN10_1080, "hvc1.2.4.L120.90")]
)
def test_configuration(record, codec):
    config = hevc.video_config(record, 25.0)
    assert (config.fourcc, config.codec, config.width, config.height, config.fps) == (
        "hvc1",
        codec,
        1920,
        1080,
        25.0,
    )
    assert config.record == record


def test_high_tier_profile_space_and_constraint_bytes_are_spelled_out():
    record = bytearray(MAIN_1080)
    record[1] = 0b01_1_00100
    record[6:12] = bytes.fromhex("b00023000000")
    record[12] = 153
    assert hevc.parse_record(bytes(record)).codec == "hvc1.A4.6.H153.B0.0.23"


def test_length_size_is_read_and_widened():
    record = bytearray(MAIN_1080)
    record[21] = record[21] & ~3 | 1
    assert hevc.parse_record(bytes(record)).length_size == 2
    assert hevc.video_config(bytes(record)).record == MAIN_1080


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (b"", "cut off"),
        (b"\x00" + MAIN_1080[1:], "unknown version"),
        (MAIN_1080[:40], "cut off"),
        (MAIN_1080[:22] + b"\x00", "no sequence parameter set"),
    ],
)
def test_malformed_record_is_refused(record, sentence):
    with pytest.raises(CodecError, match=sentence):
        hevc.video_config(record)


@given(st.integers(0, len(MAIN_1080) - 1), st.binary(min_size=1, max_size=3))
def test_mutated_records_parse_or_are_refused(at, patch):
    mutated = MAIN_1080[:at] + patch + MAIN_1080[at + 1 :]
    try:
        config = hevc.video_config(mutated)
    except CodecError:
        return
    assert config.width > 0
    assert config.height > 0
