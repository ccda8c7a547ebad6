"""Where everyone puts facts: gathered into batches, given to the engine, kept on disk while it is away.

In: facts, from one event loop, by a plain call that neither waits nor raises. Out: batches in the engine, each once; and counts of
what could not be kept, by table and reason. Memory is bounded, and so is the disk; at the bound the newest is dropped.
"""

import asyncio
from collections.abc import Awaitable, Callable
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
"""What viewers say is waited for: it has to be seen within three seconds."""

PATIENCE: Final = 4
PATIENCE_S: Final = 4.0
WORTH_ROWS: Final = 2_000
"""Everything else gathers so many times as long, but for no more than so many seconds beyond what is set, or until so many have: a
batch costs the same however small it is, and alerts and indicators look at what is 10 s old.
"""

SENDERS: Final = 2
"""Batches on their way at once."""

AWAY_BATCHES: Final = 5
"""While the engine is away facts gather so many times as long."""

STOP_GRACE_S: Final = 3.0
"""How long what has gathered may still go to the engine when this stops; the rest goes to disk."""

WARN_AFTER: Final = 6
"""Failures in a row before the log says so: some ten seconds, in which an engine that starts is open."""

RECENT_S: Final = 300.0
"""How long after facts were dropped `troubles` says so."""

CRASHES_MAX: Final = 8
"""Errors nobody thought of, after which a batch is left out: half a minute."""

BEHIND_S: Final = 30.0
"""The oldest fact may wait so long before `troubles` says so: what alerts look at is 10 s old, and a start takes a while."""

_log = structlog.get_logger()


class FactWriter:
    """Implements `FactSink`.

    Attributes:
        backlog: what waits.
        stored: facts that reached the engine, by table, since start.
        batches: batches that did.
        crashes: times that work ended in an error nobody had thought of, and went on.
    """

    def __init__(
        self, telemetry: Telemetry, folder: Path, clock: Clock, chance: Random, bounds: WriterBounds
    ) -> None:
        self.backlog = Backlog(Spill(folder, bounds.spill_bytes), bounds.memory_bytes)
        self.stored = dict.fromkeys(TABLES, 0)
        self.batches = 0
        self.crashes = 0
        self._telemetry = telemetry
        self._clock = clock
        self._bounds = bounds
        self._backoff = Backoff(FIRST_DELAY_S, MOST_DELAY_S, chance)
        self._buffers = {
            fact: TableBuffer(table, fact, clock, bounds.limits) for table, fact in TABLES.items()
        }
        self._by_table = {buffer.table: buffer for buffer in self._buffers.values()}
        self._away = False
        self._spill_now = asyncio.Event()
        self._stopping = False
        self._failures = 0
        self._turn = 0
        self._dropped_at: float | None = None
        self._crashed_at: float | None = None
        self._crashed: dict[str, int] = {}  # by token, of the few batches that are given again
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

    @property
    def behind_s(self) -> float:
        """How long the oldest batch has waited for the engine; 0 where none waits."""
        since = self.backlog.waiting_since
        return 0.0 if since is None else max(self._clock.wall() - since, 0.0)

    def troubles(self) -> list[str]:
        """What is not as it should be, a sentence each; none where all is well."""
        backlog, found = self.backlog, []
        if self.behind_s >= BEHIND_S:
            found.append(
                f"Numbers are {self.behind_s:.0f} s behind: the engine takes less than comes in; "
                "give it processor time, or let facts gather longer (telemetry.batch_s)."
            )
        if self._recent(self._crashed_at):
            found.append(
                f"The writer met an error nobody had thought of, {self.crashes} times; the log has it."
            )
        if self._away or backlog.spill.files:
            found.append(
                f"{backlog.rows} facts wait for the engine, {backlog.spill.bytes >> 20} MiB on disk."
            )
        if self._recent(self._dropped_at):
            why = f" ({backlog.refusal})" if backlog.refusal else ""
            found.append(f"{self.dropped_total} facts were dropped since start{why}.")
        for (table, name), count in self.limited.items():
            found.append(f"{table}.{name} has too many different values an hour: {count} facts came beyond.")
        if backlog.spill.torn:
            found.append(
                f"{backlog.spill.torn} files of the spill were not whole; they lie in its folder {ASIDE}."
            )
        return found

    def _recent(self, at: float | None) -> bool:
        return at is not None and self._clock.monotonic() - at < RECENT_S

    async def start(self) -> None:
        """Begin handing on; what an earlier run left on disk goes first."""
        await self.backlog.open()
        works = [self._seal_some, *[self._send_one] * SENDERS, self._spill_some]
        self._tasks = [
            asyncio.create_task(self._again_and_again(work), name="telemetry-writer") for work in works
        ]

    async def stop(self) -> None:
        """Hand on what has gathered: to the engine while that takes it, within the grace; the rest to disk."""
        if not self._tasks:
            return
        self._seal_all()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_GRACE_S):
                while self.backlog.bytes and not self._away:
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

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do one piece of work after the other; an error nobody thought of is counted, and is not the last thing done."""
        while not self._stopping:
            try:
                await work()
            except Exception:  # noqa: BLE001 - whatever it is, later facts have nothing to do with it
                self.crashes += 1
                now = self._clock.monotonic()
                if self._crashed_at is None or now - self._crashed_at > RECENT_S:
                    _log.exception("telemetry_writer_crashed")
                self._crashed_at = now
                await asyncio.sleep(self._backoff.next_s())

    async def _seal_some(self) -> None:
        await asyncio.sleep(self._bounds.batch_s)
        if self._away:  # nobody sees them sooner; fewer and larger batches are made up for sooner
            await asyncio.sleep((AWAY_BATCHES - 1) * self._bounds.batch_s)
        turns = min(PATIENCE, max(1, int(PATIENCE_S / self._bounds.batch_s)))
        self._turn = (self._turn + 1) % turns
        for buffer in self._buffers.values():
            if not self._turn or buffer.table == URGENT or buffer.rows >= WORTH_ROWS or self._away:
                self._seal(buffer)
            buffer.bounds.turn()
        if self._away or self.backlog.crowded:
            self._spill_now.set()

    async def _spill_some(self) -> None:
        await self._spill_now.wait()
        self._spill_now.clear()
        if not self._stopping:
            await self.backlog.spill_all()

    async def _send_one(self) -> None:
        taken = await self.backlog.take()
        try:
            await self._send(taken)
        except (TelemetryAwayError, TelemetryFullError) as error:
            self._failures += 1
            if self._failures == WARN_AFTER:
                _log.warning("telemetry_away", why=error.message)
            self._give_back(taken)
            await asyncio.sleep(self._backoff.next_s())
        except asyncio.CancelledError:
            self.backlog.give_back(taken)
            raise
        except Exception:
            await self._give_back_or_drop(taken)
            raise

    def _give_back(self, taken: Taken) -> None:
        self._away = True
        self.backlog.give_back(taken)
        self._spill_now.set()

    async def _give_back_or_drop(self, taken: Taken) -> None:
        """One batch that is never taken would hold up all others."""
        batch = taken.batch
        tries = self._crashed.get(batch.token, 0) + 1
        if tries < CRASHES_MAX:
            self._crashed[batch.token] = tries
            self._give_back(taken)
            return
        del self._crashed[batch.token]
        await self.backlog.stored(taken)
        self._by_table[batch.table].refuse("crashed", batch.rows)
        self._dropped_at = self._clock.monotonic()

    async def _send(self, taken: Taken) -> None:
        batch = taken.batch
        refused = await deliver(self._telemetry, batch)
        await self.backlog.stored(taken)
        self._crashed.pop(batch.token, None)
        if refused:
            self._by_table[batch.table].refuse("refused", refused)
            _log.warning("telemetry_facts_refused", table=batch.table, rows=refused)
        self.stored[batch.table] += batch.rows - refused
        self.batches += 1
        self._away = False
        self._failures = 0
        self._backoff.reset()
