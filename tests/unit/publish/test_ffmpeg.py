"""Publish addresses, what ffmpeg says of files and of progress."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.publish.ffmpeg import Streams, ffmpeg_path, file_arguments, parse_streams, progressed
from tidegate.media.publish.target import Target, parse_target
from tidegate.media.publish.types import NoFfmpegError, PublishError, PublishStatus

SAID = """ffmpeg version n9.0.2-17-g2a571b6068 Copyright (c) 2000-2026 the FFmpeg developers
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:a.mp4':
  Duration: 01:02:03.50, start: 0.000000, bitrate: 2700 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), 1920x1080, 30 fps
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, stereo, fltp, 128 kb/s (default)
  Stream #0:2: Audio: mp3, 44100 Hz, stereo, fltp
"""


def test_h264_with_aac_is_sent_as_it_is() -> None:
    streams = parse_streams(SAID)
    assert streams == Streams("h264", "aac", "yuv420p", 3723.5, 9)
    line = file_arguments(Path("a.mp4"), streams, Target("rtmp://h/live", "k"), loop=True, start_s=0.0)
    assert "copy" in line
    assert line.index("-stream_loop") < line.index("-i")


@pytest.mark.parametrize(
    "said",
    [
        SAID.replace("h264 (High)", "hevc (Main)"),
        SAID.replace("Audio: aac", "Audio: opus"),
        SAID.replace("yuv420p(tv", "yuv422p10le(tv"),
        SAID.replace("yuv420p(tv", "yuv444p(tv"),
    ],
)
def test_anything_else_is_encoded(said: str) -> None:
    streams = parse_streams(said)
    assert not streams.publishable
    line = file_arguments(Path("a.mp4"), streams, Target("rtmp://h/live", "k"), loop=False, start_s=7.5)
    assert "libx264" in line
    assert "aac" in line
    assert line[line.index("-ss") + 1] == "7.500"


def test_only_an_ffmpeg_that_knows_it_is_asked_for_an_even_start() -> None:
    for version, even in (("n9.0.2", True), ("5.1.9-0+deb12u1", False), ("N-109-g12ab", False)):
        streams = parse_streams(SAID.replace("n9.0.2-17-g2a571b6068", version))
        line = file_arguments(Path("a.mp4"), streams, Target("rtmp://h/live", "k"), loop=True, start_s=0.0)
        assert ("-readrate_initial_burst" in line) is even


def test_either_stream_alone_will_do() -> None:
    assert Streams(video="h264", pixel_format="yuv420p").publishable
    assert Streams(audio="aac").publishable


@given(st.text(max_size=300))
def test_any_text_of_ffmpeg_is_read(text: str) -> None:
    assert parse_streams(text).duration_s >= 0
    for line in text.splitlines():
        assert isinstance(progressed(PublishStatus(), line), PublishStatus)


def test_progress_lines_add_up() -> None:
    status = PublishStatus()
    for line in "frame=123\nfps=29.97\nbitrate=2512.3kbits/s\nout_time_us=4100000\nspeed=1.01x\nprogress=continue".splitlines():
        status = progressed(status, line)
    assert status == PublishStatus("publishing", 0, 123, 29.97, 2_512_300.0, 4.1, 1.01)
    assert progressed(status, "bitrate=N/A").bitrate_bps == 0.0


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("rtmp://127.0.0.1:1935/live/abc", Target("rtmp://127.0.0.1:1935/live", "abc")),
        ("rtmps://h/live/ch/abc", Target("rtmps://h/live", "ch/abc")),
        ("rtmp://h/live/ch?key=abc", Target("rtmp://h/live", "ch?key=abc")),
    ],
)
def test_addresses_are_taken_apart(url: str, target: Target) -> None:
    assert parse_target(url) == target


@pytest.mark.parametrize(
    "url",
    ["", "http://h/live/abcsecret", "rtmp://h/live", "rtmp:///live/abcsecret", "rtmp://h:x/live/abcsecret"],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(PublishError) as refusal:
        parse_target(url)
    assert "abcsecret" not in str(refusal.value)
    assert "rtmp://" in refusal.value.hint


def test_a_missing_ffmpeg_is_named() -> None:
    with pytest.raises(NoFfmpegError, match="no-such-ffmpeg"):
        ffmpeg_path("no-such-ffmpeg")
    assert Path(ffmpeg_path()).is_file()
