"""Where everyone puts facts: gathered into batches, given to the engine, kept on disk while it is away.

In: facts, from one event loop, by a plain call that neither waits nor raises. Out: batches in the engine, each once; and counts of
what could not be kept, by table and reason. Memory is bounded, and so is the disk; at the bound the newest is dropped.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

import structlog

from tidegate.core.backoff import Backoff
from tidegate.core.clock import Clock
from tidegate.core.facts import TABLES, Fact
from tidegate.telemetry.backlog import Backlog, Taken
from tidegate.telemetry.batches import Batch, TableBuffer
from tidegate.telemetry.bounds import WriterBounds
from tidegate.telemetry.contract import Telemetry, TelemetryAwayError, TelemetryFullError
from tidegate.telemetry.delivery import deliver
from tidegate.telemetry.spill import ASIDE, Spill

FIRST_DELAY_S: Final = 0.25
MOST_DELAY_S: Final = 10.0
"""How long to wait before a batch is given again."""

URGENT: Final = "playback"
"""What viewers say is waited for. Everything else gathers twice as long: a batch costs the same however small it is."""

SENDERS: Final = 2
"""Batches on their way at once."""

AWAY_BATCHES: Final = 5
"""While the engine is away facts gather so many times as long."""

STOP_GRACE_S: Final = 3.0
"""How long what has gathered may still go to the engine when this stops; the rest goes to disk."""

WARN_AFTER: Final = 6
"""Failures in a row before the log says so: some ten seconds, in which an engine that starts is open."""

RECENT_S: Final = 300.0
"""How long after facts were dropped `check` says so."""

_log = structlog.get_logger()


class FactWriter:
    """Implements `FactSink`.

    Attributes:
        backlog: what waits.
        stored: facts that reached the engine, by table, since start.
        batches: batches that did.
    """

    def __init__(
        self, telemetry: Telemetry, folder: Path, clock: Clock, chance: Random, bounds: WriterBounds
    ) -> None:
        self.backlog = Backlog(Spill(folder, bounds.spill_bytes), bounds.memory_bytes)
        self.stored = dict.fromkeys(TABLES, 0)
        self.batches = 0
        self._telemetry = telemetry
        self._clock = clock
        self._bounds = bounds
        self._backoff = Backoff(FIRST_DELAY_S, MOST_DELAY_S, chance)
        self._buffers = {
            fact: TableBuffer(table, fact, clock, bounds.limits) for table, fact in TABLES.items()
        }
        self._by_table = {buffer.table: buffer for buffer in self._buffers.values()}
        self._away: TelemetryAwayError | TelemetryFullError | None = None
        self._spill_now = asyncio.Event()
        self._stopping = False
        self._failures = 0
        self._dropped_at: float | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def put(self, fact: Fact) -> None:
        buffer = self._buffers[type(fact)]
        buffer.add(fact)
        if buffer.full:
            self._seal(buffer)

    def adjust(self, bounds: WriterBounds) -> None:
        """Obey other bounds from now on."""
        self._bounds = bounds
        self.backlog.memory_bytes = bounds.memory_bytes
        self.backlog.spill.max_bytes = bounds.spill_bytes
        for buffer in self._buffers.values():
            buffer.bounds.limits = bounds.limits

    @property
    def taken(self) -> dict[str, int]:
        """Facts put in and kept, by table, since start."""
        return {table: buffer.taken for table, buffer in self._by_table.items()}

    @property
    def dropped(self) -> dict[tuple[str, str], int]:
        """Facts that were not kept, by table and reason, since start."""
        return {
            (table, reason): count
            for table, buffer in self._by_table.items()
            for reason, count in buffer.refused.items()
        }

    @property
    def dropped_total(self) -> int:
        return sum(self.dropped.values())

    @property
    def limited(self) -> dict[tuple[str, str], int]:
        """Facts changed or refused for too many values, by table and dimension, in this hour and the one before."""
        found: dict[tuple[str, str], int] = {}
        for table, buffer in self._by_table.items():
            for window in (buffer.bounds.limited_before, buffer.bounds.limited):
                for name, count in window.items():
                    found[table, name] = found.get((table, name), 0) + count
        return found

    def troubles(self) -> list[str]:
        """What is not as it should be, a sentence each; none where all is well."""
        backlog, found = self.backlog, []
        if self._away is not None or backlog.spill.files:
            found.append(
                f"{backlog.rows} facts wait for the engine, {backlog.spill.bytes >> 20} MiB on disk."
            )
        if self._dropped_at is not None and self._clock.monotonic() - self._dropped_at < RECENT_S:
            why = f" ({backlog.refusal})" if backlog.refusal else ""
            found.append(f"{self.dropped_total} facts were dropped since start{why}.")
        for (table, name), count in self.limited.items():
            found.append(f"{table}.{name} has too many different values an hour: {count} facts came beyond.")
        if backlog.spill.torn:
            found.append(
                f"{backlog.spill.torn} files of the spill were not whole; they lie in its folder {ASIDE}."
            )
        return found

    async def start(self) -> None:
        """Begin handing on; what an earlier run left on disk goes first."""
        await self.backlog.open()
        works = [
            self._seal_for_ever(),
            *(self._send_for_ever() for _ in range(SENDERS)),
            self._spill_for_ever(),
        ]
        self._tasks = [asyncio.create_task(work, name="telemetry-writer") for work in works]

    async def stop(self) -> None:
        """Hand on what has gathered: to the engine while that takes it, within the grace; the rest to disk."""
        if not self._tasks:
            return
        self._seal_all()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_GRACE_S):
                while self.backlog.bytes and self._away is None:
                    self.backlog.moved.clear()
                    await self.backlog.moved.wait()
        self._stopping = True
        self._spill_now.set()
        *others, spilling = self._tasks
        await spilling  # never cancelled: a batch on its way to disk is nowhere else
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._tasks = []
        for batch in await self.backlog.close():
            self._drop(batch)

    def _seal(self, buffer: TableBuffer) -> None:
        batch = buffer.seal()
        if batch is None:
            return
        if not self.backlog.add(batch):
            self._drop(batch)
        if self.backlog.crowded:
            self._spill_now.set()

    def _seal_all(self) -> None:
        for buffer in self._buffers.values():
            self._seal(buffer)

    def _drop(self, batch: Batch) -> None:
        self._by_table[batch.table].refuse("no-room", batch.rows)
        now = self._clock.monotonic()
        if self._dropped_at is None or now - self._dropped_at > RECENT_S:
            _log.warning(
                "telemetry_facts_dropped", table=batch.table, rows=batch.rows, why=self.backlog.refusal
            )
        self._dropped_at = now

    async def _seal_for_ever(self) -> None:
        calm = False
        while True:
            await asyncio.sleep(self._bounds.batch_s)
            if (
                self._away is not None
            ):  # nobody sees them sooner; fewer and larger batches are made up for sooner
                await asyncio.sleep((AWAY_BATCHES - 1) * self._bounds.batch_s)
            calm = not calm
            for buffer in self._buffers.values():
                if calm or buffer.table == URGENT or self._away is not None:
                    self._seal(buffer)
                buffer.bounds.turn()
            if self._away is not None or self.backlog.crowded:
                self._spill_now.set()

    async def _spill_for_ever(self) -> None:
        while not self._stopping:
            await self._spill_now.wait()
            self._spill_now.clear()
            if not self._stopping:
                await self.backlog.spill_all()

    async def _send_for_ever(self) -> None:
        while True:
            taken = await self.backlog.take()
            try:
                await self._send(taken)
            except (TelemetryAwayError, TelemetryFullError) as error:
                self._failures += 1
                if self._failures == WARN_AFTER:
                    _log.warning("telemetry_away", why=error.message)
                self._away = error
                self.backlog.give_back(taken)
                self._spill_now.set()
                await asyncio.sleep(self._backoff.next_s())
            except asyncio.CancelledError:
                self.backlog.give_back(taken)
                raise

    async def _send(self, taken: Taken) -> None:
        batch = taken.batch
        refused = await deliver(self._telemetry, batch)
        await self.backlog.stored(taken)
        if refused:
            self._by_table[batch.table].refuse("refused", refused)
            _log.warning("telemetry_facts_refused", table=batch.table, rows=refused)
        self.stored[batch.table] += batch.rows - refused
        self.batches += 1
        self._away = None
        self._failures = 0
        self._backoff.reset()
