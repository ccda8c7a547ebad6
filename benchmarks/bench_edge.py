"""What one audience costs: the edge against nginx with proxy_cache and proxy_cache_lock, before the same origin.

Three processes: a scripted origin (a 66 kB part and a new playlist version every 200 ms, over HTTP), the edge or
nginx, and one load process whose viewers each hold a blocking playlist request and then fetch the new part, on
keep-alive connections. All read the same monotonic clock, so waits count from when the origin had the part.

The load process is near a core of its own at a thousand viewers, and its delay is part of every wait.

    python benchmarks/bench_edge.py --viewers 1000 --seconds 20
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import structlog
import uvloop
from rich.console import Console
from rich.table import Table

from tidegate.core.clock import SystemClock
from tidegate.core.delivery import LiveResponse
from tidegate.media.edge.config import EdgeConfig, ServerConfig
from tidegate.media.edge.flights import Pending
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Answer, Edge
from tidegate.media.edge.upstream import HttpSource

PART_S = 0.2
PART_BYTES = 66_000
PARTS_PER_SEGMENT = 5
WINDOW_SEGMENTS = 8
WARM_UP_S = 3.0
MAX_CONNECTIONS = 20_000
STAMP = b"#PUBLISHED:"


class CadenceSource:
    """A `LiveSource` whose next part appears every `PART_S`."""

    def __init__(self) -> None:
        self.parts = 0
        self._body = os.urandom(PART_BYTES)
        self._playlist = b""
        self._waiting: dict[int, list[tuple[str, asyncio.Future[LiveResponse]]]] = {}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        while True:
            await asyncio.sleep(start + self.parts * PART_S - loop.time())
            self.parts += 1
            self._playlist = self._render()
            for target, future in self._waiting.pop(self.parts, ()):
                if not future.done():
                    future.set_result(self._response(target))

    def get(self, target: str, _if_none_match: bytes = b"") -> "LiveResponse | asyncio.Future[LiveResponse]":
        needed = self._needed(target)
        if needed <= self.parts:
            return self._response(target)
        future: asyncio.Future[LiveResponse] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(needed, []).append((target, future))
        return future

    def _needed(self, target: str) -> int:
        path, _, query = target.partition("?")
        if not path.endswith(".m3u8"):
            return int(path.rpartition("-")[2].removesuffix(".m4s")) + 1
        if not query:
            return 0
        asked = dict(pair.split("=") for pair in query.split("&"))
        return int(asked["_HLS_msn"]) * PARTS_PER_SEGMENT + int(asked["_HLS_part"]) + 1

    def _response(self, target: str) -> LiveResponse:
        if ".m3u8" in target:
            return LiveResponse(
                200,
                ((b"content-type", b"application/vnd.apple.mpegurl"), (b"cache-control", b"max-age=4")),
                self._playlist,
                max_age_s=4.0,
                etag=b'"%d"' % self.parts,
            )
        headers = (
            (b"content-type", b"video/mp4"),
            (b"cache-control", b"public, max-age=31536000, immutable"),
        )
        return LiveResponse(200, headers, self._body, max_age_s=31_536_000.0, etag=b'"p"')

    def _render(self) -> bytes:
        segments, parts = divmod(self.parts, PARTS_PER_SEGMENT)
        first = max(0, segments - WINDOW_SEGMENTS)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            "#EXT-X-TARGETDURATION:1",
            f"#EXT-X-PART-INF:PART-TARGET={PART_S}",
        ]
        lines += [
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
        ]
        for segment in range(first, segments + 1):
            there = PARTS_PER_SEGMENT if segment < segments else parts
            if segment > segments - 3:
                numbers = range(segment * PARTS_PER_SEGMENT, segment * PARTS_PER_SEGMENT + there)
                lines += [f'#EXT-X-PART:DURATION={PART_S},URI="part-s-{number}.m4s"' for number in numbers]
            if segment < segments:
                lines += ["#EXTINF:1.00000,", f"seg-s-{segment}.m4s"]
        lines += [f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-s-{self.parts}.m4s"']
        return "\n".join(lines).encode() + b"\n" + STAMP + f"{time.monotonic():.6f}\n".encode()


class CountingEdge(Edge):
    """Counts what reaches the origin, by target, before the origin's own front door collapses it."""

    def __init__(self, source: CadenceSource) -> None:
        super().__init__(source, SystemClock())
        self.asked: Counter[str] = Counter()

    def handle(self, target: str, *given: Any) -> Answer | Pending:
        self.asked[target] += 1
        return super().handle(target, *given)


async def _stopped() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


def _say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


async def origin_role() -> None:
    source = CadenceSource()
    edge = CountingEdge(source)
    server = EdgeServer(edge, ServerConfig(port=0, max_connections=MAX_CONNECTIONS))
    await server.start()
    cadence = asyncio.ensure_future(source.run())
    _say(port=server.port)
    await _stopped()
    cadence.cancel()
    kinds = {
        kind: [count for target, count in edge.asked.items() if kind in target]
        for kind in ("part-s", "_HLS_msn")
    }
    _say(**{kind: sum(counts) / max(1, len(counts)) for kind, counts in kinds.items()})
    await server.stop(grace_s=0)


async def edge_role(origin_port: int) -> None:
    source = HttpSource(f"http://127.0.0.1:{origin_port}")
    edge = Edge(source, SystemClock(), EdgeConfig())
    server = EdgeServer(edge, ServerConfig(port=0, max_connections=MAX_CONNECTIONS, backlog=4096))
    await server.start()
    _say(port=server.port)
    await _stopped()
    await server.stop(grace_s=0)
    source.close()


class Waits:
    """What all viewers of one load process measured, seconds."""

    def __init__(self) -> None:
        self.measuring = False
        self.playlist: list[float] = []
        self.part: list[float] = []
        self.bytes = 0
        self.errors = 0


SCRATCH = bytearray(1024 * 1024)
VIEW = memoryview(SCRATCH)


class Viewer(asyncio.BufferedProtocol):
    """One long-poll viewer. Reads into one buffer shared by all, since each read is used up at once."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._transport: Any = None
        self._next = 0
        self._left = 0
        self._held = b""
        self._playlist = True
        self._asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask("index.m3u8")

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._transport is not None:
            self._waits.errors += 1

    def stop(self) -> None:
        transport, self._transport = self._transport, None
        transport.abort()

    def get_buffer(self, _sizehint: int) -> bytearray:
        return SCRATCH

    def buffer_updated(self, nbytes: int) -> None:
        if self._playlist:
            self._held += VIEW[:nbytes]
            self._read_playlist()
        elif self._left:
            self._took(nbytes)
        else:
            self._held += VIEW[: min(nbytes, 4096)]
            end = self._held.find(b"\r\n\r\n")
            if end >= 0:
                already = end + 4 - (len(self._held) - min(nbytes, 4096))
                self._left = self._length(end)
                self._held = b""
                self._took(nbytes - already)

    def _took(self, nbytes: int) -> None:
        self._left -= nbytes
        if self._left:
            return
        if self._waits.measuring:
            self._waits.part.append(time.monotonic() - self._asked_at)
            self._waits.bytes += PART_BYTES
        self._playlist = True
        self._ask(
            f"index.m3u8?_HLS_msn={self._next // PARTS_PER_SEGMENT}&_HLS_part={self._next % PARTS_PER_SEGMENT}"
        )

    def _read_playlist(self) -> None:
        end = self._held.find(b"\r\n\r\n")
        if end < 0 or len(self._held) < end + 4 + self._length(end):
            return
        now = time.monotonic()
        body, self._held = self._held, b""
        stamp = body.rindex(STAMP)
        if self._waits.measuring and self._next:
            self._waits.playlist.append(now - float(body[stamp + len(STAMP) :]))
        hint = body.rindex(b"part-s-", 0, stamp)
        newest = int(body[hint + 7 : body.index(b".", hint)]) - 1
        self._next = newest + 1
        self._playlist = False
        self._ask(f"part-s-{newest}.m4s")

    def _length(self, end: int) -> int:
        if not self._held.startswith(b"HTTP/1.1 200"):
            self._waits.errors += 1
        start = self._held.lower().index(b"content-length: ", 0, end) + 16
        return int(self._held[start : self._held.index(b"\r", start)])

    def _ask(self, name: str) -> None:
        self._asked_at = time.monotonic()
        self._transport.write(
            f"GET /live/demo/video/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
            "Accept: */*\r\nAccept-Encoding: identity\r\n\r\n".encode()
        )


async def load_role(port: int, viewers: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    waits = Waits()
    audience = []
    for _ in range(viewers):
        _, viewer = await loop.create_connection(lambda: Viewer(waits), "127.0.0.1", port)
        audience.append(viewer)
    await asyncio.sleep(WARM_UP_S)
    waits.measuring, waits.errors = True, 0
    cpu = time.process_time()
    _say(measuring=True)
    await asyncio.sleep(seconds)
    waits.measuring = False
    _say(
        playlist=_percentiles(waits.playlist),
        part=_percentiles(waits.part),
        mbps=waits.bytes * 8 / seconds / 1e6,
        errors=waits.errors,
        cpu=(time.process_time() - cpu) / seconds,
        rate=len(waits.part) / viewers / seconds,
    )
    for viewer in audience:
        viewer.stop()


def _percentiles(waits: list[float]) -> dict[str, float]:
    ordered = sorted(waits) or [float("nan")]
    return {name: ordered[int(len(ordered) * share)] * 1000 for name, share in (("p50", 0.5), ("p95", 0.95))}


class Child:
    """A role of this file in its own process, speaking JSON lines."""

    def __init__(self, *role: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *map(str, role)], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.pids = [self._process.pid]

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"A benchmark process ended early with {self._process.wait()}.")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def stop(self) -> None:
        self._process.terminate()

    def end(self) -> None:
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 32768; }}
http {{
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 64; }}
  proxy_cache_path {folder}/cache keys_zone=live:10m max_size=512m use_temp_path=off;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffers 32 16k; proxy_cache live; proxy_cache_key $request_uri; proxy_cache_valid 200 4s;
      proxy_cache_lock on; proxy_cache_lock_timeout 10s; proxy_cache_lock_age 10s;
    }}
  }}
}}
"""


class Nginx:
    """nginx with proxy_cache and proxy_cache_lock on a free port."""

    def __init__(self, origin_port: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-edge-")
        Path(self._folder.name).chmod(0o755)
        self.port = _free_port()
        config = Path(self._folder.name, "nginx.conf")
        config.write_text(NGINX.format(folder=self._folder.name, origin=origin_port, port=self.port))
        self._process = subprocess.Popen(["nginx", "-c", str(config)])
        while not _listens(self.port):
            time.sleep(0.05)
        self.pids = [
            self._process.pid,
            *(child.pid for child in psutil.Process(self._process.pid).children()),
        ]

    def stop(self) -> None:
        self._process.terminate()

    def end(self) -> None:
        self._process.wait(10)
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with contextlib.closing(socket.socket()) as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _cpu_s(pids: list[int]) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


def measure(kind: str, viewers: int, seconds: float) -> dict[str, float]:
    origin = Child("--role", "origin")
    origin_port = origin.hear()["port"]
    front: Child | Nginx
    if kind == "edge":
        front = Child("--role", "edge", "--port", origin_port)
        port = front.hear()["port"]
    else:
        front = Nginx(origin_port)
        port = front.port
    load = Child("--role", "load", "--port", port, "--viewers", viewers, "--seconds", seconds)
    load.hear()
    before, since = _cpu_s(front.pids), time.monotonic()
    found = load.hear()
    cpu, took = _cpu_s(front.pids) - before, time.monotonic() - since
    rss = sum(psutil.Process(pid).memory_info().rss for pid in front.pids)
    load.end()
    origin.stop()
    reached = origin.hear()
    front.stop()
    for child in (origin, front):
        child.end()
    return {
        "origin requests per part": reached["part-s"],
        "origin requests per playlist version": reached["_HLS_msn"],
        "playlist wait p50, ms": found["playlist"]["p50"],
        "playlist wait p95, ms": found["playlist"]["p95"],
        "part fetch p50, ms": found["part"]["p50"],
        "part fetch p95, ms": found["part"]["p95"],
        "parts per viewer and second": found["rate"],
        "delivered, Mbit/s": found["mbps"],
        "CPU, share of one core": cpu / took,
        "CPU, µs per viewer-second": cpu / took / viewers * 1e6,
        "CPU, µs per part delivered with its playlist": cpu / took / max(1e-9, found["rate"] * viewers) * 1e6,
        "viewers per core": viewers * took / cpu,
        "RSS, MB": rss / 1e6,
        "errors": found["errors"],
        "load process, share of one core": found["cpu"],
    }


def compare(viewers: int, seconds: float) -> None:
    edge = measure("edge", viewers, seconds)
    nginx = measure("nginx", viewers, seconds) if shutil.which("nginx") else {}
    table = Table(
        title=f"Edge: {viewers} long-poll viewers, {seconds:g} s, {PART_BYTES / 1000:g} kB parts of {PART_S:g} s"
    )
    for column in ("", "edge", "nginx + lock", "nginx ÷ edge"):
        table.add_column(column, justify="left" if not column else "right")
    for name, value in edge.items():
        peer = nginx.get(name)
        ratio = f"{peer / value:.2f}" if peer is not None and value else "–"
        table.add_row(name, f"{value:,.2f}", "–" if peer is None else f"{peer:,.2f}", ratio)
    Console(width=110).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--role", choices=["origin", "edge", "load"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if given.role == "origin":
        uvloop.run(origin_role())
    elif given.role == "edge":
        uvloop.run(edge_role(given.port))
    elif given.role == "load":
        uvloop.run(load_role(given.port, given.viewers, given.seconds))
    else:
        compare(given.viewers, given.seconds)


if __name__ == "__main__":
    main()
