"""What is SQLite's own: group commit, bounds, a full disk, a file that is no database."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from tidegate.core.clock import ManualClock
from tidegate.store import StorageFullError, StoreUnavailableError, Transaction
from tidegate.store.sqlite import SqliteStore
from tidegate.store.sqlite_writer import MAX_GROUP, MAX_QUEUED
from tidegate.store.tables import channels


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "tidegate.db", clock=ManualClock(), region="local")
    await store.open()
    yield store
    await store.close()


def adding(name: str, title: str = ""):
    row = {"home_region": "local", "name": name, "title": title}
    statement = insert(channels).values(**row, version=1, created_at=0.0, updated_at=0.0)
    return lambda transaction: transaction.execute(statement).rowcount


class Held:
    """Keeps the writing thread in a work until let go."""

    def __init__(self, store: SqliteStore) -> None:
        self._entered = threading.Event()
        self._let_go = threading.Event()
        self._task = asyncio.ensure_future(store.write(self._wait))

    def _wait(self, _: Transaction) -> None:
        self._entered.set()
        assert self._let_go.wait(30)

    async def __aenter__(self) -> None:
        await asyncio.to_thread(self._entered.wait, 30)

    async def __aexit__(self, *_: object) -> None:
        self._let_go.set()
        await self._task


async def test_writes_that_wait_together_are_committed_together(store: SqliteStore) -> None:
    before = store.counters.commits
    async with Held(store):
        waiting = [asyncio.ensure_future(store.write(adding(f"c{n}"))) for n in range(MAX_GROUP)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert store.counters.commits == before + 2


async def test_beyond_its_bound_a_write_is_refused_at_once(store: SqliteStore) -> None:
    def nothing(_: Transaction) -> None:
        pass

    async with Held(store):
        waiting = [asyncio.ensure_future(store.write(nothing)) for _ in range(MAX_QUEUED)]
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailableError, match=f"{MAX_QUEUED} writes are waiting"):
            await store.write(nothing)
        assert store.counters.refused == 1
    await asyncio.gather(*waiting)
    await store.write(nothing)


async def test_closing_finishes_what_was_accepted(store: SqliteStore) -> None:
    writes = [asyncio.ensure_future(store.write(adding(f"c{n}"))) for n in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*writes) == [1] * 50


async def test_a_full_disk_is_a_clear_error_and_passes(store: SqliteStore) -> None:
    await store.write(adding("before"))
    await _limit_pages(store, 40)
    with pytest.raises(StorageFullError) as caught:
        await store.write(adding("big", "x" * 1_000_000))
    assert caught.value.status == 507
    assert "Free space" in caught.value.hint
    assert [row.name for row in await store.read(select(channels.c.name))] == ["before"]

    await _limit_pages(store, 1_000_000)
    await store.write(adding("big", "x" * 1_000_000))
    assert len(await store.read(select(channels.c.name))) == 2


async def test_a_full_disk_shows_in_the_check_until_there_is_room(store: SqliteStore) -> None:
    with pytest.raises(StorageFullError):
        await _fill(store)
    check = await store.check()
    assert (check.status, check.message[:20]) == ("degraded", "Nothing can be saved")
    assert "Free space" in check.hint

    await _limit_pages(store, 1_000_000)
    assert (await store.check()).status == "ok"


async def test_neighbours_of_the_write_that_filled_the_disk_are_not_acknowledged_falsely(
    store: SqliteStore,
) -> None:
    await _limit_pages(store, 40)
    async with Held(store):
        names = [f"c{n}" for n in range(20)]
        writes = [asyncio.ensure_future(store.write(adding(name, "x" * 20_000))) for name in names]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert any(isinstance(outcome, StorageFullError) for outcome in outcomes)
    kept = {row.name for row in await store.read(select(channels.c.name))}
    assert kept == {name for name, outcome in zip(names, outcomes, strict=True) if outcome == 1}


async def test_a_work_that_raises_stop_iteration_still_answers(store: SqliteStore) -> None:
    def work(_: Transaction) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.write(work)


async def test_a_mistaken_statement_is_not_taken_for_the_databases_fault(store: SqliteStore) -> None:
    with pytest.raises(Exception, match="no such table") as caught:
        await store.read(select(text("1")).select_from(text("nowhere")))
    assert not isinstance(caught.value, StoreUnavailableError)


async def test_readers_cannot_write(store: SqliteStore) -> None:
    with pytest.raises(StoreUnavailableError, match="readonly"):
        await store.read(adding_as_read("sneaky"))


async def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "nowhere" / "x.db", clock=ManualClock(), region="local")
    with pytest.raises(StoreUnavailableError, match="unable to open") as caught:
        await store.open()
    assert "data folder" in caught.value.hint
    await store.close()


async def test_a_file_that_is_no_database_is_a_sentence_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"not a database " * 100)
    store = SqliteStore(path, clock=ManualClock(), region="local")
    with pytest.raises(StoreUnavailableError, match="not a database") as caught:
        await store.open()
    assert "restore a backup" in caught.value.hint
    assert path.read_bytes().startswith(b"not a database")


async def test_every_commit_is_on_the_disk_before_it_is_acknowledged(store: SqliteStore) -> None:
    """`FULL` is 2 (sqlite.org/pragma.html#pragma_synchronous)."""
    modes = await store.write(
        lambda tx: [tx.execute(text(f"PRAGMA {name}")).scalar() for name in ("synchronous", "journal_mode")]
    )
    assert modes == [2, "wal"]


def adding_as_read(name: str):
    row = {"home_region": "local", "name": name, "title": ""}
    return (
        insert(channels).values(**row, version=1, created_at=0.0, updated_at=0.0).returning(channels.c.name)
    )


async def _limit_pages(store: SqliteStore, pages: int) -> None:
    """SQLite answers beyond it as it does on a full disk: SQLITE_FULL."""
    await store.write(lambda tx: tx.execute(text(f"PRAGMA max_page_count={pages}")).scalar())


async def _fill(store: SqliteStore) -> None:
    await _limit_pages(store, 1)
    for n in range(1000):
        await store.write(adding(f"fill{n}", "x" * 5000))
