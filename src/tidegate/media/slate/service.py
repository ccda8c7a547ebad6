"""Makes slates before they are needed, keeps them, and says what a channel's slate looks like. Implements `core.ports.Slates`.

In: a stream's tracks when it goes live, uploads, settings. Out: loops from memory. One encoding process at a time, for
at most `JOB_S`; what cannot be made is tried again no sooner than `RETRY_S` later. Bounds: `LOOPS_MAX` loops and
`LOOPS_BYTES_MAX`, of which the longest unused goes; channels that wait for an encoder are as many as go live.
"""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

import msgspec
import structlog

from tidegate.core.chunks import Loop, Track
from tidegate.core.clock import Clock
from tidegate.core.settings import SettingsBook, Subject
from tidegate.media.slate.images import checked
from tidegate.media.slate.pictures import Pictures
from tidegate.media.slate.plan import plans
from tidegate.media.slate.settings import SLATE, SLATE_LINE
from tidegate.media.slate.types import PictureError, SlateError, SlateJob
from tidegate.objects.errors import ObjectsError

JOB_S = 60.0
"""Longest an encoding may take; 2 s of 4K HEVC take about 15 on one core."""

RETRY_S = 60.0
LOOPS_MAX = 64
LOOPS_BYTES_MAX = 64 << 20
REFUSED = 3
"""Exit code of the process for a picture it cannot decode."""

_log = structlog.get_logger()


class SlateMaker:
    """`title` gives a channel's title.

    Attributes:
        made, failed: encodings since start.
    """

    def __init__(
        self, pictures: Pictures, book: SettingsBook, clock: Clock, title: Callable[[str], str]
    ) -> None:
        self._pictures = pictures
        self._book = book
        self._clock = clock
        self._title = title
        self._loops: OrderedDict[bytes, Loop] = OrderedDict()
        self._wanted: dict[str, tuple[tuple[Track, ...], bytes]] = {}
        self._failed_at: dict[bytes, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(1)
        self._unwatch = book.watch(self._setting_changed)
        self._asked: set[str] = set()
        self._layouts: dict[str, tuple[Track, ...]] = {}
        self.made = self.failed = 0

    def shown(self, channel: str) -> bool:
        """Whether the channel shows a slate at all."""
        return self._book.value(SLATE, Subject(channel=channel)) != "off"

    def prepare(self, channel: str, tracks: tuple[Track, ...]) -> None:
        self._layouts[channel] = tracks
        self._asked.add(channel)
        if not self.shown(channel) or channel in self._tasks:
            return
        task = asyncio.get_running_loop().create_task(self._prepare_all(channel), name=f"slate-{channel}")
        self._tasks[channel] = task
        task.add_done_callback(lambda _: self._tasks.pop(channel, None))

    def loop(self, channel: str, tracks: tuple[Track, ...]) -> Loop | None:
        if not self.shown(channel):
            return None
        made_for, key = self._wanted.get(channel, ((), b""))
        found = self._loops.get(key) if made_for == tracks else None
        if found is not None:
            self._loops.move_to_end(key)
        return found

    async def upload(self, channel: str, data: bytes) -> None:
        """Give a channel a picture of its own; the next slate shows it.

        Raises:
            PictureError: it is none, or its size is out of bounds.
            SlateError: it could not be looked at in time.
            ObjectsError: it cannot be stored.
        """
        checked(data)
        await self._run(SlateJob("", "", data, (), (), preview=True))
        await self._pictures.put(channel, data)
        self._again(channel)

    async def remove_picture(self, channel: str) -> None:
        """Back to a drawn slate. No picture is no error."""
        await self._pictures.remove(channel)
        self._again(channel)

    async def has_picture(self, channel: str) -> bool:
        return bool(await self._pictures.get(channel))

    async def preview(self, channel: str) -> bytes:
        """The channel's slate as PNG, 640 x 360.

        Raises:
            SlateError: it cannot be made now.
            ObjectsError: its picture cannot be read.
        """
        return await self._run(msgspec.structs.replace(await self._job(channel, ()), preview=True))

    def refresh(self, channel: str) -> None:
        """The channel's title has changed."""
        self._again(channel)

    async def forget(self, channel: str) -> None:
        """The channel is gone, and its picture goes with it."""
        self._layouts.pop(channel, None)
        self._wanted.pop(channel, None)
        await self._pictures.remove(channel)

    async def stop(self) -> None:
        self._unwatch()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _setting_changed(self, name: str) -> None:
        if name in (SLATE.name, SLATE_LINE.name):
            for channel in list(self._layouts):
                self._again(channel)

    def _again(self, channel: str) -> None:
        """What the slate is made of has changed."""
        self._wanted.pop(channel, None)
        if channel in self._layouts:
            self.prepare(channel, self._layouts[channel])

    async def _prepare_all(self, channel: str) -> None:
        """Until nothing has changed while the last one was made."""
        while channel in self._asked:
            self._asked.discard(channel)
            await self._prepare(channel)

    async def _prepare(self, channel: str) -> None:
        tracks = self._layouts.get(channel, ())
        try:
            job = await self._job(channel, tracks)
            key = _key(job)
            if not (job.video or job.audio) or self._lately_failed(key):
                return
            if key not in self._loops:
                async with self._turn:
                    self._keep(key, msgspec.msgpack.decode(await self._run(job), type=Loop))
            if self._layouts.get(channel) == tracks:  # one layout a channel: the last that was live
                self._wanted[channel] = (tracks, key)
        except (SlateError, PictureError, ObjectsError, msgspec.MsgspecError) as error:
            self.failed += 1
            _log.warning("slate_failed", channel=channel, error=str(error))

    async def _job(self, channel: str, tracks: tuple[Track, ...]) -> SlateJob:
        subject = Subject(channel=channel)
        own = self._book.value(SLATE, subject) == "auto"
        picture = await self._pictures.get(channel) if own else b""
        video, audio = plans(tracks)
        if picture:  # then words do not show, and one loop serves whatever they are
            return SlateJob("", "", picture, video, audio)
        return SlateJob(
            self._title(channel) or channel, self._book.value(SLATE_LINE, subject), b"", video, audio
        )

    async def _run(self, job: SlateJob) -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tidegate.media.slate",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            made, complained = await asyncio.wait_for(process.communicate(msgspec.msgpack.encode(job)), JOB_S)
        except TimeoutError:
            self._failed_at[_key(job)] = self._clock.monotonic()
            raise SlateError(f"The slate was not made within {JOB_S:g} s.", hint="Try again.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        said = complained.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        if process.returncode == REFUSED:
            raise PictureError(said, hint="Upload another picture, as PNG or JPEG.")
        if process.returncode:
            self._failed_at[_key(job)] = self._clock.monotonic()
            raise SlateError(f"The slate could not be made: {said or 'its process was killed'}.")
        self.made += 1
        return made

    def _lately_failed(self, key: bytes) -> bool:
        now = self._clock.monotonic()
        self._failed_at = {each: at for each, at in self._failed_at.items() if now - at < RETRY_S}
        return key in self._failed_at

    def _keep(self, key: bytes, loop: Loop) -> None:
        self._loops[key] = loop
        while len(self._loops) > 1 and (
            len(self._loops) > LOOPS_MAX or sum(map(_size, self._loops.values())) > LOOPS_BYTES_MAX
        ):
            self._loops.popitem(last=False)


def _key(job: SlateJob) -> bytes:
    """The same for channels whose slates are the same."""
    return blake2b(msgspec.msgpack.encode(job), digest_size=16).digest()


def _size(loop: Loop) -> int:
    return sum(len(chunk.data) for track in loop.tracks for chunk in track.chunks)
