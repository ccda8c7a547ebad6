"""Batches between the writer and the engine: in memory, and on disk what memory has no room for or a crash must not take.

In: batches. Out: the oldest, until it is said to be stored. What is on disk is older than what is in memory.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from tidegate.telemetry.batches import Batch
from tidegate.telemetry.spill import Spill

T = TypeVar("T")


class Taken(msgspec.Struct, frozen=True):
    """A batch on its way to the engine."""

    batch: Batch
    on_disk: bool


class Backlog:
    """Attributes:
    bytes: of batches in memory, the one that is on its way among them.
    moved: set whenever a batch was stored or given back.
    refusal: why the disk takes none; empty where it does.
    """

    def __init__(self, spill: Spill, memory_bytes: int) -> None:
        self.spill = spill
        self.memory_bytes = memory_bytes
        self.bytes = 0
        self.refusal = ""
        self._batches: deque[Batch] = deque()
        self._on_their_way: list[Batch] = []
        self._disk_taken = False
        self._more = asyncio.Event()
        self.moved = asyncio.Event()
        self._disk = ThreadPoolExecutor(1, "telemetry-spill")

    @property
    def rows(self) -> int:
        return self.spill.rows + sum(batch.rows for batch in self._batches)

    @property
    def waiting_since(self) -> float | None:
        """When the oldest batch was made that is not stored yet, seconds since the Unix epoch; None where all are."""
        times = [batch.at for batch in (*self._on_their_way, *self._batches)]
        if self.spill.waiting_since is not None:
            times.append(self.spill.waiting_since)
        return min(times, default=None)

    @property
    def crowded(self) -> bool:
        """Whether memory should be made room in."""
        return self.bytes > self.memory_bytes // 2

    async def open(self) -> None:
        """Find what a run before this one left on disk."""
        try:
            await self._on_disk(self.spill.open)
        except OSError as error:
            self.refusal = _worded(error)

    def add(self, batch: Batch) -> bool:
        """Take one more; False where there is no room."""
        if self.bytes + len(batch.lines) > self.memory_bytes:
            return False
        self.bytes += len(batch.lines)
        self._batches.append(batch)
        self._more.set()
        return True

    async def take(self) -> Taken:
        """The oldest that is not on its way, as soon as there is one. `stored` or `give_back` comes next."""
        while True:
            if self.spill.files and not self._disk_taken:
                self._disk_taken = True
                try:
                    batch = await self._on_disk(self.spill.oldest)
                except BaseException:
                    self._disk_taken = False
                    raise
                if batch is not None:
                    return Taken(batch, on_disk=True)
                self._disk_taken = False
                continue
            if self._batches:
                self._on_their_way.append(batch := self._batches.popleft())
                return Taken(batch, on_disk=False)
            self._more.clear()
            await self._more.wait()

    async def stored(self, taken: Taken) -> None:
        if taken.on_disk:
            await self._on_disk(self.spill.drop_oldest)
            self._disk_taken = False
            self._more.set()
        else:
            self._on_their_way.remove(taken.batch)
            self.bytes -= len(taken.batch.lines)
        self.moved.set()

    def give_back(self, taken: Taken) -> None:
        """It was not stored."""
        if taken.on_disk:
            self._disk_taken = False
        else:
            self._on_their_way.remove(taken.batch)
            self._batches.appendleft(taken.batch)
        self._more.set()
        self.moved.set()

    async def spill_all(self) -> None:
        """Move what is in memory to disk, oldest first, as far as there is room."""
        while self._batches:
            batch = self._batches.popleft()
            try:
                await self._on_disk(self.spill.add, batch)
            except OSError as error:
                self._batches.appendleft(batch)
                self.refusal = _worded(error)
                return
            except Exception:
                self._batches.appendleft(batch)
                raise
            self.bytes -= len(batch.lines)
            self.refusal = ""
            self._more.set()

    async def close(self) -> list[Batch]:
        """Put all on disk that can be; returns what could not."""
        await self.spill_all()
        await asyncio.to_thread(self._disk.shutdown)
        lost = list(self._batches)
        self._batches.clear()
        return lost

    async def _on_disk(self, call: Callable[..., T], *words: Any) -> T:
        """All calls on one thread: they never meet, not even where one was given up on."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, call, *words)


def _worded(error: OSError) -> str:
    return error.strerror or str(error)
