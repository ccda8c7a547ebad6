"""The processes below this one: the same by the kernel's lists as by psutil's search."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tidegate.app.processes import DESCENDANTS_MAX, descendants

FAMILY = """
import subprocess, sys, threading
def child():
    global grown
    grown = subprocess.Popen([sys.executable, "-c", "input()"], stdin=sys.stdin)
thread = threading.Thread(target=child)
thread.start(); thread.join()
print(grown.pid, flush=True)
grown.wait()
"""


@pytest.mark.parametrize("proc", [Path("/proc"), Path("/nowhere")])
def test_children_of_every_thread_and_theirs(proc: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FAMILY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as family:
        assert family.stdout
        grandchild = int(family.stdout.readline())
        found = descendants(os.getpid(), proc)
        assert {family.pid, grandchild} <= set(found)
        assert set(found) == {each.pid for each in psutil.Process().children(recursive=True)}
        assert descendants(family.pid, proc) == [grandchild]
        family.communicate("\n")


def test_a_family_that_dies_while_we_look_and_ids_used_again(tmp_path: Path) -> None:
    for pid, children in ((1, "2 3"), (2, "1 2 4"), (4, "")):
        task = tmp_path / f"{pid}/task/{pid}"
        task.mkdir(parents=True)
        (task / "children").write_text(children)
    assert sorted(descendants(1, tmp_path)) == [2, 3, 4]


def test_is_bounded(tmp_path: Path) -> None:
    for pid in range(1, DESCENDANTS_MAX + 10):
        task = tmp_path / f"{pid}/task/{pid}"
        task.mkdir(parents=True)
        (task / "children").write_text(str(pid + 1))
    assert len(descendants(1, tmp_path)) == DESCENDANTS_MAX
