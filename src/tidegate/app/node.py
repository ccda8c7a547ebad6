"""What this node says of itself: processor, memory, disk and traffic, measured every few seconds.

In: the operating system's accounts (psutil) and the parts' plain counters. Out: `NodeStatus`, `Check`s, `NodeFact`s.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import structlog

from tidegate import __version__
from tidegate.app.processes import descendants
from tidegate.core.clock import Clock
from tidegate.core.facts import NodeFact
from tidegate.core.nodes import Check, NodeStatus
from tidegate.core.settings import SettingsBook, Subject

SAMPLE_INTERVAL_S = 2.0
DISK_LOW_BYTES = 1 << 30
DISK_FULL_BYTES = 64 << 20

_log = structlog.get_logger()


class Work(msgspec.Struct, frozen=True):
    """What a node's parts do: gauges as they are now, amounts since start.

    Attributes:
        ingested_bytes, sent_bytes: media taken in, and sent to viewers.
        connections: open, of viewers.
        facts_dropped, logs_dropped: facts that there was no room for, and lines that became none.
    """

    streams: int = 0
    viewers: int = 0
    ladders: int = 0
    connections: int = 0
    ingested_bytes: int = 0
    sent_bytes: int = 0
    facts_dropped: int = 0
    logs_dropped: int = 0


class Reading(msgspec.Struct, frozen=True):
    """The accounts at one moment: `at` monotonic, processor times in seconds since start of process and machine."""

    at: float
    cpu_s: float
    rss_bytes: int
    machine_s: float
    machine_idle_s: float
    memory_total_bytes: int
    disk_free_bytes: int
    disk_total_bytes: int
    work: Work = Work()


class NodeMonitor:
    """Samples this process tree; implements `NodeDirectory` for the one node there is.

    `here` names it, `data` is on the disk that is watched, `work` asks the parts.
    """

    def __init__(
        self,
        here: Subject,
        roles: tuple[str, ...],
        data: Path,
        clock: Clock,
        work: Callable[[], Work],
        book: SettingsBook,
    ) -> None:
        self._here = here
        self._roles = roles
        self._data = data
        self._clock = clock
        self._work = work
        self._book = book
        self._process = psutil.Process()
        self._started_at = clock.wall()
        self._task: asyncio.Task[None] | None = None
        self._last = self._told = msgspec.structs.replace(self.read(), work=work())
        self._status = self._measured(self._last)

    def nodes(self) -> list[NodeStatus]:
        return [self._status]

    def disk(self) -> Check:
        """Whether the data folder has room, and what to do where it has not."""
        free = self._status.disk_free_bytes
        where = f"{free / (1 << 30):.1f} GiB free under {self._data}"
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
                reading = await asyncio.to_thread(self.read)
            except OSError as error:
                _log.warning("node-sample-failed", error=str(error))
                continue
            self.sample(reading)

    def sample(self, reading: Reading) -> None:
        """Take in what `read` has found, and ask the parts; on the loop."""
        reading = msgspec.structs.replace(reading, work=self._work())
        self._status = self._measured(reading)
        self._last = reading

    def report(self, at: float) -> list[NodeFact]:
        """What there is to tell since this was last called, if a sample was taken; `at`: when its second began."""
        last, before = self._last, self._told
        if last is before:
            return []
        self._told = last
        return [node_fact(self._status, before, last, at, self._book.arms(self._here))]

    def read(self) -> Reading:
        """Raw counters: taken in a thread, since asking the disk may wait."""
        cpu_s, rss = 0.0, 0
        for pid in (self._process.pid, *descendants(self._process.pid)):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process = psutil.Process(pid)
                times = process.cpu_times()
                # what its children used until they were waited for: else a child that ends takes its time along
                cpu_s += times.user + times.system + times.children_user + times.children_system
                rss += process.memory_info().rss
        disk = shutil.disk_usage(_existing(self._data))
        machine = psutil.cpu_times()
        idle_s = machine.idle + getattr(machine, "iowait", 0.0)
        return Reading(
            at=self._clock.monotonic(),
            cpu_s=cpu_s,
            rss_bytes=rss,
            machine_s=sum(machine) - getattr(machine, "guest", 0.0) - getattr(machine, "guest_nice", 0.0),
            machine_idle_s=idle_s,
            memory_total_bytes=psutil.virtual_memory().total,
            disk_free_bytes=disk.free,
            disk_total_bytes=disk.total,
        )

    def _measured(self, now: Reading) -> NodeStatus:
        before = self._last
        elapsed = now.at - before.at

        def rate(amount: float, earlier: float) -> float:
            return max(0.0, (amount - earlier) / elapsed) if elapsed > 0 else 0.0

        work = now.work
        return NodeStatus(
            node=self._here.node,
            region=self._here.region,
            roles=self._roles,
            version=__version__,
            started_at=self._started_at,
            cpu_cores=round(rate(now.cpu_s, before.cpu_s), 3),
            cpu_count=psutil.cpu_count() or 1,
            rss_bytes=now.rss_bytes,
            memory_total_bytes=now.memory_total_bytes,
            disk_free_bytes=now.disk_free_bytes,
            disk_total_bytes=now.disk_total_bytes,
            streams=work.streams,
            viewers=work.viewers,
            ingest_bps=round(rate(work.ingested_bytes, before.work.ingested_bytes) * 8),
            egress_bps=round(rate(work.sent_bytes, before.work.sent_bytes) * 8),
        )


def node_fact(
    status: NodeStatus, before: Reading, now: Reading, at: float, arms: tuple[str, ...] = ()
) -> NodeFact:
    """One interval between two readings."""
    work, earlier = now.work, before.work
    machine_s = now.machine_s - before.machine_s
    free = (now.machine_idle_s - before.machine_idle_s) / machine_s if machine_s > 0 else 0.0
    return NodeFact(
        at=at,
        region=status.region,
        node=status.node,
        arms=arms,
        roles=",".join(sorted(status.roles)),
        version=status.version,
        interval_s=round(now.at - before.at, 3),
        cpu_s=round(max(0.0, now.cpu_s - before.cpu_s), 3),
        cpu_count=status.cpu_count,
        capacity_left=round(min(1.0, max(0.0, free)), 3),
        rss_bytes=status.rss_bytes,
        memory_total_bytes=status.memory_total_bytes,
        disk_free_bytes=status.disk_free_bytes,
        disk_total_bytes=status.disk_total_bytes,
        ingest_bytes=max(0, work.ingested_bytes - earlier.ingested_bytes),
        egress_bytes=max(0, work.sent_bytes - earlier.sent_bytes),
        streams=work.streams,
        viewers=work.viewers,
        ladders=work.ladders,
        connections=work.connections,
        facts_dropped=max(0, work.facts_dropped - earlier.facts_dropped),
        logs_dropped=max(0, work.logs_dropped - earlier.logs_dropped),
    )


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
