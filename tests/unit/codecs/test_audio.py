"""AAC and Opus configurations."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.codecs import aac, opus
from tidegate.media.codecs.errors import CodecError


def bits(text: str) -> bytes:
    """`bits("00010 0011")`: the bits, padded with zeros to whole bytes."""
    digits = text.replace(" ", "")
    digits += "0" * (-len(digits) % 8)
    return int(digits, 2).to_bytes(len(digits) // 8, "big")


PROGRAM_5_1 = "0000 01 0011  0010 0000 0001 01 000 0000  0 0 0  0 0000 1 0000  1 0001  0000"


@pytest.mark.parametrize(
    ("record", "codec", "rate", "channels", "samples"),
    [
        (bytes.fromhex("1190"), "mp4a.40.2", 48000, 2, 1024),
        (bytes.fromhex("1208"), "mp4a.40.2", 44100, 1, 1024),
        (bytes.fromhex("11b0"), "mp4a.40.2", 48000, 6, 1024),
        (bits("00010 1111 000000001010110001000100 0010 0 0 0"), "mp4a.40.2", 44100, 2, 1024),
        (bits("00010 0011 0010 1 0 0"), "mp4a.40.2", 48000, 2, 960),
        (bits("00010 0011 0000 0 0 0" + PROGRAM_5_1), "mp4a.40.2", 48000, 6, 1024),
        (bits("00101 0110 0010 0011 00010 0 0 0"), "mp4a.40.5", 48000, 2, 2048),
        (bits("11101 0110 0001 0011 00010 0 0 0"), "mp4a.40.29", 48000, 2, 2048),
        (bits("00010 0110 0010 0 0 0 01010110111 00101 1 0011"), "mp4a.40.5", 48000, 2, 2048),
        (bits("00010 0110 0001 0 0 0 01010110111 00101 1 0011 10101001000 1"), "mp4a.40.29", 48000, 2, 2048),
        (bits("00010 0110 0010 0 0 0 01010110111 00101 0"), "mp4a.40.2", 24000, 2, 1024),
    ],
)
def test_aac_configuration(record, codec, rate, channels, samples):
    config = aac.audio_config(record)
    assert (config.codec, config.sample_rate, config.channels, config.samples_per_frame) == (
        codec,
        rate,
        channels,
        samples,
    )
    assert (config.fourcc, config.record) == ("mp4a", record)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (b"", "cut off"),
        (b"\x11", "cut off"),
        (bits("00001 0011 0010 000"), "AAC Main audio is not supported"),
        (bits("11111 000111 0011 0010 000"), "AAC-ELD audio is not supported"),
        (bits("11111 111111 0011 0010 000"), "object type 95 audio is not supported"),
        (bits("00010 1101 0010 000"), "impossible sample rate"),
        (bits("00010 1111 000000000000000000000001 0010 000"), "impossible sample rate"),
        (bits("00010 0011 1000 000"), "unknown channel layout"),
    ],
)
def test_other_aac_is_refused(record, sentence):
    with pytest.raises(CodecError, match=sentence):
        aac.audio_config(record)


@given(st.binary(max_size=40))
def test_random_aac_parses_or_is_refused(data):
    try:
        config = aac.audio_config(data)
    except CodecError:
        return
    assert config.channels > 0
    assert config.samples_per_frame > 0


def test_opus_head_becomes_a_big_endian_box():
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 312, 44100, -256, 0)
    config = opus.audio_config(head)
    assert (config.codec, config.sample_rate, config.channels, config.samples_per_frame) == (
        "Opus",
        48000,
        2,
        0,
    )
    assert config.record == struct.pack(">BBHIhB", 0, 2, 312, 44100, -256, 0)


def test_opus_surround_keeps_its_channel_mapping():
    mapping = bytes((4, 2, 0, 4, 1, 2, 3, 5))
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 6, 312, 48000, 0, 1) + mapping
    config = opus.audio_config(head)
    assert config.channels == 6
    assert config.record.endswith(mapping)
    with pytest.raises(CodecError, match="cut off"):
        opus.audio_config(head[:-1])


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"OpusHead",
        b"OpusTags" + bytes(11),
        b"OpusHead" + struct.pack("<BBHIhB", 16, 2, 312, 48000, 0, 0),
        b"OpusHead" + struct.pack("<BBHIhB", 1, 0, 312, 48000, 0, 0),
        b"OpusHead" + struct.pack("<BBHIhB", 1, 3, 312, 48000, 0, 0),
    ],
)
def test_malformed_opus_head_is_refused(head):
    with pytest.raises(CodecError, match="malformed"):
        opus.audio_config(head)
