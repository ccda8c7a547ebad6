"""Origins to test: one with the usual configuration, or a maker of others."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from origin_rig import Rig
from tidegate.media.origin.service import OriginConfig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path / "objects", OriginConfig())
    await made.origin.start()
    yield made
    await made.stop()


@pytest.fixture
def make_rig(tmp_path: Path) -> Callable[[OriginConfig], Rig]:
    """For another configuration; the test starts and stops it."""
    return lambda config: Rig(tmp_path / "objects", config)
