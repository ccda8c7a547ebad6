"""A lane: calls done in order by one thread, their callers told together."""

import asyncio
import threading

import pytest

from tidegate.objects.lane import BATCH_MAX, Lane


async def test_calls_are_done_in_the_order_they_came_by_one_thread() -> None:
    lane = Lane("test")
    done: list[tuple[int, int]] = []

    def call(number: int) -> int:
        done.append((number, threading.get_ident()))
        return number

    count = 3 * BATCH_MAX + 1
    answers = await asyncio.gather(*(lane.run(lambda number=number: call(number)) for number in range(count)))
    lane.close()
    assert answers == list(range(count))
    assert [number for number, _ in done] == answers
    assert len({thread for _, thread in done} - {threading.get_ident()}) == 1
    assert lane.waiting == 0


async def test_each_caller_gets_its_own_failure() -> None:
    lane = Lane("test")

    def fail() -> int:
        raise OSError(28, "full")

    before, failed, after = await asyncio.gather(
        lane.run(lambda: 1), lane.run(fail), lane.run(lambda: 2), return_exceptions=True
    )
    lane.close()
    assert (before, after) == (1, 2)
    assert isinstance(failed, OSError)
    assert failed.errno == 28


async def test_what_waited_together_wakes_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lane, gate = Lane("test"), threading.Event()
    first = asyncio.ensure_future(lane.run(gate.wait))
    others = [asyncio.ensure_future(lane.run(lambda: None)) for _ in range(20)]
    await asyncio.sleep(0)
    loop, woken = asyncio.get_running_loop(), []
    wake = loop.call_soon_threadsafe

    class CountedLoop:
        def call_soon_threadsafe(self, *call: object) -> None:
            woken.append(call)
            wake(*call)  # type: ignore[arg-type]

    monkeypatch.setattr("tidegate.objects.lane._loop_of", lambda _done: CountedLoop())
    gate.set()
    await asyncio.gather(first, *others)
    lane.close()
    assert len(woken) == 1


async def test_a_caller_that_gives_up_still_counts_until_its_call_is_done() -> None:
    lane, gate = Lane("test"), threading.Event()
    given_up = asyncio.ensure_future(lane.run(gate.wait))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait([given_up])
    assert lane.waiting == 1
    gate.set()
    assert await lane.run(lambda: "next") == "next"
    lane.close()
    assert lane.waiting == 0


async def test_closing_finishes_what_was_handed_in_and_takes_no_more() -> None:
    lane = Lane("test")
    last = asyncio.ensure_future(lane.run(lambda: "done"))
    await asyncio.sleep(0)
    lane.close()
    lane.close()
    assert await last == "done"
    with pytest.raises(RuntimeError, match="closed"):
        await lane.run(lambda: "late")


async def test_a_lane_that_was_never_used_has_no_thread() -> None:
    before = threading.active_count()
    lane = Lane("test")
    lane.close()
    assert threading.active_count() == before
