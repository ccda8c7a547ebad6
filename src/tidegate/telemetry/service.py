"""Makes the engine that an address names, for a data folder."""

from pathlib import Path
from random import Random
from typing import Final, Protocol

from tidegate.telemetry.contract import Telemetry
from tidegate.telemetry.dsn import parse_dsn
from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.schema import Retention

FOLDER: Final = "telemetry"
"""Of the data folder: the embedded engine's folder, and the spill, are in it."""

MEMORY_SHARE: Final = 4
MEMORY_MAX: Final = 4 << 30
"""What the embedded engine may take: a part of the machine's memory, at most so much. At its bound queries fail, never the machine."""


class KeepingTelemetry(Telemetry, Protocol):
    """An engine whose retention can be changed while it runs."""

    async def keep(self, retention: Retention) -> None: ...


def create_telemetry(dsn: str, data: Path, retention: Retention, chance: Random) -> KeepingTelemetry:
    """The engine of a process whose data folder is `data`.

    Raises:
        InvalidError: no engine has such an address.
    """
    if dsn:
        from tidegate.telemetry.cluster import ClusterTelemetry  # noqa: PLC0415  it loads httpx

        return ClusterTelemetry(parse_dsn(dsn), retention, chance)
    import psutil  # noqa: PLC0415  else viewers wait for it after a restart

    memory = min(psutil.virtual_memory().total // MEMORY_SHARE, MEMORY_MAX)
    return EmbeddedTelemetry(data / FOLDER / "engine", retention, memory, chance)
