"""What a transaction promises, on either engine."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, insert, select, update

from tidegate.core.clock import ManualClock
from tidegate.core.errors import ConflictError
from tidegate.store import Store, StoreUnavailableError, Transaction, VersionConflictError
from tidegate.store.errors import DuplicateRowError
from tidegate.store.tables import channels


def row(name: str, **values: object) -> dict[str, object]:
    return {
        "home_region": "local",
        "name": name,
        "title": "",
        "version": 1,
        "created_at": 0.0,
        "updated_at": 0.0,
        **values,
    }


def key(name: str) -> dict[str, object]:
    return {"home_region": "local", "name": name}


def adding(name: str) -> Callable[[Transaction], int]:
    return lambda transaction: transaction.execute(insert(channels).values(row(name))).rowcount


async def names(store: Store) -> list[str]:
    return [found.name for found in await store.read(select(channels.c.name).order_by(channels.c.name))]


async def test_what_was_written_is_read(store: Store) -> None:
    assert await store.write(adding("demo")) == 1
    (found,) = await store.read(select(channels))
    assert (found.home_region, found.name, found.version) == ("local", "demo", 1)


async def test_what_was_written_is_there_after_opening_again(
    store: Store, open_store: Callable[[], Awaitable[Store]]
) -> None:
    await store.write(adding("demo"))
    await store.close()
    assert await names(await open_store()) == ["demo"]


async def test_a_work_that_raises_leaves_nothing(store: Store) -> None:
    def work(transaction: Transaction) -> None:
        adding("half")(transaction)
        transaction.emit("topic", "never")
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        await store.write(work)
    assert await names(store) == []
    assert await store.drain(_forget) == 0


async def test_a_work_that_raises_takes_nothing_of_its_neighbours(store: Store) -> None:
    def failing(transaction: Transaction) -> None:
        adding("bad")(transaction)
        raise ValueError

    works = [adding("a"), failing, adding("b"), failing, adding("c")]
    outcomes = await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [int, ValueError, int, ValueError, int]
    assert await names(store) == ["a", "b", "c"]


async def test_a_second_row_of_the_same_key_is_refused(store: Store) -> None:
    await store.write(adding("demo"))
    with pytest.raises(DuplicateRowError):
        await store.write(adding("demo"))
    assert await store.write(adding("other")) == 1


async def test_swap_changes_the_row_and_counts_its_version(store: Store, clock: ManualClock) -> None:
    await store.write(adding("demo"))
    clock.advance(60)
    version = await store.write(lambda tx: tx.swap(channels, key("demo"), 1, {"title": "new"}))
    (found,) = await store.read(select(channels))
    assert (version, found.version, found.title) == (2, 2, "new")
    assert found.updated_at == clock.wall()


async def test_swap_at_an_old_version_conflicts_and_changes_nothing(store: Store) -> None:
    await store.write(adding("demo"))
    await store.write(lambda tx: tx.swap(channels, key("demo"), 1, {"title": "first"}))
    with pytest.raises(VersionConflictError) as caught:
        await store.write(lambda tx: tx.swap(channels, key("demo"), 1, {"title": "second"}))
    assert caught.value.data == {"table": "channels", "version": 1}
    (found,) = await store.read(select(channels))
    assert found.title == "first"


async def test_swap_of_a_row_that_is_gone_conflicts(store: Store) -> None:
    with pytest.raises(VersionConflictError):
        await store.write(lambda tx: tx.swap(channels, key("demo"), 1, {"title": "x"}))


async def test_of_two_writers_with_the_same_version_one_wins(
    store: Store, open_store: Callable[[], Awaitable[Store]]
) -> None:
    other = await open_store()
    await store.write(adding("demo"))
    outcomes = await asyncio.gather(
        *(
            writer.write(lambda tx, title=title: tx.swap(channels, key("demo"), 1, {"title": title}))
            for writer, title in ((store, "a"), (other, "b"), (store, "c"), (other, "d"))
        ),
        return_exceptions=True,
    )
    assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["VersionConflictError"] * 3 + [
        "int"
    ]


async def test_two_writers_that_read_before_they_write_lose_no_update(
    store: Store, open_store: Callable[[], Awaitable[Store]]
) -> None:
    """Without serialisability both would read the same version and one increment would be lost."""
    other = await open_store()
    await store.write(adding("counter"))

    def increment(transaction: Transaction) -> None:
        (version,) = transaction.execute(select(channels.c.version)).one()
        transaction.execute(update(channels).values(version=version + 1))

    await asyncio.gather(*(writer.write(increment) for writer in (store, other) * 10))
    (found,) = await store.read(select(channels.c.version))
    assert found.version == 21


async def test_two_writers_that_check_before_they_insert_make_one_row(
    store: Store, open_store: Callable[[], Awaitable[Store]]
) -> None:
    other = await open_store()

    def create(transaction: Transaction) -> None:
        if transaction.execute(select(channels).where(channels.c.name == "demo")).first():
            raise ConflictError("there is one")
        adding("demo")(transaction)

    outcomes = await asyncio.gather(
        *(writer.write(create) for writer in (store, other) * 4), return_exceptions=True
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert all(outcome is None or isinstance(outcome, ConflictError) for outcome in outcomes)
    assert await names(store) == ["demo"]


async def test_many_writers_at_once_all_get_their_answer(store: Store) -> None:
    results = await asyncio.gather(*(store.write(adding(f"c{n:03}")) for n in range(200)))
    assert sum(results) == 200
    (counted,) = await store.read(select(func.count().label("n")).select_from(channels))
    assert counted.n == 200
    assert store.counters.writes == 200
    assert store.counters.waiting == 0


async def test_a_cancelled_caller_leaves_the_store_working(store: Store) -> None:
    task = asyncio.create_task(store.write(adding("maybe")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.write(adding("after"))
    assert "after" in await names(store)
    assert store.counters.waiting == 0


async def test_a_healthy_store_says_so(store: Store) -> None:
    check = await store.check()
    assert (check.name, check.status) == ("store", "ok")


async def test_a_closed_store_refuses_with_a_sentence(store: Store) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailableError, match="not open"):
        await store.write(adding("late"))
    with pytest.raises(StoreUnavailableError, match="not open"):
        await store.read(select(channels))
    assert (await store.check()).status == "failing"


async def _forget(_: object) -> None:
    pass
