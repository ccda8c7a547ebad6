"""Real ffmpeg pushes CMAF to the door in every way it can, and it plays; who may not is told why."""

import itertools
import socket
import subprocess

import pytest

from live import LivePlatform, Pusher, running, video_file, wait_for


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory):
    with running(tmp_path_factory.mktemp("cmaf") / "data") as platform:
        yield platform


_NAMES = (f"cmaf-{number}" for number in itertools.count())


@pytest.fixture
def channel(door: LivePlatform) -> tuple[str, str, str]:
    """Name, key and push address of a fresh channel."""
    name = next(_NAMES)
    return name, door.create_channel(name)["ingest"]["key"], f"{door.url}/ingest/{name}"


def ffmpeg(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["ffmpeg", "-v", "warning", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(video_file()), *arguments],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def with_key(url: str, key: str) -> str:
    return url.replace("http://", f"http://encoder:{key}@")


def bearer(key: str) -> list[str]:
    return ["-headers", f"Authorization: Bearer {key}\r\n"]


CMAF = ["-c", "copy", "-f", "mp4", "-movflags", "cmaf", "-frag_duration", "200000", "-method", "PUT"]


def ways(base: str, key: str) -> dict[str, list[str]]:
    put = ["-c", "copy", "-method", "PUT"]
    return {
        "muxed": [*CMAF, *bearer(key), f"{base}/all.mp4"],
        "separate": [
            "-map", "0:v", *CMAF, *bearer(key), f"{base}/video.cmfv",
            "-map", "0:a", *CMAF, *bearer(key), f"{base}/audio.cmfa",
        ],
        "dash": [*put, "-f", "dash", "-seg_duration", "1", with_key(f"{base}/live.mpd", key)],
        "hls": [*put, "-f", "hls", "-hls_time", "1", "-hls_segment_type", "fmp4", *bearer(key), f"{base}/index.m3u8"],
    }  # fmt: skip


@pytest.mark.parametrize("way", ["muxed", "separate", "dash", "hls"])
def test_ffmpeg_pushes_and_it_plays(door: LivePlatform, channel: tuple[str, str, str], way: str) -> None:
    name, key, base = channel
    pusher = ffmpeg(*ways(base, key)[way])
    try:
        wait_for("live", lambda: door.get(f"/api/v1/streams/{name}", token=True)[0] == 200)
        door.wait_for_state(name, "live")
        wait_for(
            "sound and picture",
            lambda: {t["name"] for t in door.stream(name)["tracks"]} == {"video", "audio"},
        )
        report = door.cli_json("watch", f"{door.url}/live/{name}/index.m3u8", "--seconds", "4", "--json")
        assert report["state"] == "playing"
        assert report["frames"]["breaks"] == 0 if "frames" in report else report["breaks"] == 0
        status = door.stream(name)
        assert status["publisher"]["protocol"] == "cmaf"
        assert 25 < next(t["fps"] for t in status["tracks"] if t["name"] == "video") < 35
        assert pusher.poll() is None
    finally:
        pusher.kill()
        pusher.communicate()


def test_a_goodbye_is_one_and_a_cut_is_a_cut(door: LivePlatform, channel: tuple[str, str, str]) -> None:
    name, key, base = channel
    pusher = ffmpeg(*CMAF, *bearer(key), f"{base}/all.mp4")
    wait_for("live", lambda: door.get(f"/api/v1/streams/{name}", token=True)[0] == 200)
    door.wait_for_state(name, "live")
    pusher.kill()
    pusher.communicate()
    door.wait_for_state(name, "interrupted")
    again = ffmpeg(*CMAF, *bearer(key), f"{base}/all.mp4")
    door.wait_for_state(name, "live")
    assert door.stream(name)["discontinuities"] == 1
    again.terminate()
    again.communicate()
    door.wait_for_state(name, "interrupted")


def test_rtmp_takes_over_and_the_pusher_is_told(door: LivePlatform, channel: tuple[str, str, str]) -> None:
    name, key, base = channel
    first = ffmpeg(*CMAF, *bearer(key), f"{base}/all.mp4")
    wait_for("live", lambda: door.get(f"/api/v1/streams/{name}", token=True)[0] == 200)
    door.wait_for_state(name, "live")
    second = Pusher(f"{door.rtmp_url}/{key}", video_file())
    wait_for("taken over", lambda: door.stream(name)["publisher"]["protocol"] == "rtmp")
    first.communicate(timeout=20)
    assert first.returncode != 0
    assert "taken-over" in [note["code"] for note in door.stream(name)["notes"]]
    second.cut()


def ask(door: LivePlatform, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", door.http_port), timeout=10) as sock:
        sock.sendall(request)
        return b"".join(iter(lambda: sock.recv(65_536), b""))


def put(path: str, *fields: str, body: bytes = b"") -> bytes:
    head = [f"PUT {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def test_refusals(door: LivePlatform, channel: tuple[str, str, str]) -> None:
    name, key, _ = channel
    path = f"/ingest/{name}/video.cmfv"
    answer = ask(door, put(path))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"www-authenticate: Basic" in answer
    assert b"no-key" in answer
    wrong = ask(door, put(path, "Authorization: Bearer nope"))
    assert wrong.startswith(b"HTTP/1.1 401 ")
    assert b"wrong-key" in wrong
    mine = f"Authorization: Bearer {key}"
    junk = ask(door, put(path, mine, body=b"GET / no boxes at all"))
    assert junk.startswith(b"HTTP/1.1 400 ")
    assert b"-movflags cmaf" in junk
    assert (ask(door, put(f"/ingest/{name}/a.exe", mine))).startswith(b"HTTP/1.1 404 ")
    assert (ask(door, put(path, mine).replace(b"PUT", b"GET"))).startswith(b"HTTP/1.1 405 ")
    assert (ask(door, put(path, "X: " + "a" * 20_000))).startswith(b"HTTP/1.1 431 ")
    smuggled = put(path, mine, "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    assert (ask(door, smuggled)).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_waits_to_be_asked_is_asked(door: LivePlatform, channel: tuple[str, str, str]) -> None:
    name, key, _ = channel
    head = put(f"/ingest/{name}/live.mpd", f"Authorization: Bearer {key}", "Expect: 100-continue")
    with socket.create_connection(("127.0.0.1", door.http_port), timeout=10) as sock:
        answers = sock.makefile("rb")
        sock.sendall(head.replace(b"Length: 0", b"Length: 3"))
        assert answers.readline() + answers.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"mpd")
        assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
        answers.close()


def test_pages_are_served_as_before(door: LivePlatform) -> None:
    assert door.get("/healthz")[0] == 200
    assert door.get("/ingest/demo/a.mp4")[0] in (401, 405)
