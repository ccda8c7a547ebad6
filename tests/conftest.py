"""Guards that every test runs under: no leaked task, no blocked loop, no warning, no endless wait."""

import asyncio
import inspect
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from buckets import Bucket, BucketServer
from live import LivePlatform, free_port, running

BLOCKED_LOOP_S = 1.0
"""A callback that holds the loop longer fails its test. Generous, because disks are shared; what the loop's thread waited for a
processor does not count, so that a busy machine fails nobody. What matters (a DNS look-up, an fsync, a sleep) waits for something else."""


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop that production runs on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.fixturenames.insert(0, "loop_guard")


@pytest.fixture
async def loop_guard() -> AsyncIterator[None]:
    """Fail a test that leaves a task behind or blocks its loop."""
    watch = _LoopWatch(asyncio.get_running_loop())
    yield
    longest_s, cpu_s = watch.stop()
    deadline = time.monotonic() + 2.0
    while leaked := asyncio.all_tasks() - {asyncio.current_task()}:
        if time.monotonic() > deadline:
            pytest.fail(f"leaked tasks: {[repr(task) for task in leaked]}")
        await asyncio.sleep(0.01)
    if longest_s > BLOCKED_LOOP_S and cpu_s < longest_s / 2:
        pytest.fail(f"the event loop was blocked for {longest_s:.2f} s ({cpu_s:.2f} s of it working)")


class _LoopWatch:
    """Measures the longest time between two turns of a loop, from a thread outside it."""

    _INTERVAL_S = 0.05

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._schedstat = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._longest = (0.0, 0.0)
        self._stopped = threading.Event()
        self._turned = threading.Event()
        self._turned_at = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(self._INTERVAL_S):
            self._turned.clear()
            asked, cpu, starved = time.monotonic(), time.process_time(), self._starved_s()
            try:
                self._loop.call_soon_threadsafe(self._turn)
            except RuntimeError:  # the loop has closed
                return
            while not self._turned.wait(self._INTERVAL_S):
                if self._stopped.is_set():
                    return
            took_s = self._turned_at - asked - (self._starved_s() - starved)
            self._longest = max(self._longest, (took_s, time.process_time() - cpu))

    def _turn(self) -> None:
        self._turned_at = time.monotonic()
        self._turned.set()

    def _starved_s(self) -> float:
        """How long the loop's thread was ready and waited for a processor, ever (Linux: Documentation/scheduler/sched-stats.rst)."""
        try:
            return int(self._schedstat.read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def stop(self) -> tuple[float, float]:
        self._stopped.set()
        self._thread.join()
        return self._longest


@pytest.fixture
def unused_port() -> Callable[[], int]:
    """A function that returns TCP ports free on 127.0.0.1 at the time of asking."""
    return free_port


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LivePlatform]:
    """A whole Tidegate of this test's own."""
    with running(tmp_path / "data") as live:
        yield live


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[BucketServer]:
    server = BucketServer()
    yield server
    server.stop()


@pytest.fixture
def make_bucket(bucket_server: BucketServer) -> Callable[[], Awaitable[Bucket]]:
    """A function that makes an empty bucket."""
    return bucket_server.bucket
