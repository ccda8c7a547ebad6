"""The writer: nothing twice, nothing lost that has room, everything else counted, and nobody waits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import pytest

from facts_rig import log, playback
from memory_engine import MemoryEngine
from tidegate.core.clock import ManualClock, SystemClock
from tidegate.telemetry.batches import BATCH_ROWS_MAX
from tidegate.telemetry.contract import TelemetryAwayError, TelemetryFullError
from tidegate.telemetry.delivery import REFUSALS_MAX
from tidegate.telemetry.writer import BEHIND_S, CRASHES_MAX, FactWriter, WriterBounds

CLOCK = SystemClock()
QUICK = WriterBounds(batch_s=0.01)


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine()


@pytest.fixture
async def make(engine: MemoryEngine, tmp_path: Path) -> AsyncIterator[Callable[..., FactWriter]]:
    made = []

    def make(bounds: WriterBounds = QUICK) -> FactWriter:
        made.append(FactWriter(engine, tmp_path / "spill", CLOCK, Random(1), bounds))
        return made[-1]

    yield make
    for writer in made:
        await writer.stop()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)


def fact(number: int) -> object:
    return playback(CLOCK.wall(), seq=number)


def numbers(engine: MemoryEngine) -> list[int]:
    return [row["seq"] for row in engine.rows["playback"]]  # type: ignore[misc]


async def test_facts_reach_the_engine_within_the_batch_time(engine: MemoryEngine, make) -> None:
    writer = make()
    await writer.start()
    for number in range(10):
        writer.put(fact(number))
    writer.put(log(CLOCK.wall()))
    await until(lambda: writer.stored["log"] == 1)
    assert numbers(engine) == list(range(10))
    assert writer.taken == writer.stored == {**dict.fromkeys(writer.taken, 0), "playback": 10, "log": 1}
    assert not writer.troubles()


async def test_a_full_batch_does_not_wait(engine: MemoryEngine, make) -> None:
    writer = make(WriterBounds(batch_s=60))
    await writer.start()
    for number in range(BATCH_ROWS_MAX + 5):
        writer.put(fact(number))
    await until(lambda: writer.stored["playback"] == BATCH_ROWS_MAX)
    await writer.stop()
    assert len(numbers(engine)) == BATCH_ROWS_MAX + 5


async def test_what_cannot_be_known_is_given_again_under_its_token(engine: MemoryEngine, make) -> None:
    engine.forgetful = 3
    writer = make()
    await writer.start()
    for number in range(100):
        writer.put(fact(number))
    await until(lambda: writer.stored["playback"] == 100)
    assert sorted(numbers(engine)) == list(range(100))


@pytest.mark.parametrize("error", [TelemetryAwayError("away"), TelemetryFullError("full")])
async def test_while_it_is_away_facts_wait_on_disk_and_come_in_order(
    engine: MemoryEngine, make, error
) -> None:
    engine.away = error
    writer = make()
    await writer.start()
    for number in range(300):
        writer.put(fact(number))
        if number % 30 == 29:
            await asyncio.sleep(0.02)
    await until(lambda: writer.backlog.spill.rows == 300 and not writer.backlog.bytes)
    assert any("300 facts wait" in trouble for trouble in writer.troubles())
    engine.away = None
    await until(lambda: writer.stored["playback"] == 300)
    assert numbers(engine) == list(range(300))
    assert not writer.troubles()
    assert writer.backlog.spill.bytes == 0


async def test_a_stop_keeps_what_the_engine_does_not_take(engine: MemoryEngine, make) -> None:
    engine.away = TelemetryAwayError("away")
    writer = make(WriterBounds(batch_s=60))
    await writer.start()
    for number in range(50):
        writer.put(fact(number))
    await writer.stop()
    assert writer.dropped_total == 0
    engine.away = None
    after = make()
    await after.start()
    await until(lambda: after.stored["playback"] == 50)
    assert numbers(engine) == list(range(50))


async def test_a_stop_hands_the_rest_to_an_engine_that_is_there(engine: MemoryEngine, make) -> None:
    writer = make(WriterBounds(batch_s=60))
    await writer.start()
    writer.put(fact(1))
    await writer.stop()
    assert numbers(engine) == [1]
    assert writer.backlog.spill.files == 0


async def test_a_slow_engine_is_waited_for_on_disk_not_in_memory(engine: MemoryEngine, make) -> None:
    engine.hold.clear()
    bounds = WriterBounds(batch_s=0.01, memory_bytes=200_000)
    writer = make(bounds)
    await writer.start()
    for number in range(3000):
        writer.put(fact(number))
        if number % 100 == 99:
            await asyncio.sleep(0.02)
    assert writer.backlog.bytes <= bounds.memory_bytes
    assert writer.backlog.spill.rows > 1000
    engine.hold.set()
    await until(lambda: writer.stored["playback"] == 3000)
    assert sorted(numbers(engine)) == list(range(3000))


async def test_at_both_bounds_the_newest_is_dropped_and_counted(engine: MemoryEngine, make) -> None:
    engine.away = TelemetryAwayError("away")
    writer = make(WriterBounds(batch_s=0.01, memory_bytes=100_000, spill_bytes=200_000))
    await writer.start()
    for number in range(5000):
        writer.put(fact(number))
        if number % 100 == 99:
            await asyncio.sleep(0.012)
    await until(lambda: writer.dropped_total)
    assert any("dropped" in trouble for trouble in writer.troubles())
    engine.away = None
    await until(lambda: writer.stored["playback"] + writer.dropped_total == 5000)
    assert sorted(numbers(engine)) == numbers(engine)
    assert len(numbers(engine)) == writer.stored["playback"] > 500
    assert writer.dropped == {("playback", "no-room"): 5000 - len(numbers(engine))}


async def test_a_spill_that_cannot_be_used_costs_only_itself(
    engine: MemoryEngine, make, tmp_path: Path
) -> None:
    (tmp_path / "spill").write_text("a file where a folder should be")
    writer = make()
    await writer.start()
    engine.away = TelemetryAwayError("away")
    writer.put(fact(1))
    await until(lambda: writer.backlog.refusal)
    engine.away = None
    await until(lambda: writer.stored["playback"] == 1)


async def test_a_line_the_engine_will_never_take_costs_no_other(engine: MemoryEngine, make) -> None:
    writer = make()
    await writer.start()
    for number in range(500):
        writer.put(playback(CLOCK.wall(), seq=number, error="bad" if number in (77, 78, 400) else ""))
    await until(lambda: sum(writer.dropped.values()) == 3)
    await until(lambda: writer.stored["playback"] == 497)
    assert sorted(numbers(engine)) == [number for number in range(500) if number not in (77, 78, 400)]
    assert writer.dropped == {("playback", "refused"): 3}


async def test_a_batch_that_is_all_wrong_is_not_tried_line_by_line(engine: MemoryEngine, make) -> None:
    writer = make()
    await writer.start()
    tried = 0
    insert = engine.insert

    async def counting(table: str, lines: bytes, token: str) -> None:
        nonlocal tried
        tried += 1
        await insert(table, lines, token)

    engine.insert = counting  # type: ignore[method-assign]
    for _ in range(5000):
        writer.put(playback(CLOCK.wall(), error="bad"))
    await until(lambda: writer.dropped_total == 5000)
    assert tried <= REFUSALS_MAX + 2


async def test_bounds_change_while_it_runs(engine: MemoryEngine, make) -> None:
    writer = make(WriterBounds(batch_s=0.01, spill_bytes=0))
    await writer.start()
    engine.away = TelemetryAwayError("away")
    writer.put(fact(1))
    await until(lambda: writer.backlog.refusal)
    writer.adjust(QUICK)
    await until(lambda: writer.backlog.spill.rows == 1)


async def test_an_error_nobody_thought_of_is_not_the_end(engine: MemoryEngine, make) -> None:
    engine.away = RuntimeError("a fault of ours")
    writer = make()
    await writer.start()
    writer.put(fact(1))
    writer.put(log(CLOCK.wall()))
    await until(lambda: writer.crashes >= 3)
    assert any("nobody had thought of" in trouble for trouble in writer.troubles())
    assert writer.dropped_total == 0
    engine.away = None
    await until(lambda: writer.stored["playback"] == writer.stored["log"] == 1)
    writer.put(fact(2))
    await until(lambda: writer.stored["playback"] == 2)
    assert numbers(engine) == [1, 2]


async def test_a_batch_that_always_crashes_does_not_hold_up_the_others(
    engine: MemoryEngine, make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidegate.telemetry.writer.MOST_DELAY_S", 0.01)
    monkeypatch.setattr("tidegate.telemetry.writer.FIRST_DELAY_S", 0.01)
    insert = engine.insert

    async def crash(table: str, lines: bytes, token: str) -> None:
        if table == "log":
            raise KeyError(table)
        await insert(table, lines, token)

    monkeypatch.setattr(engine, "insert", crash)
    writer = make()
    await writer.start()
    writer.put(log(CLOCK.wall()))
    writer.put(fact(1))
    await until(lambda: writer.dropped.get(("log", "crashed")) == 1 and writer.stored["playback"] == 1)
    assert writer.crashes == CRASHES_MAX
    assert writer.backlog.rows == 0
    assert writer.backlog.bytes == 0


async def test_a_writer_that_lags_says_by_how_much(engine: MemoryEngine, tmp_path: Path) -> None:
    clock = ManualClock(CLOCK.wall())
    writer = FactWriter(engine, tmp_path / "spill", clock, Random(1), QUICK)
    await writer.start()
    engine.hold.clear()
    writer.put(fact(1))
    await until(lambda: writer.backlog.bytes)
    assert not writer.troubles()
    clock.advance(BEHIND_S + 5)
    assert writer.behind_s == pytest.approx(35, abs=1)
    assert any("35 s behind" in trouble for trouble in writer.troubles())
    engine.hold.set()
    await until(lambda: writer.stored["playback"] == 1)
    assert writer.behind_s == 0
    assert not writer.troubles()
    await writer.stop()
