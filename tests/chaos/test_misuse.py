"""What people do to a platform that runs: fight over a key, delete what is live, pull the plug again and again."""

import contextlib
import http.client
import random
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import live
from hls_conformance import MediaPlaylist, check_media_playlist
from live import TIDEGATE, LivePlatform, wait_for


def up(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`tidegate up` where it is expected to give up."""
    return subprocess.run(
        [TIDEGATE, "up", "--data", data, "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0", "--srt", "127.0.0.1:0", *words],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_two_encoders_on_one_key_are_told_of_in_the_studio(platform: LivePlatform) -> None:
    key = platform.create_channel("demo")["ingest"]["key"]
    for _ in range(2):
        publisher = (platform.stream("demo")["publisher"] or {}).get("session")
        platform.publish(key)
        wait_for(
            "a new publisher",
            lambda before=publisher: (platform.stream("demo")["publisher"] or {}).get("session") != before,
        )
        platform.wait_for_state("demo", "live")
    publisher = platform.stream("demo")["publisher"]["session"]
    assert (
        "Another encoder took this stream over" in platform.publish(key).wait()
    )  # as if the first came back
    stream = platform.stream("demo")
    assert (stream["publisher"]["session"], stream["state"]) == (publisher, "live")
    notes = {note["code"]: note for note in stream["notes"]}
    assert notes["taken-over"]["count"] == 1
    assert "two encoders" in notes["taken-over"]["hint"]


def test_a_deleted_channel_is_gone_for_viewers_and_starts_anew(platform: LivePlatform) -> None:
    first = platform.publish(platform.create_channel("demo")["ingest"]["key"])
    broadcast = platform.wait_for_state("demo", "live")["broadcast"]
    assert platform.cli("channel", "delete", "demo", "--yes").returncode == 0
    wait_for("the publisher is hung up on", lambda: not first.running)
    wait_for("no playlist", lambda: platform.get("/live/demo/video/index.m3u8")[0] == 404)
    assert platform.cli_json("status", "--json")["streams"] == []
    platform.publish(platform.create_channel("demo")["ingest"]["key"])
    stream = platform.wait_for_state("demo", "live")
    assert (stream["broadcast"] != broadcast, stream["discontinuities"]) == (True, 0)


def segments(viewer: http.client.HTTPConnection) -> int:
    viewer.request("GET", "/live/demo/video/index.m3u8")
    return viewer.getresponse().read().count(b"#EXTINF")


def test_connections_never_take_the_files_that_segments_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = tmp_path / "tidegate"
    limited.write_text(f'#!/bin/sh\nulimit -n 256\nexec {TIDEGATE} "$@"\n')
    limited.chmod(0o755)
    monkeypatch.setattr(live.LivePlatform, "command", (str(limited), "up"))
    with live.running(tmp_path / "data") as platform, contextlib.ExitStack() as idle:
        platform.publish(platform.create_channel("demo")["ingest"]["key"])
        platform.wait_for_state("demo", "live")
        viewer = http.client.HTTPConnection("127.0.0.1", platform.http_port)
        idle.callback(viewer.close)
        viewer.connect()
        for port in (platform.http_port, platform.rtmp_port):
            for _ in range(300):
                idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        before = segments(viewer)
        wait_for("segments, which are stored", lambda: segments(viewer) >= before + 2)
        idle.close()
        wait_for("room again", lambda: platform.get("/readyz")[0] == 200)
        assert "few_open_files" in platform.output()
        assert "Too many open files" not in platform.output()
        assert platform.stream("demo")["state"] == "live"


class Watcher:
    """Holds a track's playlists, and what they list, to what viewers have seen before."""

    def __init__(self, platform: LivePlatform, track: str) -> None:
        self._platform = platform
        self._track = track
        self._before: MediaPlaylist | None = None
        self._base = f"/live/demo/{track}"

    def look(self) -> MediaPlaylist:
        made = check_media_playlist(self._platform.playlist("demo", self._track))
        if self._before is not None:
            assert made.msn >= self._before.msn
            assert made.discontinuity >= self._before.discontinuity
        self._before = made
        return made

    def fetch(self) -> None:
        """Everything listed is there."""
        made = self.look()
        wanted = {segment.uri for segment in made.segments if not segment.gap}
        wanted |= {segment.map_uri for segment in made.segments if not segment.gap}
        for uri in (*wanted, *made.part_uris):
            assert self._platform.get(f"{self._base}/{uri}")[0] == 200, uri


def test_killed_again_and_again_it_keeps_every_promise(platform: LivePlatform) -> None:
    chance = random.Random(11)
    key = platform.create_channel("demo")["ingest"]["key"]
    watchers = [Watcher(platform, track) for track in ("video", "audio")]
    broadcast = ""
    for _ in range(5):
        pusher = platform.publish(key)
        stream = platform.wait_for_state("demo", "live")
        assert broadcast in ("", stream["broadcast"])
        broadcast = stream["broadcast"]
        wait_for("a segment of its own", lambda: platform.playlist("demo").count("#EXTINF") >= 1)
        until = time.monotonic() + chance.uniform(0.0, 1.5)
        while time.monotonic() < until:
            for watcher in watchers:
                watcher.look()
        platform.kill()
        pusher.cut()
        platform.start()
        for watcher in watchers:
            watcher.fetch()
    assert "Traceback" not in platform.output()


def garbled(path: Path) -> None:
    path.write_bytes(b"\x00garbage\xff" * 500)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("tidegate.db", garbled),
        ("admin-token", garbled),
        ("tidegate.toml", garbled),
        ("logs", Path.touch),
    ],
)
def test_a_damaged_data_folder_is_a_sentence_with_what_to_do(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(tmp_path / name)
    done = up(tmp_path)
    assert done.returncode in (1, 2), done
    assert "✘" in done.stderr
    assert "Traceback" not in done.stderr
    assert "platform_stopped" not in done.stdout


def test_an_address_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    for address in ("999.1.1.1:0", "[fe80::1]:0", "[::1:80"):
        done = up(tmp_path, "--http", address)
        assert done.returncode in (1, 2), done
        assert done.stderr.startswith("✘"), done.stderr
