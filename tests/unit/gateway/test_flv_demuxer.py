"""Elementary streams through a session: configurations late, repeated, changed or missing; timestamps; Enhanced RTMP."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.errors import TidegateError
from tidegate.media.gateway.flv.demuxer import Demuxer
from tidegate.media.types import Packet
from unit.gateway.rtmp_peer import (
    ASC,
    AV1C,
    AVCC,
    AVCC_720,
    HVCC,
    OPUS_HEAD,
    PPS,
    SPS,
    Encoder,
    RecordingSink,
    aac_config,
    aac_frame,
    avc_config,
    avc_frame,
)

IDR = b"\x65\x88\x84"


@pytest.fixture
def encoder() -> Encoder:
    return Encoder().publish()


def sized(*nals: bytes, size: int = 4) -> bytes:
    return b"".join(len(nal).to_bytes(size, "big") + nal for nal in nals)


def annex_b(*nals: bytes) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + nal for nal in nals)


def enhanced(kind: int, fourcc: bytes, body: bytes = b"", frame: int = 1) -> bytes:
    return bytes([0x80 | frame << 4 | kind]) + fourcc + body


def enhanced_audio(kind: int, fourcc: bytes, body: bytes = b"") -> bytes:
    return bytes([0x90 | kind]) + fourcc + body


def test_avc_and_aac_become_packets(encoder):
    encoder.video(avc_config())
    encoder.audio(aac_config())
    encoder.send(encoder.writer.message(9, avc_frame(sized(IDR), cts=66), 1000, csid=6), now=7.5)
    encoder.video(avc_frame(sized(b"\x41\x9a"), key=False, cts=-33), 1033)
    encoder.audio(aac_frame(b"\x21\x1b"), 1010)
    assert encoder.sink.packets == [
        Packet("video", 1_000_000, 66_000, True, sized(IDR), 7.5),
        Packet("video", 1_033_000, -33_000, False, sized(b"\x41\x9a"), 0.0),
        Packet("audio", 1_010_000, 0, True, b"\x21\x1b", 0.0),
    ]
    audio = encoder.sink.audio[0]
    assert (audio.codec, audio.sample_rate, audio.channels, audio.record) == ("mp4a.40.2", 48000, 2, ASC)


def test_repeated_headers_are_passed_over_and_a_changed_one_passes_on(encoder):
    for record in (AVCC, AVCC, AVCC_720, AVCC_720, AVCC):
        encoder.video(avc_config(record))
    assert [config.height for config in encoder.sink.video] == [1080, 720, 1080]
    for record in (ASC, ASC, b"\x12\x10"):
        encoder.audio(aac_config(record))
    assert [config.sample_rate for config in encoder.sink.audio] == [48000, 44100]


def test_empty_headers_change_nothing(encoder):
    for _ in range(2):
        encoder.video(enhanced(0, b"av01"))
        encoder.video(enhanced(0, b"av01", AV1C))
        encoder.audio(enhanced_audio(0, b"Opus"))
        encoder.audio(enhanced_audio(0, b"Opus", OPUS_HEAD))
    encoder.video(enhanced(1, b"av01", b"\x32\x01\x10"), 40)
    assert (len(encoder.sink.video), len(encoder.sink.audio), len(encoder.sink.packets)) == (1, 1, 1)


def test_frames_before_their_header_are_dropped_with_a_note(encoder):
    for timestamp in (0, 33):
        encoder.video(avc_frame(key=False), timestamp)
    encoder.audio(aac_frame())
    assert encoder.sink.packets == []
    assert encoder.sink.note_codes == ["video-before-configuration"] * 2 + ["audio-before-configuration"]
    assert encoder.session.dropped == 3
    encoder.video(avc_config())
    encoder.video(avc_frame(), 66)
    assert [packet.dts_us for packet in encoder.sink.packets] == [66_000]


@pytest.mark.parametrize("header", [None, b"", bytes.fromhex("0142c028ffe000")])
@pytest.mark.parametrize("frame", [sized, annex_b])
def test_missing_header_is_built_from_the_first_keyframe(encoder, header, frame):
    if header is not None:
        encoder.video(avc_config(header))
    encoder.video(avc_frame(frame(b"\x41\x9a"), key=False), 0)
    encoder.video(avc_frame(frame(SPS, PPS, IDR)), 33)
    encoder.video(avc_frame(frame(b"\x41\x9a"), key=False), 66)
    assert [(config.codec, config.height, config.record) for config in encoder.sink.video] == [
        ("avc1.42c028", 1080, AVCC)
    ]
    assert [packet.data for packet in encoder.sink.packets] == [sized(SPS, PPS, IDR), sized(b"\x41\x9a")]


def test_annex_b_header_is_understood(encoder):
    encoder.video(avc_config(annex_b(SPS, PPS)))
    encoder.video(avc_frame(annex_b(IDR)), 0)
    assert encoder.sink.video[0].record == AVCC
    assert encoder.sink.packets[0].data == sized(IDR)


def test_nal_of_256_bytes_is_no_start_code(encoder):
    """Its length, 00 00 01 xx, reads like one."""
    encoder.video(avc_config(annex_b(SPS, PPS)))
    frame = sized(b"\x65" + bytes(range(255)) + b"\x01" * 10)
    encoder.video(avc_frame(frame), 0)
    assert encoder.sink.packets[0].data == frame


@pytest.mark.parametrize("size", [1, 2])
def test_short_nal_lengths_are_widened(encoder, size):
    record = bytearray(AVCC)
    record[4] = 0xFC | (size - 1)
    encoder.video(avc_config(bytes(record)))
    encoder.video(avc_frame(sized(IDR, b"\x06\x05", size=size)), 0)
    assert encoder.sink.packets[0].data == sized(IDR, b"\x06\x05")
    assert encoder.sink.video[0].record == AVCC
    encoder.video(avc_frame(b"\xff\xff"), 33)
    assert encoder.sink.note_codes == ["malformed-frame"]


def test_timestamps_run_on_over_the_wrap(encoder):
    encoder.video(avc_config())
    encoder.audio(aac_config())
    for timestamp in (0xFFFFFFF0, 0xFFFFFFFF, 17, 50):
        encoder.video(avc_frame(), timestamp)
    encoder.audio(aac_frame(), 0xFFFFFFFA)
    encoder.audio(aac_frame(), 20)
    wrap = 1 << 32
    expected = [0xFFFFFFF0, 0xFFFFFFFF, wrap + 17, wrap + 50, 0xFFFFFFFA, wrap + 20]
    assert [packet.dts_us // 1000 for packet in encoder.sink.packets] == expected


def test_timestamps_may_step_back(encoder):
    encoder.video(avc_config())
    for timestamp in (100_000, 5, 38):
        encoder.video(avc_frame(), timestamp)
    assert [packet.dts_us for packet in encoder.sink.packets] == [100_000_000, 5000, 38_000]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"videocodecid": 7.0, "audiocodecid": 10.0}, [{"video": True, "audio": True}]),
        ({"videocodecid": "hvc1"}, [{"video": True, "audio": False}]),
        ({"audiocodecid": 10.0}, [{"video": False, "audio": True}]),
        ({"encoder": "x"}, []),
    ],
)
def test_metadata_says_what_to_expect(encoder, metadata, expected):
    encoder.data("@setDataFrame", "onMetaData", metadata)
    encoder.data("onMetaData", metadata)
    assert encoder.sink.expected == expected


def test_frame_rate_of_the_metadata_stands_in_where_the_bitstream_has_none(encoder):
    encoder.data("onMetaData", {"framerate": 25.0, "videocodecid": 12.0})
    encoder.video(enhanced(0, b"hvc1", HVCC))
    encoder.video(avc_config())
    assert [config.fps for config in encoder.sink.video] == [25.0, 30.0]


def test_enhanced_hevc(encoder):
    encoder.video(enhanced(0, b"hvc1", HVCC))
    encoder.video(enhanced(1, b"hvc1", b"\xff\xff\xd6" + sized(b"\x28\x01")), 40)
    encoder.video(enhanced(3, b"hvc1", sized(b"\x02\x01"), frame=2), 80)
    encoder.video(enhanced(4, b"hvc1", b"\x02\x00\x09colorInfo"))
    encoder.video(enhanced(2, b"hvc1"))
    config = encoder.sink.video[0]
    assert (config.fourcc, config.codec, config.width, config.height) == (
        "hvc1",
        "hvc1.1.6.L120.90",
        1920,
        1080,
    )
    assert [(p.dts_us, p.cts_us, p.keyframe, p.data) for p in encoder.sink.packets] == [
        (40_000, -42_000, True, sized(b"\x28\x01")),
        (80_000, 0, False, sized(b"\x02\x01")),
    ]


def test_legacy_hevc_of_hardware_encoders(encoder):
    encoder.video(b"\x1c\x00\x00\x00\x00" + HVCC)
    encoder.video(b"\x1c\x01\x00\x00\x00" + sized(b"\x28\x01"))
    assert encoder.sink.video[0].fourcc == "hvc1"
    assert len(encoder.sink.packets) == 1


def test_enhanced_avc_and_aac(encoder):
    encoder.video(enhanced(0, b"avc1", AVCC))
    encoder.video(enhanced(1, b"avc1", b"\x00\x00\x21" + sized(IDR)), 40)
    encoder.audio(enhanced_audio(0, b"mp4a", ASC))
    encoder.audio(enhanced_audio(1, b"mp4a", b"\x21"), 41)
    assert [(p.kind, p.cts_us, p.data) for p in encoder.sink.packets] == [
        ("video", 33_000, sized(IDR)),
        ("audio", 0, b"\x21"),
    ]


def test_enhanced_av1_goes_without_temporal_delimiters(encoder):
    encoder.video(enhanced(0, b"av01", AV1C))
    encoder.video(enhanced(1, b"av01", b"\x12\x00\x32\x01\x10"), 40)
    encoder.video(enhanced(3, b"av01", b"\x32\x01\x10", frame=2), 80)
    assert encoder.sink.video[0].codec == "av01.0.08M.08"
    assert [(p.keyframe, p.data) for p in encoder.sink.packets] == [
        (True, b"\x32\x01\x10"),
        (False, b"\x32\x01\x10"),
    ]


def test_enhanced_opus(encoder):
    encoder.audio(enhanced_audio(0, b"Opus", OPUS_HEAD))
    encoder.audio(enhanced_audio(1, b"Opus", b"\xfc\xff"), 20)
    config = encoder.sink.audio[0]
    assert (config.fourcc, config.sample_rate, config.channels, config.samples_per_frame) == (
        "Opus",
        48000,
        2,
        0,
    )
    assert encoder.sink.packets == [Packet("audio", 20_000, 0, True, b"\xfc\xff", 0.0)]


@pytest.mark.parametrize("padding", [b"", bytes(300)])
def test_mod_ex_nanoseconds_refine_the_timestamp(encoder, padding):
    data = (500_000).to_bytes(3, "big") + padding
    size = bytes([len(data) - 1]) if len(data) <= 255 else b"\xff" + (len(data) - 1).to_bytes(2, "big")
    encoder.video(enhanced(0, b"avc1", AVCC))
    encoder.video(b"\x97" + size + data + b"\x03" + b"avc1" + sized(IDR), 40)
    assert [(p.dts_us, p.data) for p in encoder.sink.packets] == [(40_500, sized(IDR))]
    encoder.audio(enhanced_audio(0, b"mp4a", ASC))
    encoder.audio(b"\x97" + size + data + b"\x01" + b"mp4a" + b"\x21", 41)
    assert encoder.sink.packets[-1].dts_us == 41_500


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"\x12\x00\x00", "Sorenson H.263"),
        (b"\x14\x00\x00", "VP6"),
        (b"\x1e\x00\x00", "codec id 14"),
        (enhanced(0, b"vp09"), "VP9"),
        (enhanced(0, b"abcd"), "'abcd'"),
        (b"\x96\x00avc1\x00", "Multitrack video"),
    ],
)
def test_other_video_is_refused_by_name_with_the_fix(encoder, message, words):
    encoder.video(message)
    code, level, sentence, hint = encoder.sink.notes[-1]
    assert (code, level) == ("unsupported-codec", "error")
    assert words in sentence
    assert "encoder" in hint
    assert encoder.sink.closed == ["refused"]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"\x2f\xff", "MP3"),
        (b"\xb2\x00", "Speex"),
        (b"\x72\x00", "G.711 A-law"),
        (b"\x82\x00", "G.711 mu-law"),
        (b"\xc2\x00", "sound format 12"),
        (enhanced_audio(0, b"fLaC"), "FLAC"),
        (enhanced_audio(0, b"ac-3"), "AC-3"),
        (enhanced_audio(5, b"\x01mp4a"), "Multitrack audio"),
    ],
)
def test_other_audio_is_refused_by_name_with_the_fix(encoder, message, words):
    encoder.audio(message)
    assert words in encoder.sink.notes[-1][2]
    assert encoder.sink.closed == ["refused"]


@pytest.mark.parametrize(
    "message", [b"\x17", b"\x17\x01\x00", b"\x90", b"\x91hv", b"\x91hvc1\x00", b"\x97\x05\x00", b"\x97\xff"]
)
def test_cut_off_video_is_dropped_with_a_note(encoder, message):
    encoder.video(avc_config())
    encoder.video(message)
    encoder.video(avc_frame(), 33)
    assert encoder.sink.note_codes == ["malformed-frame"]
    assert len(encoder.sink.packets) == 1


def test_empty_and_command_messages_are_passed_over(encoder):
    encoder.video(avc_config())
    encoder.audio(aac_config())
    for message in (b"", b"\x57\x00", b"\xd0\x00", b"\x17\x02\x00\x00\x00", b"\x17\x01\x00\x00\x00"):
        encoder.video(message)
    encoder.audio(b"")
    encoder.audio(aac_frame(b""))
    assert encoder.sink.packets == []
    assert encoder.sink.notes == []


@pytest.mark.parametrize(
    "message",
    [
        avc_config(b"\x02junk"),
        avc_config(AVCC[:12]),
        enhanced(0, b"hvc1", b"\x01"),
        enhanced(0, b"av01", b"\x81\x00"),
    ],
)
def test_malformed_configuration_is_refused(encoder, message):
    encoder.video(message)
    assert encoder.sink.note_codes == ["codec-configuration"]
    assert encoder.sink.closed == ["refused"]


def test_audio_only_and_video_only_need_nothing_else():
    audio, video = Encoder().publish(), Encoder().publish()
    audio.audio(aac_config())
    audio.audio(aac_frame())
    video.video(avc_config())
    video.video(avc_frame())
    assert (len(audio.sink.packets), len(video.sink.packets)) == (1, 1)


heads = st.sampled_from(
    [b"\x17\x01", b"\x27\x01", b"\x37\x01", b"\xaf\x01", b"\xa3\x01", b"\x17\x02", b"\xaf\x00", b""]
)
payloads = st.one_of(
    st.builds(bytes.__add__, heads, st.binary(max_size=12)),
    st.sampled_from(
        [
            avc_config(),
            avc_config(AVCC_720),
            avc_config(AVCC[:4] + b"\xfc" + AVCC[5:]),  # one-byte lengths
            avc_config(b"\x01\x42\xc0\x28\xff\xe0\x00"),  # without parameter sets
            aac_config(),
            enhanced(0, b"av01", AV1C),
            enhanced(1, b"avc1", b"\x00\x00\x21" + sized(IDR)),
            enhanced_audio(0, b"Opus", OPUS_HEAD),
        ]
    ),
)


def outcome(take: Callable[[int, bytes, float], None], timestamp: int, payload: bytes) -> str:
    try:
        take(timestamp, payload, 1.5)
    except TidegateError as error:
        return str(error)
    return ""


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2**32 - 1), payloads), max_size=12))
def test_the_common_frame_comes_out_as_from_the_full_reading(
    received: list[tuple[bool, int, bytes]],
) -> None:
    short_sink, long_sink = RecordingSink(), RecordingSink()
    short, long = Demuxer(short_sink), Demuxer(long_sink)
    for is_video, timestamp, payload in received:
        said = outcome(short.video if is_video else short.audio, timestamp, payload)
        assert said == outcome(long.any_video if is_video else long.any_audio, timestamp, payload)
    assert short_sink == long_sink
    assert (short.packets, short.dropped) == (long.packets, long.dropped)
