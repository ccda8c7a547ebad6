"""What was acknowledged outlives the process that wrote it; and processes that start together agree."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import select

from tidegate.core.clock import SystemClock
from tidegate.store import OutboxEvent, Store, create_store
from tidegate.store.tables import channels

WRITING_PROCESS = Path(__file__).with_name("writing_process.py")
ROUNDS = {"sqlite": 5, "postgresql": 2}
"""PostgreSQL's own durability is not ours to test; its rounds hold that we acknowledge after COMMIT, not before."""

ACKNOWLEDGED = 150


async def start(dsn: str, round_name: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(WRITING_PROCESS), dsn, round_name, stdout=asyncio.subprocess.PIPE
    )


async def kill(process: asyncio.subprocess.Process) -> list[str]:
    """Kill -9, and return what it had printed in whole lines by then."""
    process.kill()
    rest = await process.stdout.read()
    await process.wait()
    return rest.decode().split("\n")[:-1]


async def test_kill_9_loses_no_acknowledged_write(dsn: str) -> None:
    acknowledged: set[str] = set()
    rounds = ROUNDS[dsn.partition(":")[0]]
    for round_number in range(rounds):
        process = await start(dsn, str(round_number))
        assert await process.stdout.readline() == b"open\n"
        for _ in range(ACKNOWLEDGED):
            acknowledged.add((await process.stdout.readline()).decode().strip())
        acknowledged.update(await kill(process))

        store = create_store(dsn, clock=SystemClock())
        await store.open()
        kept = {row.name for row in await store.read(select(channels.c.name))}
        announced: set[str] = set()

        async def note(event: OutboxEvent, announced: set[str] = announced) -> None:
            announced.add(event.payload)

        while await store.drain(note, 500):
            pass
        await store.close()
        assert acknowledged <= kept
        assert announced == {name for name in kept if name.startswith(f"r{round_number}-")}
    assert len(acknowledged) >= rounds * ACKNOWLEDGED


async def test_processes_that_open_an_empty_database_at_once_agree(
    dsn: str, open_store: Callable[[], Awaitable[Store]]
) -> None:
    processes = [await start(dsn, str(number)) for number in range(3)]
    try:
        lines = [await process.stdout.readline() for process in processes]
        assert lines == [b"open\n"] * 3
    finally:
        for process in processes:
            await kill(process)
    assert (await (await open_store()).check()).status == "ok"
