"""hls.js and dash.js on somebody else's page, set up as docs/player-telemetry.md says: what they report is taken."""

import contextlib
import json
import re
import struct
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from e2e.pages_rig import chromium
from live import ROOT, wait_for
from tidegate.core.facts.playback import PlaybackFact
from told_rig import FactsPlatform, running_with_facts

pytestmark = pytest.mark.serial  # a browser needs both cores to play in time

LIBRARIES = {
    "hls.js": ROOT / "console/node_modules/hls.js/dist/hls.min.js",
    "dash.js": ROOT / "console/node_modules/dashjs/dist/modern/umd/dash.all.min.js",
}
SEGMENTS = 12


@pytest.fixture(scope="module")
def on_air(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FactsPlatform]:
    with running_with_facts(tmp_path_factory.mktemp("data")) as platform:
        platform.publish(platform.create_channel("demo")["ingest"]["key"])
        platform.wait_for_state("demo", "live")
        yield platform


def snippet(player: str) -> str:
    text = (ROOT / "docs/player-telemetry.md").read_text()
    found = re.search(rf"^## {re.escape(player)}\n\n```js\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@contextlib.contextmanager
def elsewhere(files: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Somebody else's server on this machine, as a browser sees it: another origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = files.get(self.path, ("text/plain", ""))
            self.send_response(200 if self.path in files else 404)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def page_with(player: str, **given: str) -> dict[str, tuple[str, str]]:
    """A page that runs the documented lines."""
    names = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in given.items())
    html = (
        "<!doctype html><video muted autoplay></video><script src=library.js></script><script type=module>"
        f"const video = document.querySelector('video');\n{names}{snippet(player)}</script>"
    )
    return {"/": ("text/html", html), "/library.js": ("text/javascript", LIBRARIES[player].read_text())}


def session_of(platform: FactsPlatform, player: str) -> list[PlaybackFact]:
    return [fact for fact in platform.playback() if fact.player == player]


def check(platform: FactsPlatform, page: Page, site: str, player: str, version: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site)

    def beats() -> bool:
        page.wait_for_timeout(50)  # lets the page's own events through
        return any(fact.event == "beat" and fact.watched_s for fact in session_of(platform, player))

    wait_for(f"it plays and says so; the page: {said}", beats, 30)
    page.close()
    wait_for("it leaves", lambda: [fact for fact in session_of(platform, player) if fact.exit])
    facts = session_of(platform, player)
    assert [fact.exit for fact in facts if fact.exit] == ["left"]
    assert sum(fact.joined for fact in facts) == sum(fact.started for fact in facts) == 1
    assert {fact.session for fact in facts} == {facts[0].session}
    assert facts[0].player_version.startswith(version)
    assert 0 < next(fact.startup_s for fact in facts if fact.startup_s is not None) < 30
    assert any(fact.bitrate_bps for fact in facts)
    assert any(fact.buffer_s for fact in facts)
    assert sum(fact.watched_s for fact in facts) > 2


def test_hls_js(on_air: FactsPlatform) -> None:
    files = page_with("hls.js", playlist=f"{on_air.url}/live/demo/index.m3u8")
    with elsewhere(files) as site, chromium() as browser:
        check(on_air, browser.new_page(), site, "hls.js", "1.7")


def test_dash_js(on_air: FactsPlatform) -> None:
    wait_for("some segments", lambda: on_air.playlist("demo").count("#EXTINF") >= SEGMENTS, 60)
    files = page_with("dash.js", playlist=f"{on_air.url}/live/demo/index.m3u8", manifest="demo.mpd")
    files["/demo.mpd"] = ("application/dash+xml", mpd(on_air.url))
    with elsewhere(files) as site, chromium() as browser:
        check(on_air, browser.new_page(), site, "dash.js", "5.2")


def mpd(url: str) -> str:
    """What is listed now as a finished presentation, video and audio (ISO/IEC 23009-1), over our own CMAF."""
    sets, length_s = "", 0.0
    for track, mime, codecs in (("video", "video/mp4", "avc1.64001f"), ("audio", "audio/mp4", "mp4a.40.2")):
        base = f"{url}/live/demo/{track}/"
        text = read(base + "index.m3u8").decode()
        header = re.search(r'#EXT-X-MAP:URI="([^"]+)"', text)
        assert header
        listed = re.findall(r"#EXTINF:([0-9.]+),.*?\n(?:#.*\n)*(seg-\S+)", text)[-SEGMENTS:]
        init, first = read(base + header[1]), read(base + listed[0][1])
        timescale = struct.unpack(">I", init[(at := init.index(b"mdhd")) + 16 :][:4])[0]
        if init[at + 4]:  # version 1: 64-bit times
            timescale = struct.unpack(">I", init[at + 24 :][:4])[0]
        begin = struct.unpack(">Q", first[first.index(b"tfdt") + 8 :][:8])[0]
        length_s = sum(float(seconds) for seconds, _ in listed)
        timeline = "".join(f'<S d="{round(float(seconds) * timescale)}"/>' for seconds, _ in listed)
        urls = "".join(f'<SegmentURL media="{name}"/>' for _, name in listed)
        sets += (
            f'<AdaptationSet mimeType="{mime}" segmentAlignment="true"><BaseURL>{base}</BaseURL>'
            f'<Representation id="{track}" codecs="{codecs}" bandwidth="500000"><SegmentList timescale="{timescale}"'
            f' presentationTimeOffset="{begin}"><Initialization sourceURL="{header[1]}"/>'
            f"<SegmentTimeline>{timeline}</SegmentTimeline>{urls}</SegmentList></Representation></AdaptationSet>"
        )
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT1S"'
        f' profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT{length_s:.3f}S">'
        f"<Period>{sets}</Period></MPD>"
    )


def read(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body
