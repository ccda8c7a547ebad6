"""Pictures of recordings: a poster, and a storyboard that shows where a viewer would land.

In: recordings that ended or are asked for. Out: `poster.jpg`, `storyboard.jpg` and `storyboard.vtt` (WebVTT with `#xywh` fragments) beside
the media. Keyframes alone are decoded, a hundred at most, in a process at the lowest priority; one at a time, and after each a rest of
several times as long, so that pictures never take more than a twentieth of a core from what is on air. What cannot be drawn is
not drawn.
"""

import asyncio
import sys
import time
from collections import OrderedDict

import msgspec
import structlog

from tidegate.core.errors import TidegateError
from tidegate.media.origin.keys import broadcast_prefix, media_key
from tidegate.media.origin.manifest import INDEPENDENT, Manifest, Place, TrackIndex
from tidegate.media.origin.reader import ManifestReader
from tidegate.media.recordings.pictures_types import LENGTH, Wish
from tidegate.media.recordings.samples import SampleError, boxes
from tidegate.objects.abc import Objects

POSTER, STORYBOARD, TRACK = "poster.jpg", "storyboard.jpg", "storyboard.vtt"

TILES_MAX = 100
TILE_WIDTH = 160
COLUMNS = 10
POSTER_WIDTH = 640
EVERY_MIN_S = 2.0
"""Least distance of two tiles."""

GROWN_BY = 1.5
"""A growing recording is drawn anew when it is so many times as long as last time."""

FIRST_READ_BYTES = 256 << 10
"""Read of a segment at first; its first fragment is nearly always shorter."""

REST = 20
WAITING_MAX = 256
DEADLINE_S = 180.0

_log = structlog.get_logger()


class Pictures:
    """Draws what is wanted, the latest wish last; at `WAITING_MAX` wishes the oldest is dropped, to be wished again."""

    def __init__(self, objects: Objects, reader: ManifestReader, rest: float = REST) -> None:
        self._objects = objects
        self._reader = reader
        self._rest = rest
        self._wanted: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._drawn_s: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def want(self, channel: str, broadcast: str) -> None:
        """Draw this recording when its turn comes, unless its pictures are as new as they need be."""
        if (channel, broadcast) in self._wanted:
            return
        if len(self._wanted) >= WAITING_MAX:
            self._wanted.popitem(last=False)
        self._wanted[channel, broadcast] = None
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._draw_wanted(), name="pictures")

    async def _draw_wanted(self) -> None:
        try:
            while self._wanted:
                channel, broadcast = next(iter(self._wanted))
                took_s = 0.0
                try:
                    took_s = await self._draw(channel, broadcast)
                except (TidegateError, SampleError, OSError, TimeoutError) as error:
                    _log.warning("pictures_not_drawn", channel=channel, broadcast=broadcast, error=str(error))
                self._wanted.pop((channel, broadcast), None)
                await asyncio.sleep(took_s * self._rest)
        finally:
            self._task = None

    async def _draw(self, channel: str, broadcast: str) -> float:
        """Returns how long it took, seconds."""
        manifest = await self._reader.read(channel, broadcast)
        index = video_of(manifest)
        length_s = manifest.duration_s
        if index is None or index.track is None or not index.track.width:
            return 0.0
        drawn_s = self._drawn_s.get((channel, broadcast), 0.0)
        if drawn_s and length_s < drawn_s * (1.0 if manifest.ended_at is not None else GROWN_BY):
            return 0.0
        keyframes = keyframes_of(index, length_s)
        blobs = [await self._keyframe(manifest, index, place) for _, place in keyframes]
        height = max(2, round(TILE_WIDTH * index.track.height / index.track.width / 2) * 2)
        wish = Wish(len(blobs), COLUMNS, TILE_WIDTH, height, len(blobs) // 3, POSTER_WIDTH)
        began = time.perf_counter()
        board, poster = await _drawn(wish, blobs)
        if not board:
            raise SampleError("no keyframe could be decoded")
        prefix = broadcast_prefix(channel, broadcast)
        track = storyboard_track([at_s for at_s, _ in keyframes], length_s, height)
        await self._objects.put(
            (f"{prefix}/{STORYBOARD}", board), (f"{prefix}/{POSTER}", poster), (f"{prefix}/{TRACK}", track)
        )
        self._drawn_s[channel, broadcast] = length_s
        while len(self._drawn_s) > WAITING_MAX:
            self._drawn_s.popitem(last=False)
        return time.perf_counter() - began

    async def _keyframe(self, manifest: Manifest, index: TrackIndex, place: Place) -> bytes:
        """A header and the first fragment of a segment: what it takes to decode its first picture."""
        head, track = manifest.head, index.track
        if head is None or track is None:
            return b""
        key = media_key(head.channel, head.broadcast, track.name, place.reel)
        length = min(place.size, FIRST_READ_BYTES)
        data = await self._objects.get(key, offset=place.offset, length=length)
        end = first_fragment_end(data)
        if not end and length < place.size:
            data = await self._objects.get(key, offset=place.offset, length=place.size)
            end = first_fragment_end(data)
        return index.inits[place.map_uri].init + data[:end]


def video_of(manifest: Manifest) -> TrackIndex | None:
    """The video track of the smallest picture: it shows the same, and is decoded soonest."""
    videos = [
        index for index in manifest.played.values() if index.track is not None and index.track.kind == "video"
    ]
    return min(
        videos, key=lambda index: index.track.width * index.track.height if index.track else 0, default=None
    )


def keyframes_of(index: TrackIndex, length_s: float) -> list[tuple[float, Place]]:
    """Segments to draw, with their time from the beginning: evenly spread, at most `TILES_MAX`."""
    every_s = max(EVERY_MIN_S, length_s / TILES_MAX)
    found: list[tuple[float, Place]] = []
    at_s = due_s = 0.0
    for run in index.runs:
        for place in run.places():
            if place.reel and place.flags & INDEPENDENT and at_s >= due_s and len(found) < TILES_MAX:
                found.append((at_s, place))
                due_s = at_s + every_s * 0.999
            at_s += place.duration_s
    return found


def first_fragment_end(data: bytes) -> int:
    """Where the first `mdat` ends, 0 where it is not whole."""
    try:
        for kind, _, end in boxes(data, 0, len(data)):
            if kind == b"mdat":
                return end
    except SampleError:
        return 0
    return 0


def storyboard_track(times: list[float], length_s: float, height: int) -> bytes:
    """The storyboard as a WebVTT metadata track: each cue names a rectangle of the picture (Media Fragments 4.2.2)."""
    lines = ["WEBVTT\n"]
    for number, at_s in enumerate(times):
        until_s = times[number + 1] if number + 1 < len(times) else max(length_s, at_s + 0.001)
        row, column = divmod(number, COLUMNS)
        rectangle = f"{column * TILE_WIDTH},{row * height},{TILE_WIDTH},{height}"
        lines.append(f"{_clock(at_s)} --> {_clock(until_s)}\n{STORYBOARD}#xywh={rectangle}\n")
    return "\n".join(lines).encode()


def _clock(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}.{millis % 1000:03}"


async def _drawn(wish: Wish, blobs: list[bytes]) -> tuple[bytes, bytes]:
    """Storyboard and poster, both empty where the process ended without."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tidegate.media.recordings.pictures_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    said = msgspec.json.encode(wish) + b"\n" + b"".join(LENGTH.pack(len(blob)) + blob for blob in blobs)
    try:
        async with asyncio.timeout(DEADLINE_S):
            answer, _ = await process.communicate(said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    pictures = []
    for _ in range(2):
        size = LENGTH.unpack_from(answer)[0] if len(answer) >= LENGTH.size else 0
        pictures.append(answer[LENGTH.size : LENGTH.size + size])
        answer = answer[LENGTH.size + size :]
    return pictures[0], pictures[1]
