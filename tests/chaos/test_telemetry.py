"""Telemetry under fire: its engine killed over and over, away for minutes, its disk full, its platform killed."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from random import Random

import psutil
import pytest

from facts_rig import lines, playback
from tidegate.core.clock import SystemClock
from tidegate.telemetry.contract import TelemetryAwayError, TelemetryFullError
from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.process import LOCK_FILE
from tidegate.telemetry.schema import Retention
from tidegate.telemetry.writer import AWAY_BATCHES, FactWriter, WriterBounds

KILLS = 20
CLOCK = SystemClock()
TABLES = ("playback", "playback_1s", "playback_10s", "playback_1m", "sessions")


class Rig:
    """An engine and a writer on one folder."""

    def __init__(self, folder: Path, batch_s: float = 0.1) -> None:
        self.engine = EmbeddedTelemetry(folder / "engine", Retention(), 1 << 30, Random(1))
        self.writer = FactWriter(
            self.engine, folder / "spill", CLOCK, Random(2), WriterBounds(batch_s=batch_s)
        )
        self.put = 0

    def feed(self, facts: int) -> None:
        for _ in range(facts):
            self.writer.put(playback(time.time(), seq=self.put, session=f"s{self.put % 97}", watched_s=1.0))
            self.put += 1

    async def stored(self, deadline_s: float = 60.0) -> None:
        """Wait until all that was put in is stored."""
        async with asyncio.timeout(deadline_s):
            while self.writer.stored["playback"] + self.writer.dropped_total < self.put:
                await asyncio.sleep(0.02)

    async def check_all_there_once(self) -> None:
        """Each fact is there, once, in its table and in all that is made of it."""
        assert self.writer.dropped_total == 0
        (row,) = (await self.engine.query("SELECT count(), uniqExact(seq), max(seq) FROM playback")).rows
        assert row == [self.put, self.put, self.put - 1]
        for table in TABLES:
            (sums,) = (await self.engine.query(f"SELECT sum(facts), sum(watched_s) FROM {table}")).rows
            assert sums == [self.put, self.put], table


@pytest.fixture
async def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    """One that is started again soon, however often it was killed."""
    monkeypatch.setattr("tidegate.telemetry.embedded.MOST_DELAY_S", 0.2)
    rig = Rig(tmp_path)
    await rig.writer.start()
    yield rig
    await rig.writer.stop()
    await rig.engine.stop()


@pytest.mark.timeout(300)
async def test_twenty_kills_during_ingest_lose_and_double_nothing(rig: Rig) -> None:
    await rig.engine.start()
    chance = Random(7)
    for _ in range(KILLS):
        pid = rig.engine.pid
        assert pid is not None
        for _ in range(chance.randrange(1, 4)):
            rig.feed(500)
            await asyncio.sleep(
                chance.random() * 0.2
            )  # into the middle of a batch, of its aggregates, or between
        os.kill(pid, signal.SIGKILL)
        rig.feed(500)
        await _until(lambda killed=pid: rig.engine.pid not in (None, killed))
        while await _away(rig.engine):
            await asyncio.sleep(0.02)
    await rig.stored(120)
    assert rig.engine.restarts == KILLS
    await rig.check_all_there_once()


async def test_a_token_whose_part_never_came_to_be_keeps_no_batch_out(rig: Rig) -> None:
    """Killed between noting a batch's token and moving its part into place, as disks under load make likely."""
    await rig.engine.start()
    await _until(lambda: rig.engine.pid is not None)
    while await _away(rig.engine):
        await asyncio.sleep(0.02)
    batch = lines(*(playback(time.time(), seq=number, watched_s=1.0) for number in range(50)))
    await rig.engine.insert("playback", batch, "token")
    ((paths,),) = (
        await rig.engine.query(
            "SELECT data_paths FROM system.tables WHERE database = 'tidegate' AND name = 'playback'"
        )
    ).rows
    await rig.engine.stop()
    parts = [part for path in paths for part in Path(path).glob("*_*_*_*")]
    assert parts
    for part in parts:
        shutil.rmtree(part)
    await rig.engine.start()
    while await _away(rig.engine):
        await asyncio.sleep(0.02)
    await rig.engine.insert("playback", batch, "token")
    await rig.engine.insert("playback", batch, "token")
    assert (await rig.engine.query("SELECT count() FROM playback")).rows == [[50]]
    for table in TABLES[1:]:
        assert (await rig.engine.query(f"SELECT sum(facts) FROM {table}")).rows == [[50]], table


async def _away(engine: EmbeddedTelemetry) -> bool:
    return (await engine.check()).status != "ok"


async def test_five_minutes_without_an_engine_are_made_up_for(rig: Rig) -> None:
    """As many batches as five minutes bring."""
    for _ in range(300 // AWAY_BATCHES):
        rig.feed(200)
        rig.writer._seal_all()
        rig.writer._spill_now.set()
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        while rig.writer.backlog.spill.rows < rig.put:
            rig.writer._spill_now.set()
            await asyncio.sleep(0.01)
    assert rig.writer.troubles()
    await rig.engine.start()
    await rig.stored(100)
    await rig.check_all_there_once()
    assert not rig.writer.troubles()


async def test_killed_with_batches_on_disk_the_next_start_stores_them(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("fact_writing_process.py"), tmp_path, "2000"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (Path(__file__).parents[1], Path(__file__).parents[2] / "src")))},
    )  # fmt: skip
    with process, contextlib.ExitStack() as at_end:
        at_end.callback(process.kill)
        assert process.stderr is not None
        assert await asyncio.to_thread(process.stderr.readline) == "on disk\n"
    rig = Rig(tmp_path)
    rig.put = 2000
    await rig.writer.start()
    try:
        await rig.engine.start()
        await rig.stored()
        await rig.check_all_there_once()
    finally:
        await rig.writer.stop()
        await rig.engine.stop()


async def test_one_folder_has_one_engine(tmp_path: Path) -> None:
    """The second waits for the first to end, as after a restart of the platform, and opens then."""
    first, second = Rig(tmp_path).engine, Rig(tmp_path).engine
    await first.start()
    opening = asyncio.create_task(second.start())
    await asyncio.sleep(0.5)
    assert not opening.done()
    assert (tmp_path / "engine" / LOCK_FILE).exists()
    await first.stop()
    await opening
    assert (await second.query("SELECT 1")).rows == [[1]]
    await second.stop()


async def test_the_engine_does_not_outlive_its_platform(tmp_path: Path) -> None:
    engine = Rig(tmp_path).engine
    await engine.start()
    pid = engine.pid
    assert pid is not None
    assert engine._link is not None
    engine._link._writer.close()  # what the kernel does when the platform is killed
    await _until(lambda: not psutil.pid_exists(pid))
    await engine.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 64 MiB to fill up."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_costs_counted_facts_and_nothing_else(small_disk: Path) -> None:
    rig = Rig(small_disk)
    await rig.writer.start()
    await rig.engine.start()
    try:
        rig.feed(100)
        await rig.stored()
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
        rig.writer.adjust(WriterBounds(batch_s=0.02, memory_bytes=100_000))
        await _until(lambda: (rig.feed(50), rig.writer.dropped_total)[1])  # type: ignore[func-returns-value]
        assert any("dropped" in trouble for trouble in rig.writer.troubles())
        assert (await rig.engine.query("SELECT count() FROM playback")).rows == [[100]]
        filler.unlink()
        await rig.stored()
        (row,) = (await rig.engine.query("SELECT count(), uniqExact(seq) FROM playback")).rows
        assert row == [rig.writer.stored["playback"]] * 2
        assert row[0] + rig.writer.dropped_total == rig.put
    finally:
        await rig.writer.stop()
        await rig.engine.stop()


async def test_a_batch_is_acknowledged_if_and_only_if_it_was_stored_however_full_the_disk(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the guard that leaves some room: the engine itself meets the end of the disk, at every step of a batch."""
    monkeypatch.setattr("tidegate.telemetry.embedded.RESERVE_BYTES", -(1 << 40))
    engine = Rig(small_disk).engine
    await engine.start()
    filler, refused, counts = small_disk / "filler", 0, []
    try:
        for number, room in enumerate((*range(0, 1 << 20, 1 << 16), *range(1 << 20, 2 << 20, 1 << 18))):
            facts = [
                playback(time.time(), seq=number * 100 + n, session=f"s{n}", watched_s=1.0)
                for n in range(100)
            ]
            _fill(filler, room)
            for _ in range(2):
                with contextlib.suppress(TelemetryFullError):
                    await engine.insert("playback", lines(*facts), f"t{number}")
                    break
                refused += 1
                assert await _facts(engine, "playback") in (number * 100, number * 100 + 100)
            else:
                filler.unlink()
                await engine.insert("playback", lines(*facts), f"t{number}")
            filler.unlink(missing_ok=True)
            counts = [await _facts(engine, table) for table in TABLES]
            assert counts == [number * 100 + 100] * len(TABLES), (number, room)
        assert refused
    finally:
        await engine.stop()


async def test_nothing_is_merged_while_the_disk_is_nearly_full(small_disk: Path) -> None:
    """ClickHouse leaves parts that cannot be read where a merge meets the end of the disk."""
    rig, filler = Rig(small_disk), small_disk / "filler"
    engine = rig.engine
    await engine.start()
    old = time.time() - 3 * 86_400
    try:
        await engine.insert("playback", lines(playback(old, seq=0, watched_s=1.0)), "old")
        for number in range(1, 40):
            await engine.insert(
                "playback", lines(playback(time.time(), seq=number, watched_s=1.0)), f"t{number}"
            )
        _fill(filler, 1 << 20)
        with pytest.raises(TelemetryFullError):
            await engine.insert("playback", lines(playback(time.time(), seq=40, watched_s=1.0)), "t40")
        with pytest.raises(TelemetryAwayError, match="merg"):
            await engine.run("OPTIMIZE TABLE tidegate.playback_1m FINAL")
        assert await _facts(engine, "playback_1s") == 39  # of seconds a day is kept
        assert await _facts(engine, "playback") == 40
        await engine.keep(Retention(facts=24))
        assert await _facts(engine, "playback") == 39
        filler.unlink()
        await engine.insert("playback", lines(playback(time.time(), seq=40, watched_s=1.0)), "t40")
        await engine.run("OPTIMIZE TABLE tidegate.playback_1m FINAL")
        assert await _facts(engine, "playback_1m") == 41
    finally:
        await engine.stop()


def _fill(filler: Path, room: int) -> None:
    """Leave `room` bytes of the disk."""
    with filler.open("wb", buffering=0) as file:
        for step in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while file.write(bytes(step)):
                    pass
        file.truncate(max(0, file.tell() - room))


async def _facts(engine: EmbeddedTelemetry, table: str) -> int:
    (row,) = (await engine.query(f"SELECT sum(facts) FROM {table}")).rows
    return int(row[0] or 0)


async def _until(holds: Callable[[], object], deadline_s: float = 60.0) -> None:
    async with asyncio.timeout(deadline_s):
        while not holds():
            await asyncio.sleep(0.02)


async def test_an_engine_that_hangs_is_killed_and_comes_back(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidegate.telemetry.embedded.INSERT_DEADLINE_S", 1.0)
    await rig.engine.start()
    assert rig.engine.pid is not None
    os.kill(rig.engine.pid, signal.SIGSTOP)
    with pytest.raises(TelemetryAwayError):
        await rig.engine.insert("playback", b"", "t")
    rig.feed(10)
    await rig.stored()
    await rig.check_all_there_once()
