"""What every bus promises. One engine so far; the next one joins the list."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.bus import Bus, Lagged, LocalBus, Subscription

ENGINES: list[Callable[[], Bus]] = [LocalBus]


@pytest.fixture(params=ENGINES)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    bus: Bus = request.param()
    yield bus
    bus.close()


async def take(subscription: Subscription, count: int) -> list[object]:
    async with asyncio.timeout(5):
        return [await anext(subscription) for _ in range(count)]


async def test_messages_come_in_the_order_they_were_published(bus: Bus) -> None:
    async with bus.subscribe("stream") as subscription:
        for n in range(5):
            bus.publish("stream", n)
        assert await take(subscription, 5) == [0, 1, 2, 3, 4]


async def test_a_waiting_subscriber_is_woken(bus: Bus) -> None:
    async with bus.subscribe("stream") as subscription:
        waiting = asyncio.ensure_future(take(subscription, 1))
        await asyncio.sleep(0)
        bus.publish("stream", "now")
        assert await waiting == ["now"]


async def test_every_subscriber_gets_every_message_of_its_topic_alone(bus: Bus) -> None:
    async with bus.subscribe("a") as one, bus.subscribe("a") as two, bus.subscribe("b") as other:
        bus.publish("a", 1)
        bus.publish("b", 2)
        assert await take(one, 1) == await take(two, 1) == [1]
        assert await take(other, 1) == [2]


async def test_nothing_is_kept_for_who_comes_later_or_has_left(bus: Bus) -> None:
    bus.publish("stream", "early")
    async with bus.subscribe("stream") as subscription:
        bus.publish("stream", "now")
        assert await take(subscription, 1) == ["now"]
    bus.publish("stream", "late")
    async with bus.subscribe("stream") as again:
        bus.publish("stream", "again")
        assert await take(again, 1) == ["again"]


async def test_a_slow_subscriber_is_told_what_it_missed_and_goes_on(bus: Bus) -> None:
    async with bus.subscribe("stream", capacity=2) as slow, bus.subscribe("stream") as quick:
        for n in range(5):
            bus.publish("stream", n)
        with pytest.raises(Lagged) as caught:
            await anext(slow)
        assert caught.value.missed == 3
        assert await take(slow, 2) == [3, 4]
        bus.publish("stream", 5)
        assert await take(slow, 1) == [5]
        assert await take(quick, 6) == [0, 1, 2, 3, 4, 5]


async def test_closing_hands_over_what_is_there_then_ends(bus: Bus) -> None:
    async with bus.subscribe("stream") as subscription:
        bus.publish("stream", 1)
        bus.close()
        bus.publish("stream", 2)
        assert [message async for message in subscription] == [1]
    async with bus.subscribe("stream") as late:
        assert [message async for message in late] == []


async def test_closing_wakes_who_waits(bus: Bus) -> None:
    async with bus.subscribe("stream") as subscription:
        waiting = asyncio.ensure_future(anext(subscription, "ended"))
        await asyncio.sleep(0)
        bus.close()
        assert await waiting == "ended"


async def test_a_cancelled_wait_loses_no_message(bus: Bus) -> None:
    async with bus.subscribe("stream") as subscription:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(subscription)
        bus.publish("stream", 1)
        assert await take(subscription, 1) == [1]


async def test_a_subscription_without_room_is_a_mistake(bus: Bus) -> None:
    with pytest.raises(ValueError, match="room for one"):
        async with bus.subscribe("stream", capacity=0):
            pass


@pytest.mark.parametrize("engine", ENGINES)
@given(
    capacity=st.integers(1, 5),
    steps=st.lists(st.sampled_from(["publish", "take"]), max_size=60),
)
def test_seen_and_missed_make_all_that_was_published(
    engine: Callable[[], Bus], capacity: int, steps: list[str]
) -> None:
    async def run() -> None:
        bus, published, seen, missed = engine(), 0, [], 0
        async with bus.subscribe("stream", capacity) as subscription:
            for step in steps:
                if step == "publish":
                    bus.publish("stream", published)
                    published += 1
                elif len(seen) + missed < published:
                    try:
                        seen.append(await anext(subscription))
                    except Lagged as lagged:
                        missed += lagged.missed
            bus.close()
            while True:
                try:
                    seen.append(await anext(subscription))
                except Lagged as lagged:
                    missed += lagged.missed
                except StopAsyncIteration:
                    break
        assert len(seen) + missed == published
        assert seen == sorted(set(seen))

    asyncio.run(run())
