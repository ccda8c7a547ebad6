"""Clips exact to the frame: the server's side of the process that decodes and encodes them.

In: a manifest and two times. Out: the clip's media in the object store, and the manifest lines that say where. Stored segments go to
the process as they are read and the clip's come back as they are made, so a clip of any quality costs the server a few segments of memory.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec

from tidegate.core.chunks import Track
from tidegate.core.errors import InvalidError, UnavailableError
from tidegate.media.origin.keys import media_key
from tidegate.media.origin.manifest import (
    DISCONTINUITY,
    INDEPENDENT,
    Init,
    Line,
    Manifest,
    Place,
    Run,
    TrackIndex,
)
from tidegate.media.recordings.exact_types import (
    LENGTH,
    Answer,
    CutFailed,
    CutSegment,
    CutTrack,
    Order,
    Piece,
    Told,
)
from tidegate.media.recordings.types import Recording
from tidegate.objects.abc import Objects

EXACT_MAX_S: Final = 60.0
"""Longest clip that is encoded anew."""

BYTES_MAX: Final = 1 << 30
"""What may have to be read for one: a minute at a hundred megabits a second, and a group of pictures on each side."""

DEADLINE_S: Final = 900.0
ANSWER_BYTES_MAX: Final = 64 << 20

_decode = msgspec.json.Decoder(Answer).decode


class ClipProcessError(UnavailableError):
    code = "clip-process"


class Source(NamedTuple):
    """A segment to be read: a piece of the order, its header, and where it is stored."""

    piece: Piece
    init: bytes
    track: str
    place: Place


class ExactCut:
    """One clip in the making; `lines` and `reels` are its manifest's and its files once `run` is done."""

    def __init__(
        self, objects: Objects, manifest: Manifest, clip: Recording, tell: Callable[[float], None]
    ) -> None:
        self._objects = objects
        self._manifest = manifest
        self._clip = clip
        self._tell = tell
        self._runs: dict[str, Run] = {}
        self._sizes: dict[str, int] = {}
        self._wall_s = 0.0
        self.lines: list[Line] = []
        self.reels: list[str] = []
        self.target_s = 1

    async def run(self, first: int, end: int, begin_s: float, end_s: float) -> None:
        """Cut from `begin_s` to `end_s` out of the segments from `first` to, not including, `end`.

        Raises:
            InvalidError: it cannot be cut, and why.
            ClipProcessError: the process died or took too long.
            ObjectsError: the store did not answer.
        """
        sources = list(_sources(self._manifest, first, end))
        if not any(each.piece.video for each in sources):
            raise InvalidError("There is no picture to cut by.", hint="Cut at keyframes instead.")
        if sum(each.piece.size for each in sources) > BYTES_MAX:
            raise InvalidError("This stretch is too large to be encoded anew.", hint="Choose a shorter one.")
        self._wall_s = sources[0].place.wall_s - sources[0].piece.at_s
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tidegate.media.recordings.exact_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        feeding = asyncio.create_task(
            self._feed(process, Order(begin_s, end_s, [s.piece for s in sources]), sources)
        )
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self._take(process)
                if await process.wait():
                    raise ClipProcessError("The clip could not be encoded.", hint="Choose a shorter one.")
        except TimeoutError:
            raise ClipProcessError("Encoding the clip took too long.", hint="Choose a shorter one.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            feeding.cancel()
            fed = (await asyncio.gather(feeding, return_exceptions=True))[0]
        if isinstance(fed, Exception) and not isinstance(fed, OSError):
            raise fed
        self.lines += self._runs.values()

    async def _feed(self, process: asyncio.subprocess.Process, order: Order, sources: list[Source]) -> None:
        pipe, head = process.stdin, self._manifest.head
        if pipe is None or head is None:
            return
        try:
            said = msgspec.json.encode(order)
            pipe.write(LENGTH.pack(len(said)) + said)
            for piece, init, track, place in sources:
                key = media_key(head.channel, head.broadcast, track, place.reel)
                data = await self._objects.get(key, offset=place.offset, length=place.size)
                if len(data) != piece.size:
                    raise InvalidError(
                        "Some of this recording is not stored any more.", hint="Choose other times."
                    )
                pipe.write(init + data)
                await pipe.drain()
        finally:
            pipe.close()

    async def _take(self, process: asyncio.subprocess.Process) -> None:
        pipe = process.stdout
        if pipe is None:
            return
        while size := await pipe.read(LENGTH.size):
            try:
                if len(size) < LENGTH.size:
                    size += await pipe.readexactly(LENGTH.size - len(size))
                answer = _decode(await pipe.readexactly(min(LENGTH.unpack(size)[0], ANSWER_BYTES_MAX)))
                if isinstance(answer, CutTrack | CutSegment):
                    await self._store(answer, await pipe.readexactly(min(answer.size, ANSWER_BYTES_MAX)))
            except asyncio.IncompleteReadError:
                return  # it died: its exit code says so
            if isinstance(answer, CutFailed):
                raise InvalidError(answer.reason, hint="")
            if isinstance(answer, Told):
                self._tell(answer.progress)

    async def _store(self, answer: CutTrack | CutSegment, data: bytes) -> None:
        name = "video" if answer.video else "audio"
        if isinstance(answer, CutTrack):
            track = _track(name, answer, data, self._manifest)
            uri = "init-clip-0.mp4"
            self.lines.append(Init(uri, track))
            self._runs[name] = Run(name, "clip", uri, "reel-clip-0.m4s", 0, 0, 0.0, [], [], [])
            self._sizes[name] = 0
            self.reels.append(media_key(self._clip.channel, self._clip.broadcast, name, "reel-clip-0.m4s"))
            return
        run = self._runs[name]
        if not run.sizes:
            self._runs[name] = run = msgspec.structs.replace(run, wall_s=self._wall_s + answer.at_s)
        key = media_key(self._clip.channel, self._clip.broadcast, name, run.reel)
        await self._objects.extend((key, self._sizes[name], data))
        self._sizes[name] += len(data)
        run.sizes.append(len(data))
        run.durations_s.append(answer.duration_s)
        run.flags.append(INDEPENDENT)
        self.target_s = max(self.target_s, round(answer.duration_s))


def _track(name: str, answer: CutTrack, init: bytes, manifest: Manifest) -> Track:
    index = manifest.played.get(name) or _of_kind(manifest, name)
    was = index.track if index is not None else None
    return Track(
        name,
        "video" if answer.video else "audio",
        answer.codec,
        answer.timescale,
        init,
        0.0,
        width=answer.width,
        height=answer.height,
        fps=was.fps if was is not None else 0.0,
        sample_rate=was.sample_rate if was is not None else 0,
        channels=was.channels if was is not None else 0,
    )


def _of_kind(manifest: Manifest, kind: str) -> TrackIndex | None:
    """The publisher's own track of a kind: it is called so; else the first there is."""
    played = manifest.played
    own = played.get(kind)
    if own is not None:
        return own
    return next((each for each in played.values() if each.track and each.track.kind == kind), None)


def _sources(manifest: Manifest, first: int, end: int) -> Iterator[Source]:
    """The picture's segments, then those of the sound, each with the timeline it is on."""
    video, audio = _of_kind(manifest, "video"), _of_kind(manifest, "audio")
    groups: dict[int, int] = {}
    group, session, broken = 0, "", False
    for index in (video, audio):
        if index is None or index.track is None:
            continue
        at_s, map_uri = 0.0, ""
        for run in index.runs:
            for place in run.places():
                if first <= place.msn < end:
                    if index is video:
                        if place.flags & DISCONTINUITY or place.session != session or broken:
                            group, session = group + 1, place.session
                        broken = not place.reel
                        groups[place.msn] = group
                    if place.reel and place.msn in groups:
                        init = index.inits[place.map_uri].init if place.map_uri != map_uri else b""
                        map_uri = place.map_uri
                        piece = Piece(index is video, groups[place.msn], at_s, len(init), place.size)
                        yield Source(piece, init, index.track.name, place)
                at_s += place.duration_s
