"""Kill, cut, fill and flood: what breaks must cost only what it breaks."""

import concurrent.futures
import contextlib
import json
import os
import re
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from hls_conformance import check_media_playlist
from live import TIDEGATE, LivePlatform, running, wait_for
from rtmp_guest import ask_to_publish


def sequence(playlist: str) -> int:
    """Number of the last whole segment."""
    first = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist)
    assert first, playlist
    return int(first[1]) + playlist.count("#EXTINF") - 1


def watch_in_background(
    platform: LivePlatform, seconds: int
) -> "concurrent.futures.Future[dict[str, object]]":
    pool = concurrent.futures.ThreadPoolExecutor(1)
    report = pool.submit(
        platform.cli_json,
        "watch",
        f"{platform.url}/live/demo/index.m3u8",
        "--seconds",
        str(seconds),
        "--json",
    )
    pool.shutdown(wait=False)
    return report


def test_publisher_cut_and_back_within_grace_continues_the_playlist(platform: LivePlatform) -> None:
    key = platform.create_channel("demo")["ingest"]["key"]
    pusher = platform.publish(key)
    broadcast = platform.wait_for_state("demo", "live")["broadcast"]
    wait_for("a segment", lambda: platform.playlist("demo").count("#EXTINF") >= 1)
    watching = watch_in_background(platform, 12)
    wait_for(
        "the viewer, beside this test's own looks at the playlist",
        lambda: platform.playlist("demo") and platform.stream("demo")["viewers"] >= 2,
    )
    pusher.cut()
    platform.wait_for_state("demo", "interrupted")
    before = sequence(platform.playlist("demo"))
    platform.publish(key)
    stream = platform.wait_for_state("demo", "live")
    assert stream["broadcast"] == broadcast
    assert stream["discontinuities"] == 1
    text = wait_for(
        "the discontinuity and a new segment",
        lambda: (
            (text := platform.playlist("demo"))
            and "#EXT-X-DISCONTINUITY\n" in text
            and sequence(text) > before
            and text
        ),
    )
    check_media_playlist(text)
    report = watching.result(60)
    assert report["discontinuities"] == 1
    assert report["parts"] > 20


def test_kill_the_whole_platform_mid_stream_and_restart(platform: LivePlatform) -> None:
    key = platform.create_channel("demo")["ingest"]["key"]
    platform.publish(key)
    broadcast = platform.wait_for_state("demo", "live")["broadcast"]
    wait_for("three segments", lambda: sequence(platform.playlist("demo")) >= 3)
    watching = watch_in_background(platform, 14)
    before = sequence(platform.playlist("demo"))
    platform.kill()
    platform.start()
    text = platform.playlist("demo")
    assert sequence(text) > before
    check_media_playlist(text)
    for tags, address in re.findall(r"((?:^#.*\n)*)^([^#\s]+\.m4s)$", text, re.MULTILINE):
        if "#EXT-X-GAP\n" not in tags:
            assert platform.get(f"/live/demo/video/{address}")[0] == 200
    platform.publish(key)
    assert platform.wait_for_state("demo", "live")["broadcast"] == broadcast
    after = wait_for("it goes on", lambda: sequence(t := platform.playlist("demo")) > before + 2 and t)
    check_media_playlist(after)
    assert "#EXT-X-DISCONTINUITY\n" in after
    report = watching.result(60)
    assert report["parts"] > 20


def test_an_ended_stream_ends_its_playlist(tmp_path: Path) -> None:
    with running(tmp_path / "data", linger_s=1, grace_s=2) as platform:
        key = platform.create_channel("demo")["ingest"]["key"]
        pusher = platform.publish(key)
        platform.wait_for_state("demo", "live")
        wait_for("a segment", lambda: platform.playlist("demo").count("#EXTINF") >= 1)
        pusher.say_goodbye()
        platform.wait_for_state("demo", "ended")
        text = platform.playlist("demo")
        assert text.rstrip().endswith("#EXT-X-ENDLIST")
        check_media_playlist(text)
        platform.publish(key)
        platform.wait_for_state("demo", "live")
        assert "#EXT-X-ENDLIST" not in platform.playlist("demo")


def test_a_port_already_taken_is_a_sentence_and_an_exit_code(tmp_path: Path) -> None:
    for door in ("--http", "--rtmp"):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            words = {
                "--http": "127.0.0.1:0",
                "--rtmp": "127.0.0.1:0",
                "--srt": "127.0.0.1:0",
                door: f"127.0.0.1:{port}",
            }
            done = subprocess.run(
                [TIDEGATE, "up", "--data", tmp_path / "data", *(w for pair in words.items() for w in pair)],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
        assert done.returncode == 1
        assert str(port) in done.stderr
        assert "taken" in done.stderr
        assert "Traceback" not in done.stderr


def test_two_servers_on_one_data_folder_are_refused(platform: LivePlatform) -> None:
    done = subprocess.run(
        [TIDEGATE, "up", "--data", platform.data, "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0", "--srt", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "already" in done.stderr
    assert platform.get("/readyz")[0] == 200


def rss(platform: LivePlatform) -> int:
    assert platform.process
    return int(psutil.Process(platform.process.pid).memory_info().rss)


def test_slow_and_silent_peers_are_hung_up_on(platform: LivePlatform) -> None:
    """Slow-loris: peers that dribble or go silent are cut by the deadlines, and cost the others nothing."""
    key = platform.create_channel("demo")["ingest"]["key"]
    platform.publish(key)
    platform.wait_for_state("demo", "live")
    silent = []
    for port, opening in (
        (platform.rtmp_port, b"\x03"),
        (platform.http_port, b"GET /live/demo/index.m3u8 HTT"),
    ):
        for _ in range(25):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(opening)
            silent.append(sock)
    assert platform.playlist("demo")
    for sock in silent:
        sock.settimeout(30)
        try:
            while sock.recv(4096):
                pass
        except ConnectionError:
            pass
        finally:
            sock.close()
    assert platform.stream("demo")["state"] == "live"


def test_garbage_at_both_doors_costs_nothing(platform: LivePlatform) -> None:
    key = platform.create_channel("demo")["ingest"]["key"]
    platform.publish(key)
    platform.wait_for_state("demo", "live")
    before = rss(platform)
    for round_ in range(300):
        for port in (platform.rtmp_port, platform.http_port):
            with socket.create_connection(("127.0.0.1", port)) as sock:
                try:
                    sock.sendall(os.urandom(1 + round_ * 37 % 6000))
                except ConnectionError:
                    continue
    assert platform.get("/healthz")[0] == 200
    assert platform.stream("demo")["state"] == "live"
    assert rss(platform) - before < 40 << 20
    assert "Traceback" not in platform.output()


def test_a_thousand_wrong_keys_are_counted_and_the_right_one_still_works(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    before = rss(platform)
    with concurrent.futures.ThreadPoolExecutor(8) as guessers:
        said = list(
            guessers.map(lambda number: ask_to_publish(platform.rtmp_port, f"wrong-{number}"), range(1000))
        )
    assert all(b"error" in words for words in said)
    assert sum(b"Too many wrong stream keys" in words for words in said) > 900
    _, metrics = platform.get("/metrics", token=True)
    assert b'tidegate_channels_admissions_total{answer="throttled"}' in metrics
    assert rss(platform) - before < 20 << 20
    assert (platform.data / "logs" / "tidegate.log").stat().st_size < 200_000
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A tmpfs of 160 MiB to fill up."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def unwell(platform: LivePlatform) -> list[dict[str, str]]:
    """The checks that are not ok."""
    report = json.loads(platform.cli("status", "--json").stdout)
    return [check for check in report["health"]["checks"] if check["status"] != "ok"]


def fill(path: Path) -> None:
    """Write until the disk refuses."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def test_a_full_disk_is_a_clear_state_and_playing_goes_on(small_disk: Path) -> None:
    with running(small_disk / "data") as platform:
        key = platform.create_channel("demo")["ingest"]["key"]
        platform.publish(key)
        platform.wait_for_state("demo", "live")
        filler = small_disk / "filler"
        fill(filler)
        before = sequence(platform.playlist("demo"))
        wait_for(
            "playing goes on",
            lambda: fill(small_disk / "more") or sequence(platform.playlist("demo")) > before + 5,
        )
        report = platform.cli_json("watch", "demo", "--seconds", "4", "--json")
        assert report["parts"] > 10
        assert report["rebuffers"] == 0
        wait_for("a failing check", lambda: any(check["status"] == "failing" for check in unwell(platform)))
        assert all(check["hint"] for check in unwell(platform))
        refused = platform.cli("channel", "create", "another")
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        filler.unlink()
        (small_disk / "more").unlink()
        wait_for("well again", lambda: not [c for c in unwell(platform) if c["name"] in ("storage", "store")])
        assert platform.stream("demo")["state"] == "live"
        assert "Traceback" not in platform.output()
