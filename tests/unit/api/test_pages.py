"""Pages and their files."""

import gzip
import os
import re
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.api.web_files import MAX_FILE_BYTES, WebFiles
from tidegate.core.settings import SettingState
from tidegate.core.streams import TrackStats

INDEX = "<!doctype html><title>Tidegate</title>" + "<p>page</p>" * 100
SCRIPT = "export const answer = 42;\n" * 100

PAGES = ["/", "/watch/demo", "/studio", "/studio/demo", "/console", "/docs", "/docs/errors"]


@pytest.fixture
def web(bench) -> Path:
    (bench.web / "index.html").write_text(INDEX)
    (bench.web / "favicon.svg").write_text("<svg/>")
    (bench.web / "assets").mkdir()
    (bench.web / "assets" / "index-3fa9.js").write_text(SCRIPT)
    (bench.web.parent / "secret.txt").write_text("secret")
    return bench.web


def track(kind: str) -> TrackStats:
    return TrackStats(kind, kind, "", 0.0, 0.0, 0.0, 0, 0, 0, 0, 0.2, 1.0)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_the_console(anyone: httpx.AsyncClient, web: Path, path: str) -> None:
    answer = await anyone.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_live_channel_s_watch_page_names_the_playlists_to_ask_for(
    anyone: httpx.AsyncClient, bench, web: Path
) -> None:
    (web / "watch.html").write_text("<html><head><title>Watch</title></head></html>")
    plain = await anyone.get("/watch/demo")
    bench.streams.go_live("demo", 1.0)
    live = msgspec.structs.replace(
        bench.streams.running["demo"], tracks=tuple(map(track, ("video", "audio", "video")))
    )
    bench.streams.running["demo"] = live
    answer = await anyone.get("/watch/demo")
    links = re.findall(r'<link rel="preload" as="fetch" crossorigin href="([^"]+)">', answer.text)
    assert links == ["/live/demo/index.m3u8", "/live/demo/video/index.m3u8", "/live/demo/audio/index.m3u8"]
    assert answer.text.startswith("<html><head><link ")
    assert answer.headers["etag"] != plain.headers["etag"]
    again = await anyone.get("/watch/demo", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    bench.streams.running["demo"] = msgspec.structs.replace(live, state="ended")
    assert (await anyone.get("/watch/demo")).text == plain.text


async def test_a_private_channel_s_watch_page_does_not_tell_that_it_is_live(
    anyone: httpx.AsyncClient, bench, web: Path
) -> None:
    (web / "watch.html").write_text("<html><head></head></html>")
    private = SettingState("playback.access", 1, None, {"channel": {"demo": "token"}})
    bench.services.playback.settings.apply(private)
    bench.streams.go_live("demo", 1.0)
    assert (await anyone.get("/watch/demo")).text == "<html><head></head></html>"


@pytest.mark.parametrize("path", PAGES)
async def test_a_console_that_is_not_built_says_how_to_build_it(anyone: httpx.AsyncClient, path: str) -> None:
    answer = await anyone.get(path)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "make setup" in answer.text


async def test_a_console_built_while_the_server_runs_shows_at_the_next_visit(
    anyone: httpx.AsyncClient, bench
) -> None:
    for text in ("first", "second, longer"):
        (bench.web / "index.html").write_text(text)
        assert (await anyone.get("/")).text == text
    (bench.web / "index.html").unlink()
    assert (await anyone.get("/")).status_code == 503


async def test_hashed_files_are_kept_for_ever(anyone: httpx.AsyncClient, web: Path) -> None:
    answer = await anyone.get("/assets/index-3fa9.js")
    assert (answer.status_code, answer.text) == (200, SCRIPT)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_other_files_are_asked_anew(anyone: httpx.AsyncClient, web: Path) -> None:
    answer = await anyone.get("/favicon.svg")
    assert (answer.headers["content-type"], answer.text) == ("image/svg+xml", "<svg/>")
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_file_that_has_not_changed_is_not_sent_again(anyone: httpx.AsyncClient, web: Path) -> None:
    first = await anyone.get("/")
    again = await anyone.get("/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    (web / "index.html").write_text("new")
    assert (await anyone.get("/", headers={"if-none-match": first.headers["etag"]})).text == "new"


async def test_text_is_compressed_for_those_who_take_it(anyone: httpx.AsyncClient, web: Path) -> None:
    plain = await anyone.get("/assets/index-3fa9.js", headers={"accept-encoding": "identity"})
    packed = await anyone.get("/assets/index-3fa9.js", headers={"accept-encoding": "gzip, br"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(SCRIPT) / 5
    assert packed.text == plain.text == SCRIPT
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"


async def test_a_page_that_is_not_there_is_a_404(anyone: httpx.AsyncClient, web: Path) -> None:
    for path in ("/nothing", "/assets/nothing.js", "/assets/", "/assets", "/watch", "/watch/a/b/c"):
        assert (await anyone.get(path)).status_code == 404, path


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%2fsecret.txt",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/%00",
        "/assets/" + "a" * 5000,
        "/assets/link.txt",
    ],
)
async def test_nothing_outside_the_folder_is_served(anyone: httpx.AsyncClient, web: Path, path: str) -> None:
    (web / "assets" / "link.txt").symlink_to(web.parent / "secret.txt")
    answer = await anyone.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(path=st.text())
def test_any_text_is_a_path(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "web"
    folder.mkdir(exist_ok=True)
    assert WebFiles(folder)._locate(path) is None


async def test_what_is_kept_in_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.api.web_files.MAX_TOTAL_BYTES", 100_000)
    files = WebFiles(tmp_path)
    for n in range(30):
        (tmp_path / f"{n}.bin").write_bytes(os.urandom(10_000))
        assert await files.get(f"{n}.bin") is not None
    assert files._bytes == sum(len(kept.content) for _, kept in files._kept.values()) <= 100_000
    assert await files.get("0.bin") is not None


async def test_a_huge_file_is_not_served(tmp_path: Path) -> None:
    with (tmp_path / "huge.bin").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    assert await WebFiles(tmp_path).get("huge.bin") is None


async def test_compressing_does_not_depend_on_when(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("p { margin: 0 }\n" * 100)
    file = await WebFiles(tmp_path).get("a.css")
    assert file is not None
    assert gzip.decompress(file.gzipped) == file.content
    assert file.gzipped[4:8] == bytes(4)


@pytest.mark.parametrize(
    ("embed", "ancestors"),
    [
        ("", "frame-ancestors 'self'"),
        ("*", "frame-ancestors 'self' *"),
        ("https://a.example https://b.example", "frame-ancestors 'self' https://a.example https://b.example"),
        ("nonsense; script-src *", "frame-ancestors 'self'"),
    ],
)
async def test_listed_pages_may_frame_the_watch_page(anyone, bench, embed: str, ancestors: str) -> None:
    bench.services.playback.settings.apply(
        SettingState("playback.embed", 1, None, {"channel": {"demo": embed}})
    )
    framed = (await anyone.get("/watch/demo")).headers["content-security-policy"]
    assert framed.endswith(ancestors)
    assert (await anyone.get("/studio")).headers["content-security-policy"].endswith("frame-ancestors 'self'")
