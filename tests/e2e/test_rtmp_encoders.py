"""Real encoders: Debian's ffmpeg for H.264 and AAC, a newer one for Enhanced RTMP, and what their logs show."""

import asyncio
import itertools
import socket
import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from e2e.rtmp_rig import KEY, running_rig
from tidegate.media.codecs.nal import split_sized
from tidegate.media.gateway.rtmp.config import RtmpConfig

FFMPEG = "ffmpeg"
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30")


def new_ffmpeg() -> str:
    return imageio_ffmpeg.get_ffmpeg_exe()


async def run(program: str, *arguments: str) -> tuple[int, str]:
    """Run an encoder to its end; its exit code and log."""
    process = await asyncio.create_subprocess_exec(
        program,
        *("-hide_banner", "-v", "error", "-nostdin", *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        _, log = await process.communicate()
    return process.returncode or 0, log.decode("utf-8", "replace")


def frames(sink, kind):
    return [packet for packet in sink.packets if packet.kind == kind]


async def test_h264_and_aac_with_b_frames_arrive_frame_for_frame():
    async with running_rig() as rig:
        code, log = await run(
            FFMPEG, *PICTURE, *TONE, "-t", "3", *H264, "-preset", "veryfast", "-bf", "2", "-c:a", "aac",
            "-f", "flv", rig.url(),
        )  # fmt: skip
        assert (code, log) == (0, "")
        sink = rig.sinks[0]
        await rig.until(lambda: sink.closed)
        assert sink.closed == ["unpublished"]
        assert sink.notes == []
        assert sink.expected == [{"video": True, "audio": True}]
        config = sink.video[0]
        assert (config.codec, config.width, config.height, config.fps) == ("avc1.64000d", 320, 180, 30.0)
        assert (sink.audio[0].codec, sink.audio[0].sample_rate, sink.audio[0].channels) == (
            "mp4a.40.2",
            48000,
            1,
        )
        video = frames(sink, "video")
        assert len(video) == 90
        assert [index for index, packet in enumerate(video) if packet.keyframe] == [0, 30, 60]
        assert any(packet.cts_us > 33_000 for packet in video)
        presented = sorted(packet.dts_us + packet.cts_us for packet in video)
        assert all(32_000 <= after - before <= 34_000 for before, after in itertools.pairwise(presented))
        assert all(split_sized(packet.data, 4) for packet in video)
        assert len(frames(sink, "audio")) == pytest.approx(3 * 48000 / 1024, abs=2)
        assert rig.publishers[0].encoder.startswith("FMLE/3.0 (compatible; Lavf")


@pytest.mark.parametrize(
    ("source", "expected", "kinds"),
    [
        ((*PICTURE, *H264), {"video": True, "audio": False}, {"video"}),
        ((*TONE, "-c:a", "aac"), {"video": False, "audio": True}, {"audio"}),
    ],
)
async def test_video_only_and_audio_only(source, expected, kinds):
    async with running_rig() as rig:
        code, _ = await run(FFMPEG, *source, "-t", "1", "-f", "flv", rig.url())
        assert code == 0
        await rig.until(lambda: rig.sinks[0].closed)
        assert rig.sinks[0].expected == [expected]
        assert {packet.kind for packet in rig.sinks[0].packets} == kinds


@pytest.mark.parametrize(
    ("video", "fourcc", "codec"),
    [
        (
            (
                "-c:v",
                "libx265",
                "-preset",
                "ultrafast",
                "-x265-params",
                "log-level=none:scenecut=0:open-gop=0",
            ),
            "hvc1",
            "hvc1.1.6.L60.90",
        ),
        (("-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime"), "av01", "av01.0.00M.08"),
    ],
)
async def test_enhanced_rtmp_video_with_opus(video, fourcc, codec):
    async with running_rig() as rig:
        code, log = await run(
            new_ffmpeg(), *PICTURE, *TONE, "-t", "1", *video, "-pix_fmt", "yuv420p", "-g", "15",
            "-c:a", "libopus", "-f", "flv", rig.url(),
        )  # fmt: skip
        assert code == 0, log
        sink = rig.sinks[0]
        await rig.until(lambda: sink.closed)
        assert (sink.video[0].fourcc, sink.video[0].codec) == (fourcc, codec)
        assert (sink.video[0].width, sink.video[0].height) == (320, 180)
        assert (sink.audio[0].fourcc, sink.audio[0].sample_rate) == ("Opus", 48000)
        video_frames = frames(sink, "video")
        assert len(video_frames) == 30
        assert [index for index, packet in enumerate(video_frames) if packet.keyframe] == [0, 15]
        assert len(frames(sink, "audio")) >= 48
        if fourcc == "hvc1":
            assert all(split_sized(packet.data, 4) for packet in video_frames)
        else:
            assert not any(packet.data.startswith(b"\x12\x00") for packet in video_frames)


@pytest.mark.parametrize(
    ("path", "channel"),
    [(f"live/{KEY}", "by-key"), (f"live/demo?key={KEY}", "demo"), (f"live/demo/{KEY}", "demo")],
)
async def test_each_way_to_write_the_address(path, channel):
    async with running_rig() as rig:
        code, _ = await run(FFMPEG, *TONE, "-t", "0.2", "-c:a", "aac", "-f", "flv", rig.url(path))
        assert code == 0
        assert [publisher.channel for publisher in rig.publishers] == [channel]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("live/demo?key=wrong", "The stream key is wrong. Copy it from the studio page."),
        (f"vod/{KEY}", "There is no application 'vod' here."),
    ],
)
async def test_refusal_is_shown_in_the_encoders_log(path, words):
    async with running_rig() as rig:
        code, log = await run(FFMPEG, *TONE, "-t", "5", "-c:a", "aac", "-f", "flv", rig.url(path))
        assert code != 0
        assert words in log


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        (("-c:a", "libmp3lame"), "MP3 audio is not supported. Choose AAC in the encoder"),
        (("-c:a", "pcm_alaw", "-ar", "8000"), "G.711 A-law audio is not supported."),
    ],
)
async def test_unsupported_codec_of_a_running_publisher_is_shown_in_its_log(codec, words):
    async with running_rig() as rig:
        code, log = await run(FFMPEG, "-re", *TONE, "-t", "20", *codec, "-f", "flv", rig.url())
        assert code != 0
        assert words in log
        assert rig.sinks[0].closed == ["refused"]
        assert rig.sinks[0].note_codes == ["unsupported-codec"]


async def test_takeover_is_shown_in_the_older_encoders_log():
    async with running_rig() as rig:
        older = asyncio.create_task(
            run(FFMPEG, "-re", *TONE, "-t", "30", "-c:a", "aac", "-f", "flv", rig.url())
        )
        await rig.until(lambda: rig.sinks and rig.sinks[0].packets)
        rig.hang_ups[0]("taken-over")
        code, log = await older
        assert code != 0
        assert "A newer publisher with this channel's key took over." in log


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A self-made certificate and its key."""
    pem, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-keyout", key, "-out", pem],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(pem), str(key)


async def test_rtmps(certificate):
    pem, key = certificate
    async with running_rig(RtmpConfig(port=0, tls_port=0, tls_certificate=pem, tls_key=key)) as rig:
        code, log = await run(
            FFMPEG, *PICTURE, *TONE, "-t", "2", *H264, "-c:a", "aac", "-f", "flv", rig.url(scheme="rtmps")
        )
        assert code == 0, log
        await rig.until(lambda: rig.sinks[0].closed)
        assert rig.publishers[0].protocol == "rtmps"
        assert len(frames(rig.sinks[0], "video")) == 60
        assert rig.sinks[0].closed == ["unpublished"]


async def test_peers_that_reset_at_once_disturb_nobody(certificate):
    pem, key = certificate
    async with running_rig(RtmpConfig(port=0, tls_port=0, tls_certificate=pem, tls_key=key)) as rig:
        for port in (rig.server.port, rig.server.tls_port) * 20:
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await rig.until(lambda: rig.server.counters.connections == 40 and not rig.server.connections)
        code, log = await run(FFMPEG, *TONE, "-t", "0.2", "-c:a", "aac", "-f", "flv", rig.url(scheme="rtmps"))
        assert code == 0, log


async def test_plain_rtmp_on_the_rtmps_port_and_the_other_way_round(certificate):
    pem, key = certificate
    async with running_rig(RtmpConfig(port=0, tls_port=0, tls_certificate=pem, tls_key=key)) as rig:
        tone = (*TONE, "-t", "1", "-c:a", "aac", "-f", "flv")
        code, _ = await run(FFMPEG, *tone, f"rtmp://127.0.0.1:{rig.server.tls_port}/live/{KEY}")
        assert code != 0
        code, _ = await run(FFMPEG, *tone, f"rtmps://127.0.0.1:{rig.server.port}/live/{KEY}")
        assert code != 0
        await rig.until(lambda: not rig.server.connections)
        assert rig.server.counters.refusals == {"rtmp-malformed": 1}
