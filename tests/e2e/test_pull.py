"""Sources pulled from real servers: RTSP (GStreamer), HLS and files over HTTP, RTMP and SRT; and what they do wrong."""

import contextlib
import functools
import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import psutil
import pytest

from live import LivePlatform, free_port, running, video_file, wait_for

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SERVER = Path(__file__).parent / "rtsp_server.py"
LIVE = ("-v", "error", "-re", "-stream_loop", "-1")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePlatform]:
    folder = tmp_path_factory.mktemp("shows")
    (folder / "show.mp4").symlink_to(video_file(4))
    (folder / "real.mp4").write_bytes(video_file(4).read_bytes())
    (folder.parent / "outside.mp4").write_bytes(b"secret")
    data = tmp_path_factory.mktemp("pull")
    with running(data / "data", pull_private_addresses="true", pull_folder=folder, grace_s=20) as live:
        yield live


@contextlib.contextmanager
def ffmpeg(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([FFMPEG, *LIVE, *arguments], stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def rtsp(audio: str) -> Iterator[str]:
    process = subprocess.Popen(
        ["/usr/bin/python3", SERVER, str(video_file(30)), audio], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield f"rtsp://viewer:secret@127.0.0.1:{process.stdout.readline().strip()}/stream"
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def web(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def source(kind: str, folder: Path) -> Iterator[str]:
    """A live source of this kind; its address."""
    port = free_port()
    file = ("-i", str(video_file(10)), "-c", "copy")
    if kind.startswith("rtsp"):
        with rtsp(kind.partition("-")[2]) as url:
            yield url
    elif kind == "hls":
        with ffmpeg(*file, "-f", "hls", "-hls_time", "1", str(folder / "index.m3u8")), web(folder) as url:
            wait_for("a playlist", (folder / "index.m3u8").exists)
            yield f"{url}/index.m3u8?token=secret"
    elif kind == "rtmp":
        url = f"rtmp://127.0.0.1:{port}/app/name"
        with ffmpeg(*file, "-f", "flv", "-listen", "1", url):
            yield url
    else:
        with ffmpeg(*file, "-f", "mpegts", f"srt://127.0.0.1:{port}?mode=listener"):
            yield f"srt://127.0.0.1:{port}?streamid=secret"


def view(platform: LivePlatform, name: str) -> dict[str, object]:
    return platform.cli_json("channel", "pull", name, "--json")


def retrying(platform: LivePlatform, name: str) -> dict[str, object] | None:
    found = view(platform, name)
    return found if found["state"] == "retrying" else None


@pytest.mark.parametrize("kind", ["rtsp-aac", "rtsp-alaw", "hls", "rtmp", "srt"])
def test_a_live_source_plays(platform: LivePlatform, kind: str, tmp_path: Path) -> None:
    platform.create_channel(kind)
    with source(kind, tmp_path) as url:
        shown = platform.cli_json("channel", "pull", kind, url, "--json")
        assert "secret" not in str(shown)
        stream = platform.wait_for_state(kind, "live")
        assert {track["codec"][:4] for track in stream["tracks"]} == {"avc1", "mp4a"}
        assert stream["publisher"]["protocol"] == f"pull-{url.partition(':')[0]}"
        assert view(platform, kind)["state"] == "live"
        assert platform.cli_json("watch", kind, "--seconds", "3", "--json")["startup_s"] < 5
    gone = wait_for("it is tried again", lambda: retrying(platform, kind), 40)
    assert gone["reason"]
    assert gone["retry_at"]
    assert platform.cli("channel", "pull", kind, "--remove").returncode == 0
    assert view(platform, kind)["url"] == ""
    assert "secret" not in (platform.data / "logs" / "tidegate.log").read_text()


def test_a_file_plays_to_its_end_or_for_ever(platform: LivePlatform) -> None:
    platform.create_channel("file")
    platform.cli_json("channel", "pull", "file", "file:real.mp4", "--json")
    platform.wait_for_state("file", "live")
    wait_for("the end", lambda: view(platform, "file")["state"] == "ended")
    platform.cli_json("channel", "pull", "file", "file:real.mp4", "--loop", "--json")
    platform.wait_for_state("file", "live")
    began = platform.stream("file")["parts"]
    wait_for("a second round", lambda: platform.stream("file")["parts"] > began + 25)
    assert view(platform, "file")["state"] == "live"
    assert platform.cli("channel", "pull", "file", "--remove").returncode == 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:../outside.mp4", "outside pull_folder"),
        ("file:show.mp4", "outside pull_folder"),
        ("gopher://127.0.0.1/x", "cannot be pulled"),
        ("rtsp:///nobody", "names no host"),
        ("srt://127.0.0.1:9?mode=listener", "leave mode out"),
        ("not an address", "blanks"),
    ],
)
def test_an_address_that_cannot_be_pulled_is_refused(platform: LivePlatform, url: str, says: str) -> None:
    platform.cli("channel", "create", "refused")
    done = platform.cli("channel", "pull", "refused", url)
    assert done.returncode != 0
    assert says in " ".join(done.stderr.split())


def test_a_publisher_takes_over_and_the_source_comes_back(platform: LivePlatform, tmp_path: Path) -> None:
    made = platform.create_channel("both")
    platform.cli_json("channel", "pull", "both", "file:real.mp4", "--loop", "--json")
    platform.wait_for_state("both", "live")
    pusher = platform.publish(made["ingest"]["key"])
    wait_for("standing by", lambda: view(platform, "both")["state"] == "standby")
    assert platform.stream("both")["publisher"]["protocol"] == "rtmp"
    pusher.cut()
    wait_for("pulled again", lambda: view(platform, "both")["state"] == "live")
    assert platform.stream("both")["discontinuities"] >= 2
    assert platform.cli("channel", "delete", "both", "--yes").returncode == 0


def pullers(platform: LivePlatform) -> list[psutil.Process]:
    """The processes that pull, among all that the platform runs."""
    assert platform.process
    found = []
    for child in psutil.Process(platform.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "-protocol_whitelist" in child.cmdline():
                found.append(child)
    return found


def test_a_killed_puller_is_started_anew_and_a_restart_goes_on(tmp_path: Path) -> None:
    (tmp_path / "show.mp4").write_bytes(video_file(4).read_bytes())
    with running(tmp_path / "data", pull_folder=tmp_path) as platform:
        platform.create_channel("kept")
        platform.cli_json("channel", "pull", "kept", "file:show.mp4", "--loop", "--json")
        platform.wait_for_state("kept", "live")
        [puller] = pullers(platform)
        puller.kill()
        wait_for("another", lambda: pullers(platform) not in ([], [puller]))
        platform.wait_for_state("kept", "live")
        [puller] = pullers(platform)
        platform.stop()
        assert not puller.is_running()
        platform.start()
        platform.wait_for_state("kept", "live")


def test_private_addresses_are_refused_unless_allowed(tmp_path: Path) -> None:
    with running(tmp_path / "data") as platform:
        platform.create_channel("lan")
        platform.cli_json("channel", "pull", "lan", "http://127.0.0.1:9/x.ts", "--json")
        wait_for("refused", lambda: view(platform, "lan")["state"] == "retrying")
        assert "pull_private_addresses" in str(view(platform, "lan")["reason"])
