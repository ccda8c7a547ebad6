"""Real encoders over SRT: what they send arrives, over a bad network too; what is refused, they are told."""

import asyncio
import itertools
import os
import random
import signal
import socket
import subprocess
import time

import imageio_ffmpeg
import psutil
import pytest

from e2e.lossy_relay import lossy_relay
from e2e.srt_rig import Rig, running_rig
from tidegate.core.errors import ConflictError
from tidegate.media.gateway.srt.config import SrtLimits
from unit.gateway.srt_peer import conclusion, induction

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
PICTURE = ("-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30")
TONE = ("-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30")
HEVC = (
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-pix_fmt",
    "yuv420p",
    "-x265-params",
    "log-level=none:keyint=30",
)
AAC = ("-c:a", "aac")
PATIENT_US = 800_000
"""SRT's latency where each frame counts: what a busy machine sends later than that is dropped."""

PASSPHRASE = "correct horse battery"


async def start(*arguments: str, program: str = FFMPEG) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        program, "-hide_banner", "-v", "error", "-nostdin", *arguments,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    async with asyncio.timeout(60):
        _, log = await process.communicate()
    return process.returncode or 0, log.decode("utf-8", "replace")


def push(url: str, *, seconds: float = 60.0) -> tuple[str, ...]:
    return (*PICTURE, *TONE, "-t", str(seconds), *H264, "-tune", "zerolatency", *AAC, "-f", "mpegts", url)


def frames(sink, kind):
    return [packet for packet in sink.packets if packet.kind == kind]


async def publishing(rig: Rig, count: int = 1) -> None:
    await rig.until(lambda: len(rig.sinks) == count and len(frames(rig.sinks[-1], "video")) > 5)


@pytest.mark.parametrize("program", [FFMPEG, "ffmpeg"])
async def test_h264_and_aac_with_b_frames_arrive_frame_for_frame(program):
    async with running_rig() as rig:
        encoder = await start(
            *PICTURE, *TONE, "-t", "4", *H264, "-bf", "2", *AAC, "-f", "mpegts",
            rig.url("publish:show:right-key", latency=PATIENT_US), program=program,
        )  # fmt: skip
        assert await ended(encoder) == (0, "")
        await rig.until(lambda: rig.sinks and rig.sinks[0].closed)
        sink = rig.sinks[0]
        assert (sink.closed, sink.notes) == (["unpublished"], [])
        assert sink.expected == [{"video": True, "audio": True}]
        assert (sink.video[0].width, sink.video[0].height, sink.video[0].fourcc) == (320, 180, "avc1")
        assert (sink.audio[0].codec, sink.audio[0].sample_rate) == ("mp4a.40.2", 48000)
        video = frames(sink, "video")
        assert 60 <= len(video) <= 120  # libsrt drops what it has not sent yet when the encoder ends
        assert [index for index, packet in enumerate(video[:60]) if packet.keyframe] == [0, 30]
        presented = sorted(packet.dts_us + packet.cts_us for packet in video)[
            :-3
        ]  # of the last B-frames some are cut off
        assert all(32_000 <= after - before <= 35_000 for before, after in itertools.pairwise(presented))
        assert len(frames(sink, "audio")) == pytest.approx(4 * 48000 / 1024, abs=80)
        publisher = rig.publishers[0]
        assert (publisher.channel, publisher.protocol, publisher.remote) == ("show", "srt", "127.0.0.1")
        assert publisher.encoder.startswith("SRT 1.")


@pytest.mark.parametrize(
    ("source", "video", "audio"),
    [
        ((*PICTURE, *HEVC), ["hvc1"], []),
        ((*TONE, *AAC), [], ["mp4a"]),
        ((*TONE, "-c:a", "libopus"), [], ["Opus"]),
    ],
    ids=["hevc", "audio-only", "opus"],
)
async def test_other_codecs_and_single_tracks(source, video, audio):
    async with running_rig() as rig:
        encoder = await start(*source, "-t", "3", "-f", "mpegts", rig.url("#!::r=show,m=publish,s=right-key"))
        assert (await ended(encoder))[0] == 0
        await rig.until(lambda: rig.sinks and rig.sinks[0].closed)
        sink = rig.sinks[0]
        assert [config.fourcc for config in sink.video] == video
        assert [config.fourcc for config in sink.audio] == audio
        assert len(sink.packets) > 50
        assert rig.publishers[0].channel == "show"


async def test_a_codec_no_browser_plays_is_refused_with_a_sentence():
    async with running_rig() as rig:
        encoder = await start(*TONE, "-t", "20", "-c:a", "mp2", "-f", "mpegts", rig.url())
        code, _ = await ended(encoder)
        assert code != 0
        await rig.until(lambda: rig.sinks and rig.sinks[0].closed)
        assert rig.sinks[0].closed == ["refused"]
        assert any("mp2" in message.lower() for _, _, message, _ in rig.sinks[0].notes), rig.sinks[0].notes


async def test_what_a_bad_network_loses_is_sent_again():
    async with running_rig() as rig, lossy_relay(rig.server.port, seed=7) as relay:
        encoder = await start(*push(rig.url(port=relay.port, latency=PATIENT_US), seconds=4))
        await publishing(rig)
        relay.share = 0.05
        await ended(encoder)
        await rig.until(lambda: rig.sinks[0].closed)
        assert relay.lost > 20
        times = [packet.dts_us for packet in frames(rig.sinks[0], "video")]
        assert all(after - before <= 35_000 for before, after in itertools.pairwise(times))
        assert len(times) >= 90


@pytest.mark.parametrize(
    ("stream_id", "says", "code"),
    [
        ("wrong-key", "1401|PREDEFINED:401", "unauthorized"),
        ("#!::r=show,m=request,s=right-key", "1405|PREDEFINED:405", "srt-refused"),
    ],
)
async def test_a_refused_encoder_is_told_why(stream_id, says, code):
    async with running_rig() as rig:
        began = time.monotonic()
        status, log = await ended(await start(*push(rig.url(stream_id))))
        assert status != 0
        assert time.monotonic() - began < 10
        assert any(each in log for each in says.split("|")), log
        assert [note.code for _, note in rig.refusals] == [code]
        assert rig.server.counters.refusals == {code: 1}
        assert rig.sinks == []
        assert rig.server.sessions == []


async def test_what_the_origin_refuses_the_encoder_is_told_too():
    async with running_rig() as rig:
        rig.refuse_with = ConflictError("Another encoder took this stream over.")
        status, log = await ended(await start(*push(rig.url())))
        assert status != 0
        assert "1409" in log or "PREDEFINED:409" in log, log
        assert [note.code for _, note in rig.refusals] == ["conflict"]
        await rig.until(lambda: not rig.server.sessions)


async def test_only_the_right_passphrase_is_let_in():
    async with running_rig(PASSPHRASE) as rig:
        for options, says in (
            ({}, "UNSECURE|Password required"),
            ({"passphrase": "wrong horse battery"}, "BADSECRET|Incorrect passphrase|Password"),
        ):
            status, log = await ended(await start(*push(rig.url(**options))))
            assert status != 0
            assert any(each in log for each in says.split("|")), log
        assert [note.code for _, note in rig.refusals] == ["srt-passphrase"] * 2
        assert "not right" in rig.refusals[1][1].message
        assert rig.sinks == []
        encoder = await start(*push(rig.url(passphrase=PASSPHRASE)))
        await publishing(rig)
        encoder.kill()
        await ended(encoder)


async def test_a_passphrase_where_none_is_expected_is_refused():
    async with running_rig() as rig:
        status, _ = await ended(await start(*push(rig.url(passphrase=PASSPHRASE))))
        assert status != 0
        assert [note.code for _, note in rig.refusals] == ["srt-passphrase"]


async def test_a_newer_publisher_takes_over_and_the_older_hears_of_it():
    async with running_rig() as rig:
        first = await start(*push(rig.url()))
        await publishing(rig)
        second = await start(*push(rig.url()))
        await publishing(rig, 2)
        code, _ = await ended(first)
        assert code != 0
        assert rig.sinks[0].closed == ["taken-over"]
        assert rig.sinks[1].closed == []
        second.kill()
        await ended(second)


async def test_a_wrong_passphrase_disturbs_nobody():
    async with running_rig(PASSPHRASE) as rig:
        first = await start(*push(rig.url(passphrase=PASSPHRASE)))
        await publishing(rig)
        await ended(await start(*push(rig.url(passphrase="wrong horse battery"))))
        assert len(rig.sinks) == 1
        assert rig.sinks[0].closed == []
        first.kill()
        await ended(first)


async def test_a_killed_publisher_is_missed_and_may_come_back():
    async with running_rig() as rig:
        encoder = await start(*push(rig.url()))
        await publishing(rig)
        encoder.kill()
        await ended(encoder)
        await rig.until(lambda: rig.sinks[0].closed)
        assert rig.sinks[0].closed == ["disconnected"]
        again = await start(*push(rig.url()))
        await publishing(rig, 2)
        again.terminate()
        await ended(again)
        await rig.until(lambda: rig.sinks[1].closed)
        assert rig.sinks[1].closed == ["unpublished"]


async def test_a_killed_receiver_hangs_up_and_leaves_nothing():
    async with running_rig() as rig:
        encoder = await start(*push(rig.url()))
        await publishing(rig)
        files = psutil.Process().num_fds()
        pid = rig.server.sessions[0].pid
        os.kill(pid, signal.SIGKILL)
        code, _ = await ended(encoder)  # told by the front: it need not wait for its own timeout
        assert code != 0
        await rig.until(lambda: rig.sinks[0].closed and not psutil.pid_exists(pid))
        assert rig.sinks[0].closed == ["disconnected"]
        assert rig.server.sessions == []
        await rig.until(lambda: psutil.Process().num_fds() < files)


async def test_stopping_says_goodbye_and_ends_every_process():
    async with running_rig() as rig:
        encoders = [await start(*push(rig.url(f"show-{index}/right-key"))) for index in range(2)]
        await rig.until(lambda: len(rig.sinks) == 2 and all(sink.packets for sink in rig.sinks))
        pids = [session.pid for session in rig.server.sessions]
    assert [sink.closed for sink in rig.sinks] == [["shutdown"], ["shutdown"]]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    for encoder in encoders:
        assert (await ended(encoder))[0] != 0


async def test_no_more_publishers_than_the_limit():
    async with running_rig(limits=SrtLimits(publishers=1)) as rig:
        first = await start(*push(rig.url()))
        await publishing(rig)
        code, log = await ended(await start(*push(rig.url())))
        assert code != 0
        assert "402" in log
        assert rig.server.counters.turned_away == 1
        first.kill()
        await ended(first)


async def test_a_flood_of_handshakes_and_noise_keeps_nobody_out():
    """Handshakes from a thousand addresses, cookies that are not right, noise: nothing is kept, a stream goes on."""
    rng = random.Random(3)
    async with running_rig() as rig:
        encoder = await start(*push(rig.url()))
        await publishing(rig)
        before = len(frames(rig.sinks[0], "video"))
        noise = [rng.randbytes(rng.randrange(1, 1400)) for _ in range(50)]
        for _ in range(100):
            for _ in range(10):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
                    flood.connect(("127.0.0.1", rig.server.port))
                    for datagram in (
                        induction(),
                        conclusion("right-key", cookie=rng.getrandbits(32)),
                        *noise[:8],
                    ):
                        flood.send(datagram)
            await asyncio.sleep(0)
        assert len(rig.server.sessions) == 1
        await rig.until(lambda: len(frames(rig.sinks[0], "video")) > before + 30)
        late = await start(*push(rig.url("other/right-key")))
        await rig.until(lambda: len(rig.sinks) == 2)
        for each in (encoder, late):
            each.kill()
            await ended(each)


async def test_a_silent_caller_is_given_up():
    """One that shakes hands with a cookie and a key, and then says nothing."""
    async with running_rig(limits=SrtLimits(start_deadline_s=1.0, media_deadline_s=1.0)) as rig:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.settimeout(0.0)
            caller.connect(("127.0.0.1", rig.server.port))
            caller.send(induction())
            answer = b""

            def heard() -> bool:
                nonlocal answer
                try:
                    answer = caller.recv(2048)
                except BlockingIOError:
                    return False
                return True

            await rig.until(heard)
            caller.send(conclusion("right-key", cookie=int.from_bytes(answer[44:48], "big")))
            await rig.until(lambda: rig.server.sessions)
            await rig.until(lambda: rig.server.sessions and rig.server.sessions[0].pid)
            pid = rig.server.sessions[0].pid
            await rig.until(lambda: not rig.server.sessions and not psutil.pid_exists(pid))
