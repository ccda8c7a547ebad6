"""The processes below one: by the kernel's own lists of children where it keeps them.

In: a process id. Out: the ids of its descendants. Linux tells each thread's children in `/proc/PID/task/TID/children`
(proc(5); CONFIG_PROC_CHILDREN), so that a few small files are read. psutil, for every other system, reads the parent of
each process of the machine, which costs a busy host's idle server several times what all its own work does.
"""

from pathlib import Path

import psutil

DESCENDANTS_MAX = 4096
"""Processes told of at most; of more the rest is left out."""

PROC = Path("/proc")


def descendants(pid: int, proc: Path = PROC) -> list[int]:
    """Ids of all processes below `pid`, itself not among them.

    Raises:
        psutil.NoSuchProcess: `pid` is gone, and the kernel keeps no lists.
    """
    if not (proc / f"{pid}/task/{pid}/children").exists():
        return [child.pid for child in psutil.Process(pid).children(recursive=True)][:DESCENDANTS_MAX]
    found: dict[int, None] = {}
    to_ask = [pid]
    while to_ask and len(found) < DESCENDANTS_MAX:
        for child in _children(proc / str(to_ask.pop()) / "task"):
            if child not in found and child != pid:  # ids are used again while we look
                found[child] = None
                to_ask.append(child)
    return list(found)


def _children(tasks: Path) -> list[int]:
    """Children of every thread of one process; none where it has just gone."""
    children: list[int] = []
    try:
        for task in tasks.iterdir():
            children += map(int, (task / "children").read_text().split())
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass
    return children
