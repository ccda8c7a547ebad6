"""Telemetry: begun after the platform serves, ended before it stops; slow, away or full it costs nothing but itself.

Offers `sink`, where everyone puts facts, and `telemetry`, which answers queries. Both are there from the beginning: until the engine
is open facts wait, and queries are told so.
"""

import asyncio
from collections.abc import Mapping
from random import Random

import structlog

from tidegate.app.ground import Ground
from tidegate.core.facts import Fact
from tidegate.core.nodes import Check
from tidegate.core.ports import FactSink
from tidegate.telemetry import settings
from tidegate.telemetry.contract import LIMITS, Param, QueryLimits, Rows, Telemetry, TelemetryAwayError
from tidegate.telemetry.dsn import OFF
from tidegate.telemetry.metrics import TelemetryCollector
from tidegate.telemetry.service import FOLDER, KeepingTelemetry, create_telemetry
from tidegate.telemetry.writer import FactWriter

_log = structlog.get_logger()


class TelemetryRoom:
    """Attributes:
    sink: takes facts.
    telemetry: answers queries.
    """

    sink: FactSink
    telemetry: Telemetry

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._opening: asyncio.Task[None] | None = None
        self._off = ground.config.telemetry == OFF
        if self._off:
            self.sink, self.telemetry = NoSink(), NoTelemetry()
            return
        chance = Random()  # noqa: S311 - spreads retries
        self._engine: KeepingTelemetry = create_telemetry(
            ground.config.telemetry, ground.data, settings.retention(ground.book), chance
        )
        spill = ground.data / FOLDER / "spill"
        self._writer = FactWriter(self._engine, spill, ground.clock, chance, settings.bounds(ground.book))
        self.sink, self.telemetry = self._writer, self._engine
        if ground.facts.sink is None:
            ground.facts.sink, ground.facts.lost = self._writer, lambda: self._writer.dropped_total
        self._keep_now = asyncio.Event()

    async def start(self) -> None:
        """Begin; returns at once. The engine opens by itself in a while."""
        if self._off:
            return
        ground = self._ground
        ground.registry.register(TelemetryCollector(self._writer))
        ground.follow(settings.BOUNDS, lambda: self._writer.adjust(settings.bounds(ground.book)))
        ground.follow(settings.KEPT, self._keep_now.set)
        await self._writer.start()
        self._opening = asyncio.create_task(self._open(), name="telemetry-open")

    async def stop(self) -> None:
        """End what was begun: what has gathered is stored, or kept on disk. Safe at any time."""
        if self._opening is None:
            return
        await self._writer.stop()
        self._opening.cancel()
        await asyncio.gather(self._opening, return_exceptions=True)
        await self._engine.stop()

    async def check(self) -> Check:
        """Degraded at worst: what is served does not depend on it."""
        if self._off:
            return Check("telemetry", "ok", "Off by configuration: no facts are kept.")
        check = await self._engine.check()
        troubles = self._writer.troubles()
        if not troubles:
            return check
        return Check("telemetry", "degraded", " ".join([check.message, *troubles]), check.hint or HINT)

    async def _open(self) -> None:
        """Start the engine, then obey how long things are to be kept."""
        try:
            await self._engine.start()
        except TelemetryAwayError as error:
            _log.warning("telemetry_not_open", why=error.message)  # it goes on trying by itself
        while True:
            await self._keep_now.wait()
            self._keep_now.clear()
            try:
                await self._engine.keep(settings.retention(self._ground.book))
            except TelemetryAwayError as error:
                _log.warning("telemetry_retention_waits", why=error.message)


HINT = "Playing and publishing go on. See docs/telemetry.md, If it is away or full."


class NoSink:
    """A `FactSink` that keeps nothing."""

    def put(self, fact: Fact) -> None:
        del fact


class NoTelemetry:
    """A `Telemetry` that is off."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def insert(self, table: str, lines: bytes, token: str) -> None:
        del table, lines, token
        raise self._off()

    async def query(
        self, sql: str, params: Mapping[str, Param] | None = None, limits: QueryLimits = LIMITS
    ) -> Rows:
        del sql, params, limits
        raise self._off()

    async def check(self) -> Check:
        return Check("telemetry", "ok", "Off by configuration.")

    @staticmethod
    def _off() -> TelemetryAwayError:
        return TelemetryAwayError(
            "Telemetry is off.", hint='Take `telemetry = "off"` out of the configuration, and start again.'
        )
