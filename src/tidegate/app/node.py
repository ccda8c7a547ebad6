"""What this node says of itself: processor, memory, disk and traffic, measured every few seconds.

In: the operating system's accounts (psutil) and the parts' plain counters. Out: `NodeStatus`, `Check`s.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
import structlog

from tidegate import __version__
from tidegate.app.config import Config
from tidegate.app.processes import descendants
from tidegate.core.clock import Clock
from tidegate.core.nodes import Check, NodeStatus
from tidegate.core.ports import Audience, StreamDirectory

SAMPLE_INTERVAL_S = 2.0
DISK_LOW_BYTES = 1 << 30
DISK_FULL_BYTES = 64 << 20

_log = structlog.get_logger()


class NodeMonitor:
    """Samples this process tree; implements `NodeDirectory` for the one node there is."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        streams: StreamDirectory,
        audience: Audience,
        ingested_bytes: Callable[[], int],
    ) -> None:
        self._config = config
        self._clock = clock
        self._streams = streams
        self._audience = audience
        self._ingested_bytes = ingested_bytes
        self._process = psutil.Process()
        self._started_at = clock.wall()
        self._task: asyncio.Task[None] | None = None
        self._last = self._reading()
        self._status = self._measured(self._last)

    def nodes(self) -> list[NodeStatus]:
        return [self._status]

    def disk(self) -> Check:
        """Whether the data folder has room, and what to do where it has not."""
        free = self._status.disk_free_bytes
        where = f"{free / (1 << 30):.1f} GiB free under {self._config.data}"
        if free < DISK_FULL_BYTES:
            return Check(
                "disk", "failing", f"The disk is full: {where}.", "Free space; playing goes on from memory."
            )
        if free < DISK_LOW_BYTES:
            return Check("disk", "degraded", f"The disk is nearly full: {where}.", "Free space soon.")
        return Check("disk", "ok", f"{where}.")

    async def start(self) -> None:
        self._task = asyncio.create_task(self._sample_for_ever(), name="node-monitor")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _sample_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_INTERVAL_S)
            try:
                reading = await asyncio.to_thread(self._reading)
                self._status = self._measured(reading)
                self._last = reading
            except OSError as error:
                _log.warning("node-sample-failed", error=str(error))

    def _reading(self) -> dict[str, float]:
        """Raw counters: taken in a thread, since asking the disk may wait."""
        cpu_s, rss = 0.0, 0
        for pid in (self._process.pid, *descendants(self._process.pid)):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process = psutil.Process(pid)
                times = process.cpu_times()
                cpu_s += times.user + times.system
                rss += process.memory_info().rss
        disk = shutil.disk_usage(_existing(self._config.data))
        return {
            "at": self._clock.monotonic(),
            "cpu_s": cpu_s,
            "rss": rss,
            "disk_free": disk.free,
            "disk_total": disk.total,
            "ingested": self._ingested_bytes(),
            "egressed": self._audience.egress_bytes(),
        }

    def _measured(self, now: dict[str, float]) -> NodeStatus:
        elapsed = now["at"] - self._last["at"]

        def rate(name: str) -> float:
            return max(0.0, (now[name] - self._last[name]) / elapsed) if elapsed > 0 else 0.0

        return NodeStatus(
            node=self._config.node_name,
            region=self._config.region,
            roles=("controller", "gateway", "origin", "edge"),
            version=__version__,
            started_at=self._started_at,
            cpu_cores=round(rate("cpu_s"), 3),
            cpu_count=psutil.cpu_count() or 1,
            rss_bytes=int(now["rss"]),
            memory_total_bytes=psutil.virtual_memory().total,
            disk_free_bytes=int(now["disk_free"]),
            disk_total_bytes=int(now["disk_total"]),
            streams=sum(status.state in ("live", "starting") for status in self._streams.statuses()),
            viewers=self._audience.total(),
            ingest_bps=round(rate("ingested") * 8),
            egress_bps=round(rate("egressed") * 8),
        )


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
