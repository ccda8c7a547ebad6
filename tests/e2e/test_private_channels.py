"""A private, encrypted channel with real players: who has a token plays on, whoever has none gets nothing."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Response

from e2e.pages_rig import visiting
from live import TIDEGATE, LivePlatform, free_port, running, video_file, wait_for

pytestmark = pytest.mark.serial  # a browser needs both cores to play in time


def private(platform: LivePlatform, *, key_segments: int = 5) -> None:
    """A live channel `demo` that is private and encrypted, with keys that change every few seconds."""
    made = platform.create_channel("demo")
    for name, value in (
        ("playback.access", "token"),
        ("playback.encryption", "aes-128"),
        ("playback.key_segments", str(key_segments)),
    ):
        done = platform.cli("setting", "set", name, value, "--channel", "demo")
        assert done.returncode == 0, done.stderr
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")


def token(platform: LivePlatform, *words: str) -> str:
    made = platform.cli_json("channel", "token", "demo", "--json", *words)
    return str(made["token"])


def playlist(platform: LivePlatform, access: str, track: str = "video") -> str:
    status, body = platform.get(f"/live/~{access}/demo/{track}/index.m3u8")
    assert status == 200, body
    return body.decode()


def test_every_media_address_of_a_private_channel_refuses_whoever_has_no_token(
    platform: LivePlatform,
) -> None:
    private(platform)
    access = token(platform)
    text = wait_for(
        "a whole segment", lambda: (t := playlist(platform, access)) and "\naes/5/seg-" in t and t
    )
    names = re.findall(r'URI="([^"]+)"|^(aes/5/seg-\S+)', text, re.MULTILINE)
    addresses = [
        "demo/index.m3u8",
        "demo/dvr.m3u8",
        "demo/access",
        "demo/video/index.m3u8",
        "demo/video/dvr.m3u8",
    ]
    addresses += ["demo/video/index.m3u8?_HLS_msn=0", "demo/none/at-all"]
    addresses += [f"demo/video/{uri or segment}" for uri, segment in names if not uri.startswith("..")]
    kinds = {address.rpartition("/")[2].partition("-")[0] for address in addresses}
    assert {"init", "part", "seg", "key"} <= kinds
    for address in dict.fromkeys(addresses):
        for form in (f"/live/{address}", f"/live/~nonsense/{address}"):
            status, body = platform.get(form)
            assert status in {401, 429}, form  # after twenty wrong tokens they are not looked at any more
            assert b"moof" not in body
            assert b"#EXTM3U" not in body
    status, body = platform.get("/api/v1/watch/demo")
    assert (status, json.loads(body)["code"]) == (401, "token-needed")


def test_the_clear_media_of_an_encrypted_session_are_not_given_out(platform: LivePlatform) -> None:
    private(platform)
    access = token(platform)
    text = wait_for(
        "a whole segment", lambda: (t := playlist(platform, access)) and "\naes/5/seg-" in t and t
    )
    segment = re.findall(r"^aes/5/(seg-\S+)", text, re.MULTILINE)[0]
    status, secret = platform.get(f"/live/~{access}/demo/video/aes/5/{segment}")
    assert (status, len(secret) % 16) == (200, 0)
    assert b"moof" not in secret
    assert platform.get(f"/live/~{access}/demo/video/{segment}")[0] == 404


def test_ffmpeg_and_our_own_player_play_through_changes_of_keys(platform: LivePlatform) -> None:
    private(platform)
    report = platform.cli_json(
        "watch", f"{platform.url}/live/demo/index.m3u8?token={token(platform)}", "--seconds", "8", "--json"
    )
    assert report["parts"] > 50
    assert (report["gaps"], report["rebuffers"]) == (0, 0)
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", f"{platform.url}/live/demo/index.m3u8?token={token(platform)}",
         "-t", "4", "-f", "null", "-progress", "-", "-"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert not [line for line in decoded.stderr.splitlines() if "keepalive" not in line], decoded.stderr
    assert int(re.findall(r"frame=(\d+)", decoded.stdout)[-1]) > 100


def test_chromium_plays_a_private_link_through_changes_of_keys(platform: LivePlatform) -> None:
    private(platform)
    with visiting(platform) as visitor:
        page = visitor.open("/watch/demo")
        page.get_by_text("This stream is private").wait_for()
        keys: list[str] = []
        page.on("request", lambda request: keys.append(request.url) if "/aes/5/key-" in request.url else None)
        visitor.open(f"/watch/demo?token={token(platform)}")
        visitor.until_playing()
        start = visitor.media_time()
        visitor.until("eight seconds", lambda: visitor.media_time() > start + 8, 40)
        assert len(set(keys)) >= 4  # of two tracks, each with a change
        stats = visitor.stats()
        assert stats["source"] == "hls.js"
        assert stats["restarts"] == 0
        assert stats["edge_latency_s"] < 3


def test_a_recording_plays_encrypted_and_has_nothing_clear(tmp_path: Path) -> None:
    with running(tmp_path / "data", linger_s=1, grace_s=1, window_s=15) as platform:
        private(platform)
        wait_for(
            "segments",
            lambda: len(re.findall(r"^aes/5/seg-", playlist(platform, token(platform)), re.MULTILINE)) > 7,
        )
        platform.pushers[0].say_goodbye()  # type: ignore[union-attr]

        def made() -> dict[str, Any] | None:
            items = json.loads(platform.get("/api/v1/recordings", token=True)[1])["items"]
            return next((each for each in items if each["state"] == "ready"), None)

        recording = wait_for("a recording", made)
        base = f"/vod/~{token(platform)}/demo/{recording['id']}"
        text = platform.get(f"{base}/video/index.m3u8")[1].decode()
        names = re.findall(r"^aes/5/(seg-\S+)", text, re.MULTILINE)
        assert len(names) > 7
        assert len(set(re.findall(r'METHOD=AES-128,URI="([^"]+)"', text))) >= 2
        assert not re.findall(r"^seg-", text, re.MULTILINE)
        for name in names:
            assert platform.get(f"{base}/video/{name}")[0] == 404
            assert b"moof" not in platform.get(f"{base}/video/aes/5/{name}")[1]
            assert platform.get(f"/vod/demo/{recording['id']}/video/aes/5/{name}")[0] in {401, 429}
        decoded = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", f"{platform.url}{base}/index.m3u8", "-f", "null", "-progress", "-", "-"],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert decoded.stderr == ""
        assert abs(int(re.findall(r"frame=(\d+)", decoded.stdout)[-1]) - recording["duration_s"] * 30) <= 3
        with visiting(platform) as visitor:
            keys: list[str] = []
            visitor.page.on(
                "request", lambda asked: keys.append(asked.url) if "/aes/5/key-" in asked.url else None
            )
            visitor.open(f"/watch/demo/{recording['id']}?token={token(platform)}")
            visitor.until(
                "a length", lambda: visitor.page.evaluate("document.querySelector('video')?.duration > 5")
            )
            visitor.page.evaluate("document.querySelector('video').play()")
            visitor.until("a picture that moves", lambda: visitor.media_time() > 1)
            assert keys


def test_chromium_is_told_that_a_link_has_expired(platform: LivePlatform) -> None:
    private(platform)
    with visiting(platform) as visitor:
        page = visitor.open(f"/watch/demo?token={token(platform, '--ttl', '10s')}")
        visitor.until_playing()
        page.get_by_text("This link has expired").wait_for(timeout=40_000)


def test_chromium_plays_on_while_its_token_is_renewed_again_and_again(platform: LivePlatform) -> None:
    """A signed-in viewer's page: tokens of ten seconds, one play of more than two of them."""
    private(platform)
    assert platform.cli("setting", "set", "playback.page_token_s", "10").returncode == 0
    with visiting(platform) as visitor:
        tokens: list[str] = []
        refused: list[str] = []

        def answered(response: Response) -> None:
            found = re.search("/live/~([^/]+)/", response.url)
            if found is None:
                return
            if found[1] not in tokens:
                tokens.append(found[1])
            if response.status in {401, 403, 429}:
                refused.append(response.url.replace(found[1], f"TOKEN {tokens.index(found[1])}"))

        visitor.page.on("response", answered)
        visitor.open_signed_in("/studio/demo")
        visitor.page.get_by_role("switch", name="Private").wait_for()
        visitor.open("/watch/demo")
        restarts = visitor.until_playing()["restarts"]  # the page began before it knew that it needs a token
        start = visitor.media_time()
        visitor.until("more than two lives of a token", lambda: visitor.media_time() > start + 22, 60)
        assert len(tokens) >= 4
        assert refused == []
        assert visitor.stats()["restarts"] == restarts


def test_the_studio_makes_a_channel_private_and_a_link_that_works(platform: LivePlatform) -> None:
    made = platform.create_channel("demo")
    platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    with visiting(platform, viewport={"width": 390, "height": 844}) as visitor:
        page = visitor.open_signed_in("/studio/demo")
        page.get_by_role("switch", name="Private").click()
        page.get_by_role("button", name="Make a private link").click()
        page.get_by_text("/watch/demo?token=").wait_for()
        link = page.get_by_text("/watch/demo?token=").inner_text()
        assert visitor.overflowing() == []
        assert platform.get("/live/demo/index.m3u8")[0] == 401
        visitor.open("/watch/demo")  # signed in: without a link
        visitor.until_playing()
        visitor.page.context.clear_cookies()
        visitor.page.goto(link)
        visitor.until_playing()


def test_another_edge_serves_a_private_channel_and_asks_for_tokens_itself(platform: LivePlatform) -> None:
    private(platform)
    port = free_port()
    edge = subprocess.Popen(
        [TIDEGATE, "edge", "run", "--origin", platform.url, "--http", f"127.0.0.1:{port}",
         "--token-file", platform.data / "edge-token"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    access = token(platform)

    def ask(path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    try:
        wait_for("the edge", lambda: ask("/live/demo/access") != 0)
        assert ask("/live/demo/video/index.m3u8") == 401
        assert ask(f"/live/~{access}/demo/video/index.m3u8") == 200
        platform.kill()  # what is known last holds
        assert ask("/live/demo/access") == 401
        assert ask(f"/live/~{access}/demo/access") == 204
    finally:
        edge.terminate()
        edge.wait(20)
    stranger = subprocess.run(
        [TIDEGATE, "edge", "run", "--origin", platform.url, "--http", "127.0.0.1:0", "--token-file", video_file()],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert stranger.returncode == 2
