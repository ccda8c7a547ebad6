"""chDB, the embedded ClickHouse, in a process of its own: started, watched, started again.

In: batches and queries, from one event loop. Out: what the engine process (`process.py`) answers. The process is a new one, never a
fork: a forked chDB hangs. It may be killed at any moment: batches that were acknowledged are on disk, and what was in doubt is
given again under its token.
"""

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Final

import structlog

from tidegate.core.backoff import Backoff
from tidegate.core.errors import TidegateError
from tidegate.core.nodes import Check
from tidegate.telemetry import statements, upgrade, wire
from tidegate.telemetry.contract import (
    LIMITS,
    Param,
    QueryLimits,
    QueryTooHeavyError,
    Rows,
    TelemetryAwayError,
    TelemetryFullError,
)
from tidegate.telemetry.link import EngineSaidError, Link
from tidegate.telemetry.readiness import Readiness
from tidegate.telemetry.schema import Layout, Retention

INSERT_DEADLINE_S: Final = 60.0
"""A batch takes a fraction of a second. An engine that has not answered for so long hangs, and is started again."""

QUERY_GRACE_S: Final = 15.0
"""How long a query may wait for its turn, beyond what it may take itself."""

RESERVE_BYTES: Final = 128 << 20
RESERVE_SHARE: Final = 20
"""What is left free on the disk: so much, or this part of a small one."""

FIRST_DELAY_S: Final = 0.2
MOST_DELAY_S: Final = 30.0
STEADY_AFTER_S: Final = 60.0
"""An engine that has run for so long is started again at once when it ends."""

_log = structlog.get_logger()


class EmbeddedTelemetry:
    """Implements `Telemetry` over an engine process of its own.

    Attributes:
        restarts: times it was started again.
    """

    def __init__(self, folder: Path, retention: Retention, memory_bytes: int, chance: Random) -> None:
        self.restarts = 0
        self._folder = folder
        self._retention = retention
        self._memory_bytes = memory_bytes
        self._backoff = Backoff(FIRST_DELAY_S, MOST_DELAY_S, chance)
        self._numbers = itertools.count(1)
        self._link: Link | None = None
        self._merges_stopped = False
        self._merging = asyncio.Lock()
        self._ready = Readiness()

    @property
    def pid(self) -> int | None:
        """Of the process; None while there is none."""
        return self._link.pid if self._link is not None else None

    async def start(self) -> None:
        await self._ready.begin(self._keep_running(), "telemetry-engine")

    async def stop(self) -> None:
        await self._ready.end()

    async def insert(self, table: str, lines: bytes, token: str) -> None:
        settings = statements.settings_sql(statements.insert_settings(token))
        entry = statements.entry(table, lines, Layout())
        sql = f"{entry.sql} SETTINGS {settings}"
        link = self._ready_link()
        await self._mind_room(len(lines))
        try:
            async with asyncio.timeout(INSERT_DEADLINE_S):
                await link.request(wire.Insert(next(self._numbers), sql, entry.format, entry.lines))
        except TimeoutError:
            link.kill()
            raise TelemetryAwayError(
                f"The engine did not take a batch within {INSERT_DEADLINE_S:g} s; it is started again."
            ) from None
        except EngineSaidError as error:
            raise statements.insert_error(error.message) from None

    async def _mind_room(self, size: int) -> None:
        """Refuse a batch that a nearly full disk has no room for, and merge nothing there: a merge that meets the end of the disk
        leaves a part that cannot be read.

        Raises:
            TelemetryFullError: there is no room.
            TelemetryAwayError: the engine cannot be told.
        """
        disk = shutil.disk_usage(self._folder)
        short = disk.free - size < min(RESERVE_BYTES, disk.total // RESERVE_SHARE)
        if short != self._merges_stopped:
            async with self._merging:
                await self.run(f"SYSTEM {'STOP' if short else 'START'} MERGES")
                self._merges_stopped = short
                if short:  # days that are over go by merges otherwise
                    await upgrade.forget(self, Layout(), self._retention)
        if short:
            raise TelemetryFullError(
                f"The disk has {disk.free >> 20} MiB left; the rest is media's.",
                hint="Free space, or shorten what telemetry keeps (telemetry.facts_days).",
            )

    async def query(
        self, sql: str, params: Mapping[str, Param] | None = None, limits: QueryLimits = LIMITS
    ) -> Rows:
        return await self._asked(self._ready_link(), sql, params, limits)

    async def keep(self, retention: Retention) -> None:
        """Change how long things are kept; where the engine is away it holds from its next start on.

        Raises:
            TelemetryAwayError: it is.
        """
        self._retention = retention
        self._ready_link()
        async with self._merging:
            if self._merges_stopped:  # other hours wait for merges, which the next batch stops again
                await upgrade.forget(self, Layout(), retention)
                await self.run("SYSTEM START MERGES")
                self._merges_stopped = False
            await upgrade.keep(self, Layout(), retention)

    async def check(self) -> Check:
        if not self._ready:
            return Check("telemetry", "degraded", self._ready.why.message, self._ready.why.hint)
        return Check("telemetry", "ok", "chDB takes facts and answers.")

    async def run(self, sql: str) -> None:
        """A statement of an upgrade.

        Raises:
            TelemetryAwayError: it was not run, and why.
        """
        try:
            await self._any_link().request(wire.Run(next(self._numbers), sql))
        except EngineSaidError as error:
            said = statements.insert_error(error.message)
            raise TelemetryAwayError(
                f"The engine's tables cannot be made: {said.message}", hint=said.hint
            ) from None

    async def ask(self, sql: str) -> Rows:
        """A question of an upgrade."""
        return await self._asked(self._any_link(), sql, None, LIMITS)

    async def _asked(
        self, link: Link, sql: str, params: Mapping[str, Param] | None, limits: QueryLimits
    ) -> Rows:
        settings = statements.settings_sql(statements.query_settings(limits))
        asked = wire.Ask(next(self._numbers), sql, statements.param_texts(params), settings)
        try:
            async with asyncio.timeout(limits.seconds + QUERY_GRACE_S):
                return statements.rows(await link.request(asked))
        except TimeoutError:
            raise QueryTooHeavyError(
                "The query waited too long for its turn.", hint="Ask again when less is asked at once."
            ) from None
        except EngineSaidError as error:
            raise statements.query_error(error.message) from None

    def _ready_link(self) -> Link:
        self._ready.require()
        return self._any_link()

    def _any_link(self) -> Link:
        if self._link is None:
            raise self._ready.away()
        return self._link

    async def _keep_running(self) -> None:
        while True:
            began = asyncio.get_running_loop().time()
            try:
                self._ready.why = await self._run_once()
            except TidegateError as error:
                self._ready.why = TelemetryAwayError(error.message, hint=error.hint)
            except OSError as error:
                self._ready.why = TelemetryAwayError(f"The engine cannot be started: {error.strerror}.")
            if asyncio.get_running_loop().time() - began > STEADY_AFTER_S:
                self._backoff.reset()
            _log.warning("telemetry_engine_ended", why=self._ready.why.message)
            await asyncio.sleep(self._backoff.next_s())
            self.restarts += 1

    async def _run_once(self) -> TelemetryAwayError:
        """One process's life. Returns why it ended."""
        self._link = link = await Link.open(self._folder, self._memory_bytes)
        self._merges_stopped = False
        try:
            await upgrade.bring_up_to_date(self, Layout(), self._retention)
            with contextlib.suppress(TelemetryFullError):
                await self._mind_room(0)
            self._ready.reached()
            said = await link.ended()
        finally:
            self._ready.lost()
            self._link = None
            await link.close()
        return TelemetryAwayError(said or "The engine's process ended; it is started again.")
