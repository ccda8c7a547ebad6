"""H.264 configurations as x264 writes them: profile, cropping, interlacing, colour format and frame rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.codecs import h264
from tidegate.media.codecs.errors import CodecError

BASELINE_1080 = bytes.fromhex(
    "0142c028ffe100196742c028da01e0089f970110000003001000000303c0f1832a01000468ce0fc8"
)
HIGH10_1080_NTSC = bytes.fromhex(
    "016e0028ffe1001a676e0028a6cd940780227e5c04400000fa40003a9803c60c658001000468ef8fcbfdfafa00"
)
HIGH444_480_PAL = bytes.fromhex(
    "01f4001effe1001967f4001e919680d83de2fc0440000003004000000c83c58ba801000568ce0f1920fff8f800"
)
MAIN_1080_INTERLACED = bytes.fromhex(
    "014d4028ffe10019674d4028f403c0227ef0110000030001000003003c1f162ea001000468de0fc8"
)


def config(record: bytes, fps: float = 0.0):
    parsed = h264.parse_record(record)
    return h264.video_config(parsed.sps, parsed.pps, fps)


@pytest.mark.parametrize(
    ("record", "codec", "size", "fps"),
    [
        (BASELINE_1080, "avc1.42c028", (1920, 1080), 30.0),
        (HIGH10_1080_NTSC, "avc1.6e0028", (1920, 1080), 30000 / 1001),
        (HIGH444_480_PAL, "avc1.f4001e", (854, 480), 25.0),
        (MAIN_1080_INTERLACED, "avc1.4d4028", (1920, 1080), 30.0),
    ],
)
def test_configuration(record, codec, size, fps):
    parsed = config(record)
    assert (parsed.fourcc, parsed.codec, (parsed.width, parsed.height)) == ("avc1", codec, size)
    assert parsed.fps == pytest.approx(fps)


@pytest.mark.parametrize("record", [BASELINE_1080, HIGH10_1080_NTSC, HIGH444_480_PAL, MAIN_1080_INTERLACED])
def test_record_built_of_parameter_sets_is_what_the_encoder_wrote(record):
    assert config(record).record == record


def test_length_size_is_read_and_widened():
    short = bytearray(BASELINE_1080)
    short[4] = 0xFC
    assert h264.parse_record(bytes(short)).length_size == 1
    assert config(bytes(short)).record == BASELINE_1080


def test_frame_rate_of_the_caller_stands_in_only_where_the_sps_has_none():
    sps = bytearray(h264.parse_record(BASELINE_1080).sps[0])
    without_vui = bytes(sps[:11])  # cut within the VUI: its size still stands, its frame rate is lost
    assert h264.parse_sps(without_vui).fps == 0.0
    pps = h264.parse_record(BASELINE_1080).pps
    assert h264.video_config((without_vui,), pps, 24.0).fps == 24.0
    assert config(BASELINE_1080, 24.0).fps == 30.0


def test_record_without_parameter_sets_parses_but_configures_nothing():
    parsed = h264.parse_record(bytes.fromhex("0142c028ffe000"))
    assert (parsed.sps, parsed.pps, parsed.length_size) == ((), (), 4)
    with pytest.raises(CodecError, match="no sequence or picture parameter set"):
        h264.video_config(parsed.sps, parsed.pps)


def test_distinct_parameter_sets_are_found_among_nal_units():
    sps, pps = h264.parse_record(BASELINE_1080).sps[0], h264.parse_record(BASELINE_1080).pps[0]
    assert h264.parameter_sets([b"\x09\xf0", sps, pps, sps, pps, b"\x65\x88", b""]) == ((sps,), (pps,))


@pytest.mark.parametrize(
    ("sps", "sentence"),
    [
        (b"\x67\x42\xc0", "cut off"),
        (b"\x67\x42\xc0\x28" + bytes(4), "cut off"),
        (b"\x67\x42\xc0\x28" + bytes(8), "number out of range"),
        (bytes.fromhex("6742c028fc000004000004000004000100"), "impossible picture size"),
    ],
)
def test_malformed_sps_is_refused(sps, sentence):
    with pytest.raises(CodecError, match=sentence):
        h264.parse_sps(sps)


@given(st.binary(max_size=60))
def test_random_records_parse_or_are_refused(data):
    try:
        assert config(b"\x01" + data).width > 0
    except CodecError:
        return


@given(st.integers(0, len(BASELINE_1080) - 1), st.integers(0, 255))
def test_mutated_records_parse_or_are_refused(at, byte):
    mutated = bytearray(HIGH10_1080_NTSC)
    mutated[at] = byte
    try:
        parsed = config(bytes(mutated))
    except CodecError:
        return
    assert parsed.width > 0
    assert parsed.height > 0
