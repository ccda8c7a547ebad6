"""SRT through the whole platform: the lines of its page in the docs, playing, a blip, and the end."""

import contextlib
import re
import signal
import subprocess
from pathlib import Path

import imageio_ffmpeg
import psutil
import pytest

from live import ROOT, LivePlatform, running, video_file, wait_for

PAGE = ROOT / "docs" / "publishing-srt.md"
PASSPHRASE = "correct horse battery staple"


def documented_push(platform: LivePlatform, key: str, extra: str = "") -> subprocess.Popen[bytes]:
    """Run the page's own ffmpeg line, with this platform's address, a key and a file."""
    line = re.search(r"^    (ffmpeg .*-f mpegts .*)$", PAGE.read_text(), re.MULTILINE).group(1)
    line = line.replace("srt://127.0.0.1:8890", platform.srt_url).replace("=KEY", f"={key}{extra}")
    words = line.replace('"', "").replace("FILE", str(video_file())).split()
    words[1:1] = ["-v", "error", "-stream_loop", "-1"]
    return subprocess.Popen([imageio_ffmpeg.get_ffmpeg_exe(), *words[1:]], stdin=subprocess.DEVNULL)


def receiving(platform: LivePlatform) -> list[int]:
    """The processes that receive SRT, among all that the platform runs."""
    assert platform.process
    found = []
    for child in psutil.Process(platform.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "listener" in child.cmdline():
                found.append(child.pid)
    return found


@pytest.fixture
def encrypted(tmp_path: Path):
    with running(tmp_path / "data", srt_passphrase=PASSPHRASE) as live:
        yield live


def test_the_documented_line_plays_and_outlives_a_blip(platform: LivePlatform):
    made = platform.create_channel("field")
    assert made["ingest"]["srt"] == platform.srt_url
    push = documented_push(platform, made["ingest"]["key"])
    try:
        stream = platform.wait_for_state("field", "live")
        assert stream["publisher"]["protocol"] == "srt"
        assert {track["codec"][:4] for track in stream["tracks"]} == {"avc1", "mp4a"}
        report = platform.cli_json("watch", "field", "--seconds", "4", "--json")
        assert report["rebuffers"] == 0
    finally:
        push.kill()
        push.wait()
    platform.wait_for_state("field", "interrupted")
    again = documented_push(platform, made["ingest"]["key"])
    try:
        stream = platform.wait_for_state("field", "live")
        assert stream["discontinuities"] >= 1  # a slate may have been shown meanwhile
        again.send_signal(signal.SIGTERM)
        again.wait(20)
        platform.wait_for_state("field", "interrupted", 10)
        receivers = receiving(platform)
        wait_for("no receiver is left", lambda: not any(map(psutil.pid_exists, receivers)))
    finally:
        again.kill()
        again.wait()


def test_a_passphrase_and_a_refusal_that_the_studio_shows(encrypted: LivePlatform):
    made = encrypted.create_channel("field")
    push = documented_push(encrypted, made["ingest"]["key"])
    assert push.wait(30) != 0
    push = documented_push(encrypted, made["ingest"]["key"], f"&passphrase={PASSPHRASE.replace(' ', '%20')}")
    try:
        encrypted.wait_for_state("field", "live")
        assert PASSPHRASE not in (encrypted.data / "logs" / "tidegate.log").read_text()
    finally:
        push.kill()
        push.wait()
    wrong = documented_push(
        encrypted, f"field/{made['ingest']['key'][:-4]}0000", f"&passphrase={PASSPHRASE.replace(' ', '%20')}"
    )
    assert wrong.wait(30) != 0
    assert [note["code"] for note in encrypted.stream("field")["refusals"]] == ["wrong-key"]


def test_kill_of_the_platform_leaves_no_receiver(platform: LivePlatform):
    made = platform.create_channel("field")
    push = documented_push(platform, made["ingest"]["key"])
    try:
        platform.wait_for_state("field", "live")
        receivers = receiving(platform)
        assert receivers
        platform.kill()
        wait_for("the receivers end by themselves", lambda: not any(map(psutil.pid_exists, receivers)), 20)
    finally:
        push.kill()
        push.wait()
