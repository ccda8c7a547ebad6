"""AV1 configurations as SVT-AV1 and libaom write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.codecs import av1
from tidegate.media.codecs.errors import CodecError

SVT_1080 = bytes.fromhex("81080c000a0c02000042955dfe1b805f0008")
AOM_1080_10BIT = bytes.fromhex("81084c000a0b00000042abbfc3776be501")
AOM_180_MONOCHROME = bytes.fromhex("81001c000a0a000000043cfeccdaf92a")
AOM_1080_BT2020_MATRIX = bytes.fromhex("81084c000a0e00000042abbfc3776be540808241")


@pytest.mark.parametrize(
    ("record", "codec", "size"),
    [
        (SVT_1080, "av01.0.08M.08", (1920, 1080)),
        (AOM_1080_10BIT, "av01.0.08M.10", (1920, 1080)),
        (AOM_180_MONOCHROME, "av01.0.00M.08.1.110.02.02.02.1", (320, 180)),
        (AOM_1080_BT2020_MATRIX, "av01.0.08M.10.0.110.02.02.09.0", (1920, 1080)),
    ],
)
def test_configuration(record, codec, size):
    config = av1.video_config(record, 30.0)
    assert (config.fourcc, config.codec, (config.width, config.height)) == ("av01", codec, size)
    assert (config.record, config.fps) == (record, 30.0)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (b"", "malformed"),
        (b"\x01" + SVT_1080[1:], "malformed"),
        (SVT_1080[:4], "no sequence header"),
        (SVT_1080[:10], "cut off"),
        (SVT_1080[:4] + b"\x0a" + b"\xff" * 9, "out of range"),
    ],
)
def test_malformed_record_is_refused(record, sentence):
    with pytest.raises(CodecError, match=sentence):
        av1.video_config(record)


def test_sequence_header_after_another_obu_is_found():
    record = SVT_1080[:4] + b"\x12\x00" + SVT_1080[4:]
    assert av1.video_config(record).width == 1920


@given(st.binary(max_size=30))
def test_random_sequence_headers_parse_or_are_refused(data):
    try:
        header = av1.parse_sequence_header(data)
    except CodecError:
        return
    assert header.bit_depth in (8, 10, 12)
    assert av1.codec_string(header).startswith("av01.")
