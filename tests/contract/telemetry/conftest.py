"""One suite, two engines: chDB in a process of its own, and ClickHouse's HTTP protocol as the double speaks it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from clickhouse_double import PASSWORD, USER, Double
from tidegate.telemetry.cluster import ClusterTelemetry
from tidegate.telemetry.contract import TelemetryAwayError
from tidegate.telemetry.dsn import parse_dsn
from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.schema import Retention

ENGINE_BYTES = 1 << 30


class Rig:
    """An engine that can be killed, on a folder of its own."""

    telemetry: EmbeddedTelemetry | ClusterTelemetry

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.double = Double(folder / "double") if kind == "http" else None
        self._folder = folder

    def another(self, retention: Retention | None = None) -> EmbeddedTelemetry | ClusterTelemetry:
        """A client, not started."""
        kept = retention or Retention()
        if self.double is None:
            return EmbeddedTelemetry(self._folder / "engine", kept, ENGINE_BYTES, Random(1))
        dsn = f"http://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.double.port}"
        return ClusterTelemetry(parse_dsn(dsn), kept, Random(1))

    async def start(self) -> None:
        if self.double is not None:
            await asyncio.to_thread(self.double.start)
        self.telemetry = self.another()
        await self.telemetry.start()

    async def reopen(self, retention: Retention | None = None) -> None:
        """Stop the client, and start another on what it left."""
        await self.telemetry.stop()
        self.telemetry = self.another(retention)
        await self.telemetry.start()

    async def kill(self) -> None:
        """kill -9 of the engine; it comes back, by itself or by us."""
        if self.double is not None:
            await asyncio.to_thread(self.double.kill)
            await asyncio.to_thread(self.double.start)
            return
        assert isinstance(self.telemetry, EmbeddedTelemetry)
        if self.telemetry.pid is not None:
            os.kill(self.telemetry.pid, signal.SIGKILL)

    async def back(self) -> None:
        """Wait until it answers."""
        async with asyncio.timeout(60):
            while True:
                try:
                    await self.telemetry.query("SELECT 1")
                except TelemetryAwayError:
                    await asyncio.sleep(0.05)
                else:
                    return

    async def stop(self) -> None:
        await self.telemetry.stop()
        if self.double is not None:
            await asyncio.to_thread(self.double.kill)


@pytest.fixture(params=["embedded", "http"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(request.param, tmp_path)
    try:
        await rig.start()
        yield rig
    finally:
        await rig.stop()


Ask = Callable[..., Awaitable[list[object]]]


@pytest.fixture
def ask(rig: Rig) -> Ask:
    """A function that returns the only row of an answer."""

    async def ask(sql: str, **params: object) -> list[object]:
        answer = await rig.telemetry.query(sql, params)  # type: ignore[arg-type]
        assert len(answer.rows) == 1, answer
        return answer.rows[0]

    return ask
