"""How long a recording of an hour takes to open, and what going back two hours costs: 1 s segments, 2.7 Mbps, two tracks.

How to read it: "open" is from the first request to the last byte of what a player needs before its first frame (multivariant playlist,
both media playlists, both headers, both first segments), over HTTP from an edge in this process. "cold" has nothing read yet
and nothing cached; "warm" is the same viewer's second time. "static" is the same server in front of files that hold the very
same bytes. The goal is 200 ms cold. The rest are figures that decided how playlists are cut.
"""

import argparse
import asyncio
import gzip
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import structlog
import uvloop

from measure import percentile, report, verdict
from tidegate.app.media import MediaSource
from tidegate.core.chunks import Track
from tidegate.core.clock import SystemClock
from tidegate.core.delivery import LiveResponse
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from tidegate.media.origin import archived, responses
from tidegate.media.origin.keys import manifest_key, media_key
from tidegate.media.origin.manifest import INDEPENDENT, End, Head, Init, Line, Manifest, Run, encode_lines
from tidegate.media.origin.reader import ManifestReader
from tidegate.media.recordings.mp4 import make_mp4
from tidegate.media.recordings.mp4_types import Mp4Track, SegmentPlace
from tidegate.media.recordings.pictures import Pictures
from tidegate.media.recordings.samples import SampleTable
from tidegate.media.recordings.vod import VodSource
from tidegate.objects.local import LocalObjects

CHANNEL, BROADCAST = "demo", "bro_local_benchmark00"
RECORDING = BROADCAST.replace("bro_", "rec_")
HOUR_S = 3600
BLOCK, REEL = 7, 30
ROUNDS = 15
GOAL_MS = 200.0
SIZES = {"video": 2_570_000 // 8, "audio": 128_000 // 8}
TRACKS = {
    "video": Track("video", "video", "avc1.640028", 90_000, bytes(800), 0.2, 1920, 1080, 30.0),
    "audio": Track("audio", "audio", "mp4a.40.2", 48_000, bytes(700), 0.2, sample_rate=48_000, channels=2),
}
NAMES = (
    "index.m3u8",
    *(f"{track}/{file}" for track in SIZES for file in ("index.m3u8", "init-s-0.mp4", "seg-s-0.m4s")),
)


def manifest_lines(seconds: int) -> bytes:
    """As a broadcast of so many segments leaves it."""
    lines: list[Line] = [Head(1, CHANNEL, BROADCAST, 1.7e9, 2, recorded=True)]
    lines += [Init("init-s-0.mp4", track) for track in TRACKS.values()]
    for first in range(0, seconds, BLOCK):
        count = min(BLOCK, seconds - first)
        for name, size in SIZES.items():
            reel = first // REEL * REEL
            lines.append(
                Run(name, "s", "init-s-0.mp4", f"reel-s-{reel}.m4s", first, (first - reel) * size, 1.7e9 + first,
                    [1.0] * count, [size] * count, [INDEPENDENT] * count)
            )  # fmt: skip
    lines.append(End(1.7e9 + seconds))
    return encode_lines(lines)


async def prepare(objects: LocalObjects, folder: Path) -> None:
    await objects.put((manifest_key(CHANNEL, BROADCAST), manifest_lines(HOUR_S)))
    for name, size in SIZES.items():
        for reel in range(0, HOUR_S, REEL):
            path = folder / media_key(CHANNEL, BROADCAST, name, f"reel-s-{reel}.m4s")
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.truncate(size * (REEL + BLOCK))


class Static:
    """Files with the same bytes."""

    def __init__(self, objects: LocalObjects) -> None:
        self._objects = objects

    def get(self, target: str, _if_none_match: bytes = b"") -> Awaitable[LiveResponse]:
        return self._read(target.partition("/")[2].partition("/")[2])

    async def _read(self, name: str) -> LiveResponse:
        data = await self._objects.get(f"static/{name}")
        return (
            responses.brief_playlist(data, b"", 30)
            if name.endswith("m3u8")
            else responses.media("video", data)
        )


async def opened(client: httpx.AsyncClient, base: str) -> tuple[float, dict[str, bytes]]:
    """Milliseconds, and what came: as a player asks, each step when the one before has told what to ask for."""
    bodies: dict[str, bytes] = {}

    async def fetch(name: str) -> None:
        answer = await client.get(f"{base}/{name}")
        answer.raise_for_status()
        bodies[name] = answer.content

    began = time.perf_counter()
    await fetch("index.m3u8")
    await asyncio.gather(*(fetch(f"{track}/index.m3u8") for track in SIZES))
    await asyncio.gather(*(fetch(name) for name in NAMES if not name.endswith("m3u8")))
    return (time.perf_counter() - began) * 1000, bodies


async def measure_open(
    make: Callable[[], object], base: str
) -> tuple[list[float], list[float], dict[str, bytes]]:
    cold, warm, bodies = [], [], {}
    clock = SystemClock()
    for _ in range(ROUNDS):
        server = EdgeServer(Edge(make(), clock), ServerConfig(port=0), clock=clock)  # type: ignore[arg-type]
        await server.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as client:
            first, bodies = await opened(client, base)
            cold.append(first)
            warm.append((await opened(client, base))[0])
        await server.stop(1.0)
    return cold, warm, bodies


def timed(work: Callable[[], object]) -> float:
    """Milliseconds, the best of five."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        work()
        best = min(best, (time.perf_counter() - began) * 1000)
    return best


def going_back() -> list[tuple[str, str]]:
    """What two hours of DVR cost."""
    lines = manifest_lines(2 * HOUR_S)
    made = Manifest()
    made.feed(lines)
    index = made.tracks["video"]
    whole = archived.media_playlist(index, 2, "sliding").encode()
    delta = archived.media_playlist(index, 2, "sliding", skip=True).encode()
    live = archived.media_playlist(index, 2, "sliding", first_msn=2 * HOUR_S - 60).encode()

    def read() -> None:
        Manifest().feed(lines)

    return [
        ("manifest, bytes a segment", f"{len(lines) / made.segments:.0f}"),
        ("reading it, 2 h, ms", f"{timed(read):.1f}"),
        (
            "DVR playlist of a track, 2 h, kB (gzip)",
            f"{len(whole) / 1e3:.0f} ({len(gzip.compress(whole, 5)) / 1e3:.0f})",
        ),
        ("the same of the last minute, kB", f"{len(live) / 1e3:.1f}"),
        ("its delta update, kB", f"{len(delta) / 1e3:.1f}"),
        ("rendering it anew, ms", f"{timed(lambda: archived.media_playlist(index, 2, 'sliding')):.2f}"),
    ]


def download_index() -> list[tuple[str, str]]:
    """What making the index of an hour's file costs, its sample tables being there."""
    tracks = []
    for name, (per_chunk, chunks, ticks) in {"video": (6, 5, 3000), "audio": (9, 5, 1024)}.items():
        table = SampleTable()
        for segment in range(HOUR_S):
            table.chunks.append(chunks)
            table.places.extend(range(100, 100 + chunks))
            table.counts.extend([per_chunk] * chunks)
            table.times.extend((segment * chunks + chunk) * per_chunk * ticks for chunk in range(chunks))
        samples = HOUR_S * chunks * per_chunk
        table.sizes.extend([500] * samples)
        table.durations.extend([ticks] * samples)
        table.offsets.extend([0] * samples)
        table.syncs.extend(([1] + [0] * 29) * (samples // 30) if name == "video" else [1] * samples)
        segments = [SegmentPlace("r", 0, SIZES[name], 1.0, "i")] * HOUR_S
        tracks.append(Mp4Track(name, {"i": _with_header(name)}, segments, table))
    made = make_mp4(tracks)
    return [
        ("index of a downloaded hour, kB", f"{len(made.head) / 1e3:.0f}"),
        ("making it, ms", f"{timed(lambda: make_mp4(tracks)):.0f}"),
    ]


def _with_header(name: str) -> Track:
    from tidegate.media.cmaf.header import audio_header, video_header  # noqa: PLC0415
    from tidegate.media.types import AudioConfig, VideoConfig  # noqa: PLC0415

    track = TRACKS[name]
    if name == "video":
        init = video_header(VideoConfig("avc1", track.codec, bytes(40), 1920, 1080, 30.0), track.timescale)
    else:
        init = audio_header(AudioConfig("mp4a", track.codec, b"\x11\x90", 48_000, 2, 1024), track.timescale)
    return Track(track.name, track.kind, track.codec, track.timescale, init, 0.2, track.width, track.height)


async def run(*, as_json: bool) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    objects = LocalObjects(folder)
    clock = SystemClock()
    try:
        await prepare(objects, folder)

        def recording() -> MediaSource:
            reader = ManifestReader(objects, clock)
            vod = VodSource(objects, reader, Pictures(objects, reader))
            return MediaSource(Static(objects), vod)

        cold, warm, bodies = await measure_open(recording, f"/vod/{CHANNEL}/{RECORDING}")
        await objects.put(*((f"static/{name}", body) for name, body in bodies.items()))
        static_cold, static_warm, _ = await measure_open(
            lambda: Static(objects), f"/live/{CHANNEL}/{RECORDING}"
        )
    finally:
        await objects.close()
        shutil.rmtree(folder)
    rows = []
    for what, values, static in (("cold", cold, static_cold), ("warm", warm, static_warm)):
        median, base = percentile(values, 0.5), percentile(static, 0.5)
        rows.append(
            (what, f"{median:.1f}", f"{percentile(values, 0.95):.1f}", f"{base:.1f}", f"{median / base:.2f}")
        )
    size = sum(map(len, bodies.values())) / 1e6
    title = f"Opening a recording of an hour, {size:.2f} MB asked for; goal {GOAL_MS:.0f} ms: "
    title += verdict(percentile(cold, 0.5), GOAL_MS)
    figures = [*going_back(), *download_index()]
    data = {
        "cold_ms": percentile(cold, 0.5),
        "warm_ms": percentile(warm, 0.5),
        "static_cold_ms": percentile(static_cold, 0.5),
        "static_warm_ms": percentile(static_warm, 0.5),
        **dict(figures),
    }
    report(title, ("open", "p50 ms", "p95 ms", "static p50 ms", "ratio"), rows, data, as_json=as_json)
    if not as_json:
        report("What was chosen by measure", ("what", "value"), figures, data, as_json=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the data behind the tables")
    uvloop.run(run(as_json=parser.parse_args().json))
