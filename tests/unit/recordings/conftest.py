"""A studio to test with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recordings_rig import Studio
from tidegate.core.clock import SystemClock
from tidegate.store import create_store


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    store = create_store(f"sqlite:///{tmp_path / 'tidegate.db'}", clock=SystemClock())
    await store.open()
    made = Studio(tmp_path / "objects", store)
    await made.origin.start()
    yield made
    await made.stop()
    await store.close()
