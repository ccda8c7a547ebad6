"""What benchmarks measure with: CPU-seconds and memory of process trees from /proc, percentiles, slopes, tables.

Shared by the scripts beside it; nothing here knows what is measured.
"""

import json
import math
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ProcessTree:
    """A process and all its descendants, read from /proc (proc_pid_stat(5))."""

    def __init__(self, pid: int) -> None:
        self._root = pid

    def pids(self) -> list[int]:
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (fields := _stat(int(entry.name))):
                children.setdefault(int(fields[1]), []).append(int(entry.name))
        found, todo = [], [self._root]
        while todo:
            pid = todo.pop()
            found.append(pid)
            todo += children.get(pid, [])
        return found

    def cpu_s(self) -> float:
        """User and system CPU-seconds so far, with those of children that have ended and been waited for."""
        total = 0
        for pid in self.pids():
            fields = _stat(pid)
            if fields:
                total += sum(int(fields[index]) for index in (11, 12, 13, 14))
        return total / _TICKS

    def rss_bytes(self) -> int:
        """Resident memory; pages that two of the processes share count twice."""
        return sum(rss_bytes(pid) for pid in self.pids())


def rss_bytes(pid: int) -> int:
    """Resident memory of one process, 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def disk_bytes(folder: Path) -> int:
    """What the files below a folder take, holes left out; files that go meanwhile count nothing."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(f"{path}/{name}").st_blocks * 512
    return total


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from `state` on, empty where the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


class CpuMeter:
    """The share of one core that a process tree uses between `start` and `stop`."""

    def __init__(self, tree: ProcessTree) -> None:
        self._tree = tree
        self.start()

    def start(self) -> None:
        self._cpu_s, self._at_s = self._tree.cpu_s(), time.monotonic()

    def stop(self) -> float:
        return (self._tree.cpu_s() - self._cpu_s) / (time.monotonic() - self._at_s)


class Shares:
    """CPU-seconds of groups of processes that come and go, by `sample`s; what died since the last one is short of that."""

    def __init__(self) -> None:
        self._used: dict[str, dict[int, float]] = {}
        self._busy_s, self._at_s = _machine_busy_s(), time.monotonic()

    def sample(self, groups: Mapping[str, Iterable[int]]) -> None:
        """Look at the processes, not their children, that belong to each group now."""
        for group, pids in groups.items():
            used = self._used.setdefault(group, {})
            for pid in pids:
                if fields := _stat(pid):
                    used[pid] = (int(fields[11]) + int(fields[12])) / _TICKS

    def cpu_s(self, group: str) -> float:
        """CPU-seconds that a group's processes have used since each began."""
        return sum(self._used.get(group, {}).values())

    def cores(self) -> dict[str, float]:
        """Cores that each group took since the beginning, and `others`: the rest of what kept the machine busy."""
        seconds = time.monotonic() - self._at_s
        found = {group: sum(used.values()) / seconds for group, used in self._used.items()}
        found["others"] = max(0.0, (_machine_busy_s() - self._busy_s) / seconds - sum(found.values()))
        return found


class OthersMeter:
    """Cores that the machine spends on anything but a process tree, from `start` on: what blurs the other figures."""

    def __init__(self, tree: ProcessTree) -> None:
        self._tree = tree
        self.start()

    def start(self) -> None:
        self._own_s, self._busy_s, self._at_s = self._tree.cpu_s(), _machine_busy_s(), time.monotonic()

    def stop(self) -> float:
        busy_s = _machine_busy_s() - self._busy_s
        return max(0.0, busy_s - (self._tree.cpu_s() - self._own_s)) / (time.monotonic() - self._at_s)


def _machine_busy_s() -> float:
    """CPU-seconds of all cores that were neither idle nor waiting for a disk (proc_stat(5))."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = (
        int(field) for field in Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile, NaN without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Rise per unit of x of the least-squares line through points, 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def report(
    title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], data: Any, *, as_json: bool
) -> None:
    """Print a table for people, or the data behind it as one JSON document."""
    if as_json:
        json.dump(data, sys.stdout, indent=2)
        print()
        return
    table = Table(title=title, title_justify="left")
    for index, header in enumerate(headers):
        table.add_column(header, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=max(120, Console().width)).print(table)


def verdict(value: float, limit: float) -> str:
    """A figure's share of its limit, and whether it holds."""
    return f"{value / limit:.2f} × {'✔' if value <= limit else '✘'}"


def say(line: str) -> None:
    """Progress, on standard error, so that standard output is the result alone."""
    print(line, file=sys.stderr, flush=True)
