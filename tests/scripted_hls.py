"""A small LL-HLS server that tests lead: live parts at a chosen pace, and the faults a player must live through.

It serves two demuxed tracks with real `moof` boxes, blocking reloads, delta updates and preload hints. It shares no
code with the product, so that it agrees with the standard and not with us.
"""

import asyncio
import struct
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

TIMESCALE = 1000
WINDOW = 12


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def fragment(start: int, duration: int, payload: bytes = b"\0" * 64) -> bytes:
    """One `moof` of one sample, ticks of `TIMESCALE`, with its `mdat`."""
    tfhd = box(b"tfhd", struct.pack(">II", 0x020000, 1))
    tfdt = box(b"tfdt", struct.pack(">IQ", 0x01000000, start))
    trun = box(b"trun", struct.pack(">IIII", 0x300, 1, duration, len(payload)))
    return box(b"moof", box(b"traf", tfhd, tfdt, trun)) + box(b"mdat", payload)


@dataclass
class Piece:
    name: str
    duration_s: float
    data: bytes
    independent: bool
    gap: bool = False


@dataclass
class Cut:
    """One segment as it grows."""

    msn: int
    pdt: float
    discontinuity: bool = False
    parts: list[Piece] = field(default_factory=list)
    done: bool = False
    init: str = "init-0.mp4"

    @property
    def duration_s(self) -> float:
        return sum(part.duration_s for part in self.parts)


class Stream:
    """A live stream of parts of `part_s`, `parts_per_segment` to a segment."""

    def __init__(self, part_s: float = 0.05, parts_per_segment: int = 5, *, low_latency: bool = True) -> None:
        self.part_s = part_s
        self.per_segment = parts_per_segment
        self.low_latency = low_latency
        self.cuts: list[Cut] = []
        self.ended = False
        self.paused = False
        self.discontinuity_sequence = 0
        self.grown = asyncio.Condition()
        self._ticks = 0
        self._number = 0
        self._break_next = False
        self._init = 0
        self.gap_next = False
        self.payload = b"\0" * 64

    def break_here(self, *, new_init: bool = False) -> None:
        """The next segment begins after a discontinuity, as after a publisher's return."""
        self._break_next = True
        self._init += new_init

    async def grow(self) -> None:
        due = time.monotonic()
        while not self.ended:
            due = max(due + self.part_s, time.monotonic() - 1)
            await asyncio.sleep(due - time.monotonic())
            if not self.paused:
                await self.add_part()

    async def add_part(self) -> None:
        async with self.grown:
            self._add_part(time.time() - self.part_s)
            self.grown.notify_all()

    def prefill(self, segments: int) -> None:
        now = time.time()
        total = segments * self.per_segment
        for index in range(total):
            self._add_part(now - (total - index) * self.part_s)

    def _add_part(self, pdt: float) -> None:
        if not self.cuts or self.cuts[-1].done or self._break_next:
            if self.cuts:
                self.cuts[-1].done = True
            msn = self.cuts[-1].msn + 1 if self.cuts else 100
            start = pdt if self._break_next or not self.cuts else self.cuts[-1].pdt + self.cuts[-1].duration_s
            self.cuts.append(Cut(msn, start, self._break_next, init=f"init-{self._init}.mp4"))
            self._break_next = False
        cut = self.cuts[-1]
        ticks = round(self.part_s * TIMESCALE)
        cut.parts.append(
            Piece(
                f"part-{self._number}.m4s",
                self.part_s,
                fragment(self._ticks, ticks, self.payload),
                not cut.parts,
                self.gap_next,
            )
        )
        self.gap_next = False
        self._number += 1
        self._ticks += ticks
        cut.done = len(cut.parts) >= self.per_segment
        while len(self.cuts) > WINDOW:
            self.discontinuity_sequence += self.cuts.pop(0).discontinuity

    async def end(self) -> None:
        async with self.grown:
            self.ended = True
            if self.cuts:
                self.cuts[-1].done = True
            self.grown.notify_all()

    def has(self, msn: int, part: int) -> bool:
        last = self.cuts[-1]
        if self.ended or last.msn > msn:
            return True
        return last.msn == msn and (last.done if part < 0 else len(last.parts) > part)

    def render(self, *, skip: bool = False) -> str:
        target = max(1, round(self.part_s * self.per_segment))
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            f"#EXT-X-TARGETDURATION:{target}",
            f"#EXT-X-MEDIA-SEQUENCE:{self.cuts[0].msn}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}",
        ]
        if self.low_latency:
            lines += [
                f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={self.part_s * 3:.3f},CAN-SKIP-UNTIL={target * 6}",
                f"#EXT-X-PART-INF:PART-TARGET={self.part_s}",
            ]
        shown = self.cuts if self.low_latency else [cut for cut in self.cuts if cut.done]
        skipped = max(0, len(shown) - 6) if skip else 0
        if skipped:
            lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
        init = "" if not skipped else shown[skipped - 1].init
        for cut in shown[skipped:]:
            if cut.discontinuity:
                lines.append("#EXT-X-DISCONTINUITY")
            if cut.init != init:
                init = cut.init
                lines.append(f'#EXT-X-MAP:URI="{init}"')
            stamp = (
                datetime.fromtimestamp(cut.pdt, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            )
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{stamp}")
            if self.low_latency and cut.msn > shown[-1].msn - 3:
                lines += [self._part(part) for part in cut.parts]
            if cut.done:
                lines += [f"#EXTINF:{cut.duration_s:.3f},", f"seg-{cut.msn}.m4s"]
        if self.ended:
            lines.append("#EXT-X-ENDLIST")
        elif self.low_latency:
            lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-{self._number}.m4s"')
        return "\n".join(lines) + "\n"

    def _part(self, part: Piece) -> str:
        flags = (",INDEPENDENT=YES" if part.independent else "") + (",GAP=YES" if part.gap else "")
        return f'#EXT-X-PART:DURATION={part.duration_s:.3f},URI="{part.name}"{flags}'

    async def media(self, name: str, timeout_s: float) -> bytes | None:
        if name.startswith("init-"):
            return box(b"ftyp", b"iso6") + box(b"moov", box(b"mvex", box(b"trex", bytes(24))))
        if name.startswith("seg-"):
            cut = next((cut for cut in self.cuts if f"seg-{cut.msn}.m4s" == name), None)
            return None if cut is None else b"".join(part.data for part in cut.parts)
        if name == f"part-{self._number}.m4s":  # hinted: wait for it
            try:
                async with asyncio.timeout(timeout_s), self.grown:
                    await self.grown.wait_for(lambda: self.ended or name != f"part-{self._number}.m4s")
            except TimeoutError:
                return None
        for cut in reversed(self.cuts):
            for part in cut.parts:
                if part.name == name:
                    return None if part.gap else part.data
        return None


MULTIVARIANT = """#EXTM3U
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="main",DEFAULT=YES,URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2500000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
video/index.m3u8
"""


class ScriptedHls:
    """Serves one stream as a video and an audio track; an async context manager."""

    def __init__(
        self, stream: Stream, multivariant: str = MULTIVARIANT, *, block_timeout_s: float = 2.0
    ) -> None:
        self.stream = stream
        self.multivariant = multivariant
        self.block_timeout_s = block_timeout_s
        self.fail_status = 0
        self.fail_paths: dict[str, int] = {}
        self.requests: Counter[str] = Counter()
        self.headers: list[str] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/live/test/index.m3u8"

    async def __aenter__(self) -> Self:
        await self.listen()
        self._grow = asyncio.create_task(self.stream.grow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._grow.cancel()
        await asyncio.gather(self._grow, return_exceptions=True)
        await self.hang_up()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def hang_up(self) -> None:
        """Go away as a killed process does: every connection is cut."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._serving.discard(task)
            self._writers.discard(writer)

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        target = urlsplit(head.split(" ")[1])
        self.headers.append(head)
        self.requests[target.path.rsplit("/", 1)[1]] += 1
        status, body = await self._body(target.path, parse_qs(target.query))
        writer.write(f"HTTP/1.1 {status} Scripted\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async def _body(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        name = path.rsplit("/", 1)[1]
        if status := self.fail_status or self.fail_paths.get(name, 0):
            return status, b"scripted failure"
        if path == "/live/test/index.m3u8":
            return 200, self.multivariant.encode()
        if name == "index.m3u8":
            return await self._playlist(query)
        data = await self.stream.media(name, self.block_timeout_s)
        return (404, b"") if data is None else (200, data)

    async def _playlist(self, query: dict[str, list[str]]) -> tuple[int, bytes]:
        if "_HLS_msn" in query:
            msn, part = int(query["_HLS_msn"][0]), int(query.get("_HLS_part", ["-1"])[0])
            try:
                async with asyncio.timeout(self.block_timeout_s), self.stream.grown:
                    await self.stream.grown.wait_for(lambda: self.stream.has(msn, part))
            except TimeoutError:
                return 503, b""
        return 200, self.stream.render(skip="_HLS_skip" in query).encode()
