"""Which engine an address chooses, and what a wrong one is told."""

import importlib.util
from pathlib import Path

import pytest

from tidegate.core.clock import ManualClock
from tidegate.store import BadDsnError, StoreUnavailableError, create_store
from tidegate.store.postgres import PostgresStore
from tidegate.store.sqlite import SqliteStore


def test_a_file_chooses_sqlite() -> None:
    store = create_store("sqlite:////var/lib/tidegate.db", clock=ManualClock())
    assert isinstance(store, SqliteStore)
    assert store.path == Path("/var/lib/tidegate.db")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_server_chooses_postgresql(scheme: str) -> None:
    store = create_store(f"{scheme}://me@host/db", clock=ManualClock(), region="eu")
    assert isinstance(store, PostgresStore)
    assert store.region == "eu"


@pytest.mark.parametrize("dsn", ["", "tidegate.db", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_anything_else_is_refused_with_examples(dsn: str) -> None:
    with pytest.raises(BadDsnError, match="sqlite:////var/lib"):
        create_store(dsn, clock=ManualClock())


def test_an_address_that_cannot_be_used_does_not_show_its_password() -> None:
    with pytest.raises(BadDsnError) as caught:
        create_store("mysql://me:hunter2@host/db", clock=ManualClock())
    assert "hunter2" not in str(caught.value)


def test_without_the_driver_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(BadDsnError, match=r"pip install tidegate\[postgres\]"):
        create_store("postgresql://host/db", clock=ManualClock())


async def test_a_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    store = create_store(f"postgresql://me:hunter2@/db?host={tmp_path}", clock=ManualClock())
    with pytest.raises(StoreUnavailableError, match="cannot be reached") as caught:
        await store.open()
    assert "hunter2" not in str(caught.value)
    assert (await store.check()).status == "failing"
    await store.close()
