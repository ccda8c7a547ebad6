"""How the schema comes to be, on either engine."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tidegate.core.clock import SystemClock
from tidegate.store import SchemaTooNewError, Store, create_store, migrations
from tidegate.store.migrate import HEAD
from tidegate.store.tables import metadata

Open = Callable[[], Awaitable[Store]]


async def test_the_steps_from_empty_end_at_the_tables_the_code_uses(store: Store) -> None:
    def difference(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, metadata)

    assert await store.write(lambda transaction: difference(transaction._connection)) == []


def test_every_table_has_its_home_region_first_in_its_key_a_version_and_times() -> None:
    for table in metadata.sorted_tables:
        assert next(iter(table.primary_key.columns)).name == "home_region", table.name
        assert {"version", "created_at", "updated_at"} <= set(table.columns.keys()), table.name


async def test_opening_again_changes_nothing(store: Store, open_store: Open) -> None:
    again = await open_store()
    assert (await again.check()).status == "ok"


async def test_stores_that_open_an_empty_database_at_once_agree(open_store: Open) -> None:
    stores = await asyncio.gather(*(open_store() for _ in range(4)))
    for store in stores:
        assert (await store.check()).status == "ok"


async def test_a_database_from_a_newer_release_is_refused_and_left_alone(dsn: str, store: Store) -> None:
    await store.write(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '9999'")).rowcount)
    await store.close()
    late = create_store(dsn, clock=SystemClock())
    with pytest.raises(SchemaTooNewError, match="a newer release has written it") as caught:
        await late.open()
    assert caught.value.data == {"schema": ["9999"]}
    await late.close()


def test_the_code_names_the_newest_step() -> None:
    """The start without Alembic rests on it."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [HEAD]
