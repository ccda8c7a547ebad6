"""Channels over a real SQLite store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tidegate.core.clock import ManualClock
from tidegate.media.channels.admission import KeyAdmission
from tidegate.media.channels.refusals import RefusalLog
from tidegate.media.channels.service import ChannelService
from tidegate.store import Store, create_store


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    store = create_store(f"sqlite:///{tmp_path / 'tidegate.db'}", clock=clock)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def channels(store: Store) -> ChannelService:
    service = ChannelService(store)
    await service.load()
    return service


@pytest.fixture
def refusals(channels: ChannelService, clock: ManualClock) -> RefusalLog:
    return RefusalLog(clock, channels.directory)


@pytest.fixture
def admission(channels: ChannelService, clock: ManualClock) -> KeyAdmission:
    return KeyAdmission(channels.directory, clock)
