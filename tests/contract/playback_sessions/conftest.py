"""A real engine for questions about playback sessions."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.schema import Retention


@pytest.fixture
async def telemetry(tmp_path: Path) -> AsyncIterator[EmbeddedTelemetry]:
    engine = EmbeddedTelemetry(tmp_path / "engine", Retention(), 1 << 30, Random(1))
    await engine.start()
    yield engine
    await engine.stop()
