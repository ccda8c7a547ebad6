"""Clips: a stretch of a recording, cut out as a recording of its own.

In: a recording, running or ended, and two times in it. Out: its segments from the keyframe before the first time to the one
after the second, copied with a manifest of their own; so a clip plays, downloads, is kept and removed like any recording, and outlives
what it was cut from. One clip is cut at a time; more wait in a bounded queue.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import ConflictError, InvalidError, TidegateError, UnavailableError
from tidegate.core.ids import new_id
from tidegate.media.origin.keys import broadcast_prefix, manifest_key, media_key
from tidegate.media.origin.manifest import (
    FORMAT,
    INDEPENDENT,
    End,
    Head,
    Init,
    Line,
    Manifest,
    Place,
    Run,
    TrackIndex,
    encode_lines,
)
from tidegate.media.recordings.exact import EXACT_MAX_S, ExactCut
from tidegate.media.recordings.service import RecordingService
from tidegate.media.recordings.types import Recording, recording_of
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError

WAITING_MAX = 32
"""Clips that may wait to be cut; a further one is refused."""

CLIP_MAX_S = 3600.0
CLIP_MIN_S = 1.0

STORED_WITHIN_S = 20.0
"""How long is waited until what has just been on air is stored."""

COPY_BYTES = 4 << 20

_log = structlog.get_logger()


Exact = Literal["gop", "frame"]
"""Cut at the keyframes around the times, nothing encoded anew · cut at the very frames, everything encoded anew."""


class ClipsBusyError(UnavailableError):
    code = "clips-busy"


class NothingRecordedError(ConflictError):
    code = "nothing-recorded"


class _Job(msgspec.Struct):
    clip: Recording
    source: Recording
    begin_s: float
    end_s: float
    exact: Exact


class Clips:
    """Cuts clips, one after the other.

    Attributes:
        progress: of the clips that wait or are being cut, by id, 0 to 1.
    """

    def __init__(
        self,
        recordings: RecordingService,
        objects: Objects,
        clock: Clock,
        make_id: Callable[[], str] = lambda: new_id("bro"),
    ) -> None:
        self._recordings = recordings
        self._objects = objects
        self._clock = clock
        self._make_id = make_id
        self._jobs: deque[_Job] = deque()
        self._task: asyncio.Task[None] | None = None
        self.progress: dict[str, float] = {}

    async def start(self) -> None:
        """Take leave of clips that an earlier life was cutting."""
        for clip in await self._recordings.unfinished_clips():
            await self._fail(clip, "The server stopped while this clip was cut. Cut it again.")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def cut(
        self, recording: str, begin_s: float, end_s: float, title: str = "", exact: Exact = "gop"
    ) -> Recording:
        """Begin a clip of a recording from `begin_s` to `end_s`, seconds from its beginning.

        Raises:
            RecordingNotFoundError: there is none of this id.
            InvalidError: the times make no clip.
            ClipsBusyError: too many wait already.
        """
        source = await self._recordings.get(recording)
        _check(source, begin_s, end_s, exact)
        if len(self._jobs) >= WAITING_MAX:
            raise ClipsBusyError(f"{WAITING_MAX} clips wait to be cut.", hint="Try again in a minute.")
        clip = msgspec.structs.replace(
            source,
            id=recording_of(self._make_id()),
            title=title or source.title,
            state="making",
            started_at=source.started_at + begin_s,
            ended_at=0.0,
            duration_s=0.0,
            gap_s=0.0,
            bytes=0,
            keep=False,
            source=source.id,
            reason="",
        )
        await self._recordings.add(clip)
        self.progress[clip.id] = 0.0
        self._jobs.append(_Job(clip, source, begin_s, end_s, exact))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="clips")
        return clip

    async def cut_last(self, channel: str, last_s: float, title: str = "") -> Recording:
        """Begin a clip of the last `last_s` seconds that were on air on `channel`.

        Raises:
            NothingRecordedError: the channel is not being recorded now, or has only just begun.
            InvalidError: the length makes no clip.
            ClipsBusyError: too many wait already.
        """
        running = [each for each in await self._recordings.recent(channel) if each.state == "growing"]
        if not running:
            raise NothingRecordedError(
                f"{channel!r} is not being recorded now.", hint="Cut from one of its recordings instead."
            )
        end_s = self._clock.wall() - running[0].started_at
        try:
            manifest = await self._recordings.manifest(running[0])
        except ObjectNotFoundError:
            raise NothingRecordedError(
                f"Nothing of {channel!r} is recorded yet.", hint="Try again in a few seconds."
            ) from None
        end_s = min(end_s, manifest.duration_s + STORED_WITHIN_S / 2)
        return await self.cut(running[0].id, max(0.0, end_s - last_s), end_s, title)

    async def _work(self) -> None:
        try:
            while self._jobs:
                job = self._jobs[0]
                try:
                    await self._cut(job)
                except TidegateError as error:
                    await self._fail(job.clip, str(error))
                finally:
                    self._jobs.popleft()
                    self.progress.pop(job.clip.id, None)
        except TidegateError as error:
            _log.warning("clips_stopped", error=str(error))
        finally:
            self._task = None

    async def _cut(self, job: _Job) -> None:
        manifest = await self._stored(job)
        head, clip = manifest.head, job.clip
        first, end = clip_range(manifest, job.begin_s, job.end_s)
        if head is None or first >= end:
            raise InvalidError("There is no media between these times.", hint="Choose others.")
        if job.exact == "frame":
            lines, reels, target_s = await self._encoded(job, manifest, first, end)
        else:
            lines, reels = await self._copied(job, manifest, first, end)
            target_s = head.target_s
        begun = Head(FORMAT, clip.channel, clip.broadcast, clip.started_at, target_s, recorded=True)
        lines = [begun, *lines, End(self._clock.wall())]
        key = manifest_key(clip.channel, clip.broadcast)
        await self._objects.seal(*reels)
        await self._objects.put((key, encode_lines(lines)))
        await self._recordings.settle(await self._measured(clip, lines))
        self._recordings.pictures.want(clip.channel, clip.broadcast)

    async def _encoded(
        self, job: _Job, manifest: Manifest, first: int, end: int
    ) -> tuple[list[Line], list[str], int]:
        def tell(progress: float) -> None:
            self.progress[job.clip.id] = progress

        cut = ExactCut(self._objects, manifest, job.clip, tell)
        await cut.run(first, end, job.begin_s, job.end_s)
        return cut.lines, cut.reels, cut.target_s

    async def _copied(
        self, job: _Job, manifest: Manifest, first: int, end: int
    ) -> tuple[list[Line], list[str]]:
        clip, lines = job.clip, list[Line]()
        tracks = manifest.played
        total = sum(place.size for index in tracks.values() for place in _places(index, first, end)) or 1
        done = 0
        reels: list[str] = []
        for name, index in tracks.items():
            places = _places(index, first, end)
            lines += [Init(uri, index.inits[uri]) for uri in dict.fromkeys(place.map_uri for place in places)]
            for group in _groups(places):
                run = _run(name, group)
                lines.append(run)
                source = (job.source.channel, job.source.broadcast, name, group[0].reel)
                if run.reel:
                    done += await self._copy(source, clip, run, group[0].offset)
                    reels.append(media_key(clip.channel, clip.broadcast, name, run.reel))
                self.progress[clip.id] = done / total
        return lines, reels

    async def _stored(self, job: _Job) -> Manifest:
        """The manifest once it has what the clip ends with, or will not have it."""
        until = self._clock.monotonic() + STORED_WITHIN_S
        while True:
            manifest = await self._recordings.manifest(job.source)
            whole = manifest.ended_at is not None or manifest.duration_s >= job.end_s
            if whole or self._clock.monotonic() >= until:
                return manifest
            await asyncio.sleep(1.0)

    async def _copy(self, source: tuple[str, str, str, str], clip: Recording, run: Run, offset: int) -> int:
        size = sum(run.sizes)
        target = media_key(clip.channel, clip.broadcast, run.track, run.reel)
        for at in range(0, size, COPY_BYTES):
            length = min(COPY_BYTES, size - at)
            data = await self._objects.get(media_key(*source), offset=offset + at, length=length)
            if len(data) != length:
                raise InvalidError(
                    "Some of this recording is not stored any more.", hint="Choose other times."
                )
            await self._objects.extend((target, at, data))
        return size

    async def _measured(self, clip: Recording, lines: list[Line]) -> Recording:
        made = Manifest()
        made.feed(encode_lines(lines))
        first = min(index.runs[0].wall_s for index in made.played.values())
        return msgspec.structs.replace(
            clip,
            state="ready",
            started_at=first,
            ended_at=made.ended_at or 0.0,
            duration_s=round(made.duration_s, 3),
            gap_s=round(made.gap_s, 3),
            bytes=made.media_bytes,
        )

    async def _fail(self, clip: Recording, reason: str) -> None:
        _log.warning("clip_failed", clip=clip.id, source=clip.source, reason=reason)
        await self._recordings.settle(msgspec.structs.replace(clip, state="failed", reason=reason))
        await self._objects.delete_prefix(broadcast_prefix(clip.channel, clip.broadcast))


def clip_range(manifest: Manifest, begin_s: float, end_s: float) -> tuple[int, int]:
    """First segment number of a clip and the one after its last: it begins with the last segment at or before `begin_s` that
    can be decoded by itself, and ends before the first such at or after `end_s`. Both are 0 where nothing is there.
    """
    videos = [index for index in manifest.played.values() if index.track and index.track.kind == "video"]
    index = next(iter(videos or manifest.played.values()), None)
    if index is None:
        return 0, 0
    first, at_s = index.runs[0].msn, 0.0
    for run in index.runs:
        for place in run.places():
            starts = bool(place.reel and place.flags & INDEPENDENT)
            if starts and at_s <= begin_s:
                first = place.msn
            if starts and at_s >= end_s and place.msn > first:
                return first, place.msn
            at_s += place.duration_s
    return (first, index.next_msn) if begin_s < at_s else (0, 0)


def _check(source: Recording, begin_s: float, end_s: float, exact: Exact) -> None:
    length_s = end_s - begin_s
    if not (begin_s >= 0 and CLIP_MIN_S <= length_s <= CLIP_MAX_S):
        raise InvalidError(
            f"A clip from {begin_s:g} s to {end_s:g} s cannot be cut.",
            hint=f"Give two times in the recording, {CLIP_MIN_S:g} s to {CLIP_MAX_S:g} s apart.",
        )
    if exact == "frame" and length_s > EXACT_MAX_S:
        raise InvalidError(
            f"A clip exact to the frame has at most {EXACT_MAX_S:g} s, since all of it is encoded anew.",
            hint="Choose a shorter one, or cut at keyframes.",
        )
    if source.state in ("making", "failed") or (source.state != "growing" and begin_s >= source.duration_s):
        raise InvalidError(
            f"The recording has {source.duration_s:g} s.", hint="Begin the clip before its end."
        )


def _places(index: TrackIndex, first: int, end: int) -> list[Place]:
    return [place for run in index.from_msn(first) for place in run.places() if first <= place.msn < end]


def _groups(places: list[Place]) -> list[list[Place]]:
    """Segments that follow each other in one reel, as they become runs of the clip."""
    groups: list[list[Place]] = []
    for place in places:
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and last.reel == place.reel
            and last.map_uri == place.map_uri
            and last.offset + last.size == place.offset
            and not place.flags & 1
        ):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _run(track: str, group: list[Place]) -> Run:
    first = group[0]
    reel = f"reel-{first.session}-{first.msn}.m4s" if first.reel else ""
    return Run(
        track,
        first.session,
        first.map_uri,
        reel,
        first.msn,
        0,
        first.wall_s,
        [place.duration_s for place in group],
        [place.size for place in group],
        [place.flags for place in group],
    )
