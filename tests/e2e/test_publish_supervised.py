"""Publishing with real ffmpeg into the real RTMP gateway: what arrives, and what happens when a process dies."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import psutil
import pytest

from rtmp_collector import RtmpCollector, Session
from tidegate.core.clock import SystemClock
from tidegate.media.publish.ffmpeg import ffmpeg_path
from tidegate.media.publish.service import publish_file
from tidegate.media.publish.supervisor import Supervisor
from tidegate.media.publish.types import PublishError, PublishStatus
from tidegate.media.testcard import strip
from tidegate.media.testcard.service import card_supervisor
from tidegate.media.testcard.types import CardOptions

SMALL = CardOptions(640, 360, 30, 500)


@asynccontextmanager
async def publishing(supervisor: Supervisor) -> AsyncIterator[Supervisor]:
    running = asyncio.create_task(supervisor.run())
    try:
        yield supervisor
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def decoded(session: Session) -> list[strip.Stamp | None]:
    """The stamps of all frames of a session, decoded as a player would."""
    assert session.video is not None
    context = av.CodecContext.create("h264", "r")
    context.extradata = session.video.record
    stamps = []
    for packet in [*(av.Packet(frame.data) for frame in session.frames("video")), None]:
        stamps += [
            strip.decode(frame.reformat(format="gray").to_ndarray()) for frame in context.decode(packet)
        ]
    return stamps


@pytest.fixture
def video_clip(tmp_path: Path) -> Path:
    """Four seconds of H.264 with AAC."""
    path = tmp_path / "clip.mp4"
    os.spawnv(
        os.P_WAIT,
        ffmpeg_path(),
        [
            "ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-f", "lavfi",
            "-i", "sine", "-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-c:a", "aac", str(path),
        ],
    )  # fmt: skip
    return path


async def test_the_card_arrives_frame_by_frame_with_its_clock() -> None:
    async with RtmpCollector() as server:
        async with publishing(card_supervisor(server.url, "demo", SystemClock(), options=SMALL)):
            await server.until(lambda: server.sessions and len(server.sessions[0].frames("video")) >= 75)
        session = server.sessions[0]
        await server.until(lambda: session.closed)
    assert session.closed == "unpublished"
    assert session.video is not None
    assert (session.video.width, session.video.height) == (640, 360)
    assert session.audio is not None
    assert session.audio.sample_rate == 48_000
    stamps = decoded(session)
    assert len(stamps) >= 75
    first = stamps[0]
    assert first is not None
    assert [stamp.frame - first.frame for stamp in stamps if stamp] == list(range(len(stamps)))
    drawn = [stamp.wall_ms for stamp in stamps if stamp]
    assert drawn == sorted(drawn)
    assert (drawn[-1] - drawn[0]) / 1000 == pytest.approx((len(drawn) - 1) / 30, abs=0.2)


@pytest.mark.parametrize("victim", ["drawing", "ffmpeg"])
async def test_a_killed_process_is_started_anew(victim: str) -> None:
    seen: list[PublishStatus] = []
    async with RtmpCollector() as server:
        supervisor = card_supervisor(
            server.url, "demo", SystemClock(), options=SMALL, on_progress=seen.append
        )
        async with publishing(supervisor):
            await server.until(lambda: server.sessions and server.sessions[0].packets)
            assert supervisor.pid is not None
            drawing = psutil.Process(supervisor.pid)
            encoder = drawing.children()[0]
            (drawing if victim == "drawing" else encoder).kill()
            await server.until(lambda: len(server.sessions) > 1 and len(server.sessions[1].packets) > 10)
            await server.until(lambda: not encoder.is_running())
    assert supervisor.status.restarts == 1
    assert any(status.state == "waiting" and status.last_error for status in seen)


async def test_a_hung_encoder_does_not_outlive_its_supervisor() -> None:
    async with RtmpCollector() as server:
        supervisor = card_supervisor(server.url, "demo", SystemClock(), options=SMALL)
        async with publishing(supervisor):
            await server.until(lambda: server.sessions and server.sessions[0].packets)
            assert supervisor.pid is not None
            drawing = psutil.Process(supervisor.pid)
            encoder = drawing.children()[0]
            encoder.send_signal(signal.SIGSTOP)
        await server.until(lambda: not drawing.is_running())
        await server.until(lambda: not encoder.is_running() or encoder.status() == psutil.STATUS_ZOMBIE)


async def test_a_lost_server_is_published_to_again() -> None:
    async with RtmpCollector() as server:
        supervisor = card_supervisor(server.url, "demo", SystemClock(), options=SMALL)
        async with publishing(supervisor):
            await server.until(lambda: server.sessions and server.sessions[0].packets)
            server.sessions[0].hang_up("kicked")
            await server.until(lambda: len(server.sessions) > 1 and server.sessions[1].packets)
        assert supervisor.status.restarts == 1


async def test_a_file_arrives_whole_and_then_publishing_ends(video_clip: Path) -> None:
    seen: list[PublishStatus] = []
    async with RtmpCollector() as server:
        await publish_file(video_clip, server.url, SystemClock(), on_progress=seen.append)
        session = server.sessions[0]
        await server.until(lambda: session.closed)
    assert len(session.frames("video")) == 120
    assert session.closed == "unpublished"
    assert seen[-1].state == "ended"
    assert seen[-1].position_s == pytest.approx(4.0, abs=0.3)


async def test_a_loop_goes_on(video_clip: Path) -> None:
    async with RtmpCollector() as server:
        running = asyncio.create_task(publish_file(video_clip, server.url, SystemClock(), loop=True))
        await server.until(lambda: server.sessions and len(server.sessions[0].frames("video")) > 150)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    times = [frame.dts_us for frame in server.sessions[0].frames("video")]
    assert times == sorted(times)


async def test_a_wrong_key_ends_with_the_servers_reason_and_without_the_key(video_clip: Path) -> None:
    async with RtmpCollector() as server:
        with pytest.raises(PublishError, match="stream key is not known") as refusal:
            await publish_file(video_clip, server.url.replace(server.key, "wr0ngsecret"), SystemClock())
        assert server.wrong_keys >= 3
    assert "wr0ngsecret" not in str(refusal.value)


async def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not media")
    with pytest.raises(PublishError, match="no video and no audio"):
        await publish_file(text, "rtmp://127.0.0.1/live/key", SystemClock())
    with pytest.raises(PublishError, match="no file"):
        await publish_file(tmp_path / "none.mp4", "rtmp://127.0.0.1/live/key", SystemClock())
