"""Batches on disk while the engine is away: one file each, in order, bounded, fsynced.

In: batches. Out: the same ones, oldest first, also after a crash. A file is a line that says what is in it, then the batch. It is written
aside, synced and renamed, so that it is whole or not there; one that is not whole all the same is put aside and counted.
"""

import os
import shutil
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from tidegate.core.facts import TABLES
from tidegate.telemetry.batches import Batch

SUFFIX: Final = ".facts"
PARTIAL: Final = ".partial"
ASIDE: Final = "aside"
ASIDE_MAX: Final = 16
"""Broken files kept for whoever wants to look; the oldest go first."""

SPARE_BYTES: Final = 256 << 20
SPARE_SHARE: Final = 20
"""What is left free for media, whatever telemetry wants: so much, or this part of a small disk."""


class SpillFullError(OSError):
    """There is no room for another batch."""


class _Head(msgspec.Struct, frozen=True):
    table: str
    token: str
    rows: int
    bytes: int
    crc32: int
    at: float = 0.0  # files of releases that did not say


class Spill:
    """One folder. Calls wait for the disk, so they are made in a thread, one at a time.

    Attributes:
        bytes, files, rows: that wait.
        torn: files that were not whole, since start.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = self.files = self.rows = self.torn = 0
        self._folder = folder
        self._next = 0
        self._waiting: dict[int, tuple[Path, int, int, float]] = {}

    def open(self) -> None:
        """Find what a run before this one left."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._folder.glob(f"*{PARTIAL}"):
            self._put_aside(path)
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            number, _, rows = path.stem.partition("-")
            if not (number.isdecimal() and rows.isdecimal()):
                self._put_aside(path)
                continue
            found = path.stat()
            self._wait(int(number), path, found.st_size, int(rows), found.st_mtime)

    def add(self, batch: Batch) -> None:
        """Keep a batch, durably once this returns.

        Raises:
            OSError: it could not be kept.
        """
        head = _Head(
            batch.table, batch.token, batch.rows, len(batch.lines), zlib.crc32(batch.lines), batch.at
        )
        content = msgspec.json.encode(head) + b"\n" + batch.lines
        self._check_room(len(content))
        path = self._folder / f"{self._next:012d}-{batch.rows}{SUFFIX}"
        partial = path.with_suffix(PARTIAL)
        try:
            with partial.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            _sync_folder(self._folder)
        except OSError:
            for each in (partial, path):
                with suppress(OSError):
                    each.unlink()
            raise
        self._wait(self._next, path, len(content), batch.rows, batch.at)

    def oldest(self) -> Batch | None:
        """The batch that has waited longest; broken ones are put aside on the way."""
        while self._waiting:
            number = next(iter(self._waiting))
            path = self._waiting[number][0]
            batch = _read(path)
            if batch is not None:
                return batch
            self._forget(number)
            self._put_aside(path)
        return None

    def drop_oldest(self) -> None:
        """The oldest has been stored. A file that cannot be removed is given again after a restart, under its token."""
        number = next(iter(self._waiting))
        with suppress(OSError):
            self._waiting[number][0].unlink()
        self._forget(number)

    @property
    def waiting_since(self) -> float | None:
        """When the oldest was made, seconds since the Unix epoch; of one that an earlier run left, when it came to disk."""
        return next((at for _, _, _, at in self._waiting.copy().values()), None)

    def _wait(self, number: int, path: Path, size: int, rows: int, at: float) -> None:
        self._waiting[number] = (path, size, rows, at)
        self._next = max(self._next, number + 1)
        self.bytes += size
        self.rows += rows
        self.files += 1

    def _forget(self, number: int) -> None:
        _, size, rows, _ = self._waiting.pop(number)
        self.bytes -= size
        self.rows -= rows
        self.files -= 1

    def _check_room(self, size: int) -> None:
        if self.bytes + size > self.max_bytes:
            raise SpillFullError(f"The spill holds {self.bytes >> 20} MiB already.")
        disk = shutil.disk_usage(self._folder)
        if disk.free - size < min(SPARE_BYTES, disk.total // SPARE_SHARE):
            raise SpillFullError(f"The disk has {disk.free >> 20} MiB left.")

    def _put_aside(self, path: Path) -> None:
        self.torn += 1
        aside = self._folder / ASIDE
        with suppress(OSError):
            aside.mkdir(exist_ok=True)
            path.replace(aside / path.name)
            for old in sorted(aside.iterdir(), key=lambda each: each.stat().st_mtime)[:-ASIDE_MAX]:
                old.unlink()


def _read(path: Path) -> Batch | None:
    """The batch in a file; None where it is not whole."""
    try:
        content = path.read_bytes()
        line, found, lines = content.partition(b"\n")
        head = msgspec.json.decode(line, type=_Head)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not found or head.table not in TABLES or len(lines) != head.bytes or zlib.crc32(lines) != head.crc32:
        return None
    return Batch(head.table, head.token, head.rows, lines, head.at)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
