"""The rendered nginx configuration in a real nginx: it is accepted, speaks HTTP/2 over TLS, and delays nothing."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tidegate.core.clock import SystemClock
from tidegate.media.access.gate import Gate
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.nginx import nginx_config
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from unit.access.door import Door
from unit.edge.scripted import ScriptedSource

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("nginx", "openssl", "curl"))),
    reason="needs nginx, openssl and curl (tests/engines.sh)",
)

HOST = "live.test"
NEXT = "/live/demo/video/index.m3u8?_HLS_msn=0&_HLS_part=1"


async def events(scope, receive, send) -> None:
    """An ASGI application with one endless answer, as `/api/v1/events` is."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
    )
    await send({"type": "http.response.body", "body": b"data: first\n\n", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


class Front:
    """nginx before an edge, and curl to ask it."""

    def __init__(self, edge: EdgeServer, source: ScriptedSource, port: int, cert: Path) -> None:
        self.edge, self.source, self.port, self._cert = edge, source, port, cert

    async def curl(self, path: str, *options: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "curl", "--silent", "--show-error", "--no-buffer", "--cacert", str(self._cert), *options,
            "--resolve", f"{HOST}:{self.port}:127.0.0.1", f"https://{HOST}:{self.port}{path}",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def get(self, path: str, *options: str) -> tuple[dict[str, str], bytes]:
        """curl's own account of the exchange (`http_version`, `http_code`, header `x-cache`), and the body."""
        account = '%{stderr}{"version":"%{http_version}","status":"%{http_code}","cache":"%header{x-cache}"}'
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--cacert", str(self._cert), "--write-out", account, *options,
            "--resolve", f"{HOST}:{self.port}:127.0.0.1", f"https://{HOST}:{self.port}{path}",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        body, said = await process.communicate()
        return json.loads(said), body


@pytest.fixture
async def front(tmp_path: Path, unused_port: Callable[[], int]) -> AsyncIterator[Front]:
    async with fronted(tmp_path, unused_port(), "demo", None) as made:
        yield made


@contextlib.asynccontextmanager
async def fronted(tmp_path: Path, port: int, channel: str, gate: Gate | None) -> AsyncIterator[Front]:
    source = ScriptedSource(part_bytes=66_000, channel=channel)
    source.publish()
    config = uvicorn.Config(events, lifespan="off", log_level="warning", http=HttpToolsProtocol)
    config.load()
    state = ServerState()
    edge = EdgeServer(
        Edge(source, SystemClock(), gate=gate),
        ServerConfig(port=0),
        fallback=lambda: HttpToolsProtocol(config=config, server_state=state, app_state={}),
    )
    await edge.start()
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={HOST}",
            "-addext",
            f"subjectAltName=DNS:{HOST}",
            "-keyout",
            str(key),
            "-out",
            str(cert),
        ],
        check=True,
        capture_output=True,
    )
    text = nginx_config(
        HOST, f"127.0.0.1:{edge.port}", str(cert), str(key), f"127.0.0.1:{port}", str(tmp_path / "cache")
    )
    conf = tmp_path / "nginx.conf"
    conf.write_text(text)
    directives = f"daemon off; pid {tmp_path}/nginx.pid;"
    if os.geteuid() == 0:
        directives += " user root;"  # the default user may not enter the test's folder, where the cache lies
    command = ["nginx", "-e", "stderr", "-c", str(conf), "-g", directives]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr
    nginx = await asyncio.create_subprocess_exec(*command)
    while not _listens(port):
        await asyncio.sleep(0.02)
    yield Front(edge, source, port, cert)
    nginx.terminate()
    await nginx.wait()
    await edge.stop(grace_s=0.2)


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


async def test_serves_http_2_over_tls(front: Front) -> None:
    said, body = await front.get("/live/demo/video/index.m3u8", "--http2")
    assert (said["version"], said["status"]) == ("2", "200")
    assert body == front.source.playlist()
    said, body = await front.get("/live/demo/video/part-s-0.m4s", "--http1.1")
    assert (said["version"], said["status"]) == ("1.1", "200")
    assert body == front.source.part(0)


async def test_a_blocking_playlist_passes_without_delay(front: Front) -> None:
    async def ask() -> float:
        said, body = await front.get(NEXT, "--http2")
        assert (said["status"], body) == ("200", front.source.playlist())
        return time.monotonic()

    viewers = [asyncio.ensure_future(ask()) for _ in range(3)]
    while front.edge.edge.waiters < 3:
        await asyncio.sleep(0.005)
    published_at = time.monotonic()
    front.source.publish()
    # A cache lock would wake its waiters after 500 ms; curl's own exit is all there is to wait for here.
    assert max(await asyncio.gather(*viewers)) - published_at < 0.4
    assert front.source.targets().count(NEXT.removeprefix("/live/")) == 1


async def test_segments_are_kept_and_parts_pass_through(front: Front) -> None:
    front.source.publish(4)
    for name, kept in (("seg-s-0.m4s", ["MISS", "HIT"]), ("part-s-0.m4s", ["", ""])):
        said = [(await front.get(f"/live/demo/video/{name}", "--http2"))[0] for _ in range(2)]
        assert [each["cache"] for each in said] == kept
        assert {each["status"] for each in said} == {"200"}


async def test_events_pass_unbuffered(front: Front) -> None:
    process = await front.curl("/api/v1/events", "--http2")
    assert process.stdout is not None
    assert await process.stdout.readline() == b"data: first\n"
    process.terminate()
    await process.wait()


async def test_the_edge_sees_who_asks(front: Front) -> None:
    await front.get("/live/demo/video/index.m3u8")
    await front.get("/live/demo/video/index.m3u8", "--user-agent", "another")
    await front.get("/live/demo/video/index.m3u8", "--user-agent", "third")
    assert front.edge.edge.audience.viewers("demo") == 2


async def test_errors_keep_their_sentence(front: Front) -> None:
    said, body = await front.get("/live/demo/none.mp4")
    assert said["status"] == "404"
    assert body == b"no such thing"


async def test_pages_never_take_a_live_connection_along(front: Front) -> None:
    for _ in range(3):
        process = await front.curl("/api/v1/events")
        assert process.stdout is not None
        assert await process.stdout.readline() == b"data: first\n"
        process.terminate()
        await process.wait()
        await front.get("/live/demo/video/index.m3u8")
    assert front.edge.edge.counters.requests == 3
    assert front.edge.counters.handed_over == 3
    assert front.edge.counters.accepted == 4


async def test_a_private_segment_is_kept_once_and_given_only_to_those_let_in(
    tmp_path: Path, unused_port: Callable[[], int]
) -> None:
    door = Door()
    async with fronted(tmp_path, unused_port(), "private", door.gate) as front:
        front.source.publish(4)
        segment = "private/video/seg-s-0.m4s"
        tokens = [door.token(viewer=name) for name in ("ada", "bob")]
        said = [(await front.get(f"/live/~{token}/{segment}"))[0] for token in tokens]
        assert [(each["status"], each["cache"]) for each in said] == [("200", "MISS"), ("200", "HIT")]
        for path in (
            f"/live/{segment}",
            f"/live/~wrong/{segment}",
            f"/live/~{door.token(sub='other')}/{segment}",
            f"/live/~{door.token(cidr='10.9.9.9')}/{segment}",
            f"/live/x/../~wrong/{segment}",
        ):
            refused, body = await front.get(path, "--path-as-is")
            assert refused["status"] in {"401", "403"}, path
            assert body != front.source.part(0)
        door.clock.advance(100)
        assert (await front.get(f"/live/~{tokens[0]}/{segment}"))[0]["status"] == "401"
