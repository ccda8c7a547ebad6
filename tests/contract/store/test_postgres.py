"""What is PostgreSQL's own: it goes away and comes back, and puts transactions in order by aborting some."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import make_url

from tidegate.core.clock import ManualClock
from tidegate.store import Store, StoreUnavailableError, Transaction, create_store
from tidegate.store.postgres import MAX_WAITING, PostgresStore
from tidegate.store.tables import channels


@pytest.fixture
async def store(postgres_dsn: str) -> AsyncIterator[Store]:
    store = create_store(postgres_dsn, clock=ManualClock())
    await store.open()
    yield store
    await store.close()


def add(transaction: Transaction, name: str = "demo") -> None:
    row = {"home_region": "local", "name": name, "title": "", "version": 1}
    transaction.execute(insert(channels).values(**row, created_at=0.0, updated_at=0.0))


async def test_connections_that_were_cut_are_replaced(store: Store) -> None:
    await store.write(add)

    def cut(transaction: Transaction) -> int:
        others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        return transaction.execute(text(others)).scalar_one()

    await asyncio.gather(*(store.read(select(channels)) for _ in range(4)))
    assert await store.write(cut) > 0
    for _ in range(8):
        assert len(await store.read(select(channels))) == 1


async def test_a_transaction_whose_connection_is_cut_says_so_and_leaves_nothing(store: Store) -> None:
    def cut_own(transaction: Transaction) -> None:
        add(transaction, "lost")
        transaction.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreUnavailableError) as caught:
        await store.write(cut_own)
    assert caught.value.hint
    assert "SELECT" not in str(caught.value)
    assert await store.read(select(channels)) == []


async def test_what_the_database_aborts_is_run_again(store: Store) -> None:
    await store.write(add)

    def increment(transaction: Transaction) -> None:
        (version,) = transaction.execute(select(channels.c.version)).one()
        transaction.execute(update(channels).values(version=version + 1))

    await asyncio.gather(*(store.write(increment) for _ in range(8)))
    assert (await store.read(select(channels.c.version)))[0].version == 9
    assert store.counters.retries > 0


async def test_a_wrong_database_or_user_is_a_sentence(postgres_dsn: str) -> None:
    url = make_url(postgres_dsn)
    for wrong in (url.set(database="nowhere"), url.set(username="nobody")):
        store = PostgresStore(wrong, clock=ManualClock(), region="local")
        with pytest.raises(StoreUnavailableError) as caught:
            await store.open()
        assert "store's address" in caught.value.hint
        await store.close()


async def test_beyond_its_bound_a_call_is_refused_at_once(store: Store) -> None:
    waiting = [asyncio.ensure_future(store.read(select(channels))) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailableError, match=f"{MAX_WAITING} calls are waiting"):
        await store.read(select(channels))
    assert store.counters.refused == 1
    for call in waiting:
        call.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await store.read(select(channels)) == []
