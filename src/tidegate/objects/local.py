"""Object store in a local directory: one file per object, written aside and renamed into place, or extended in place.

Renaming is atomic on POSIX, so a crash leaves the old object or the new one. Extending costs one write and touches no
directory, which is what makes many small pieces a second cheap. Nothing is synced to the platter
per object: what is kept here is media that a power cut may cost, not records that it may not.
"""

import asyncio
import itertools
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from tidegate.objects.abc import Content, ObjectInfo, Objects, ObjectsUsage, checked_key
from tidegate.objects.errors import ObjectNotFoundError, ObjectsBusyError, from_os_error
from tidegate.objects.lane import Lane

_P = ParamSpec("_P")
_R = TypeVar("_R")

PENDING_MAX = 512
"""Calls that may wait for a thread. At the bound a call is refused with `ObjectsBusyError` and counted: a disk
that is this far behind does not come back by queueing more."""

_INCOMING = ".incoming"
"""Files being written. No key can name it, for no part of a key begins with a dot."""

_PIECES_MAX = 512
"""Pieces handed to one writev; Linux takes at most 1024 (IOV_MAX)."""


class LocalObjects(Objects):
    """Objects under `root`, which is made when missing."""

    def __init__(self, root: Path, *, pending_max: int = PENDING_MAX) -> None:
        self._root = root
        self._pending_max = pending_max
        self._names = itertools.count()
        # a viewer who goes back in time must not wait behind the segments of all streams
        self._writing, self._reading = Lane("objects-write"), Lane("objects-read")
        with suppress(OSError):  # an unusable root is said by the first call, as a typed error
            shutil.rmtree(root / _INCOMING, ignore_errors=True)
            (root / _INCOMING).mkdir(parents=True, exist_ok=True)

    async def put(self, *items: tuple[str, Content]) -> None:
        for key, _ in items:
            checked_key(key)
        size = await self._run(self._writing, self._put, items)
        self.puts += len(items)
        self.bytes_written += size

    async def extend(self, *items: tuple[str, int, Content]) -> None:
        for key, _, _ in items:
            checked_key(key)
        size = await self._run(self._writing, self._extend, items)
        self.puts += len(items)
        self.bytes_written += size

    async def seal(self, *keys: str) -> None:
        for key in keys:
            checked_key(key)  # a file stays where it is

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> bytes:
        data = await self._run(self._reading, self._get, checked_key(key), offset, length)
        self.gets += 1
        self.bytes_read += len(data)
        return data

    async def delete(self, *keys: str) -> None:
        for key in keys:
            checked_key(key)
        await self._run(self._writing, self._delete, keys)
        self.deletes += len(keys)

    async def delete_prefix(self, prefix: str) -> int:
        count = await self._run(self._writing, self._delete_prefix, checked_key(prefix))
        self.deletes += count
        return count

    async def list_prefix(self, prefix: str = "") -> list[ObjectInfo]:
        return await self._run(self._reading, self._list, checked_key(prefix) if prefix else "")

    async def usage(self) -> ObjectsUsage:
        return await self._run(self._reading, self._usage)

    async def close(self) -> None:
        for lane in (self._writing, self._reading):
            await asyncio.get_running_loop().run_in_executor(None, lane.close)

    async def _run(self, lane: Lane, call: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        waiting = self._writing.waiting + self._reading.waiting
        if waiting >= self._pending_max:
            self.refused += 1
            raise ObjectsBusyError(
                f"{waiting} calls already wait for the disk under {self._root}.",
                hint="Look at what keeps that disk busy.",
            )
        try:
            return await lane.run(partial(call, *args, **kwargs))
        except OSError as error:
            self.errors += 1
            raise from_os_error(error, str(self._root)) from error

    def _put(self, items: tuple[tuple[str, Content], ...]) -> int:
        total = 0
        for key, content in items:
            aside = self._root / _INCOMING / f"{os.getpid()}-{next(self._names)}"
            try:
                total += _write(aside, _pieces(content), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                _rename(aside, self._root / key)
            except OSError:
                aside.unlink(missing_ok=True)
                raise
        return total

    def _extend(self, items: tuple[tuple[str, int, Content], ...]) -> int:
        flags = os.O_WRONLY | os.O_CREAT
        return sum(
            _write(self._root / key, _pieces(content), flags, offset) for key, offset, content in items
        )

    def _get(self, key: str, offset: int, length: int | None) -> bytes:
        try:
            with (self._root / key).open("rb", buffering=0) as file:
                if offset:
                    file.seek(offset)
                return file.read(-1 if length is None else length) or b""
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise ObjectNotFoundError(f"No object is stored as {key!r}.", key=key) from None

    def _delete(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                (self._root / key).unlink()

    def _delete_prefix(self, prefix: str) -> int:
        count = len(self._list(prefix))
        with suppress(FileNotFoundError, NotADirectoryError):
            shutil.rmtree(self._root / prefix)
        return count

    def _list(self, prefix: str) -> list[ObjectInfo]:
        found = []
        for folder, folders, files in os.walk(self._root / prefix):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in files:
                path = Path(folder, name)
                with suppress(FileNotFoundError):  # deleted while listing
                    found.append(ObjectInfo(path.relative_to(self._root).as_posix(), path.stat().st_size))
        return sorted(found, key=lambda info: info.key)

    def _usage(self) -> ObjectsUsage:
        infos = self._list("")
        free = shutil.disk_usage(self._root).free
        return ObjectsUsage(objects=len(infos), used_bytes=sum(info.size for info in infos), free_bytes=free)


def _pieces(content: Content) -> list[bytes]:
    return [content] if isinstance(content, bytes) else list(content)


def _write(path: Path, pieces: list[bytes], flags: int, offset: int = 0) -> int:
    """Write `pieces` one after the other into a file from `offset` on; returns their size in bytes."""
    try:
        handle = os.open(path, flags, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags, 0o644)
    try:
        total = 0
        for start in range(0, len(pieces), _PIECES_MAX):
            batch = pieces[start : start + _PIECES_MAX]
            size = sum(map(len, batch))
            written = os.pwritev(handle, batch, offset + total)
            if written < size:
                # a signal, or a disk that is nearly full: the rest goes the slow way or fails aloud
                _write_rest(handle, memoryview(b"".join(batch))[written:], offset + total + written)
            total += size
        return total
    finally:
        os.close(handle)


def _write_rest(handle: int, rest: memoryview, offset: int) -> None:
    while rest:
        written = os.pwrite(handle, rest, offset)
        rest, offset = rest[written:], offset + written


def _rename(aside: Path, path: Path) -> None:
    try:
        aside.replace(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.replace(path)
