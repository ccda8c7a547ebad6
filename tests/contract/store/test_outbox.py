"""What the outbox promises, on either engine."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tidegate.core.clock import ManualClock
from tidegate.store import OutboxEvent, Store


class Listener:
    """Takes events, or fails at the one it is told to."""

    def __init__(self, fail_at: object = None) -> None:
        self.events: list[OutboxEvent] = []
        self.fail_at = fail_at

    async def __call__(self, event: OutboxEvent) -> None:
        if self.fail_at is not None and event.payload == self.fail_at:
            raise RuntimeError("not now")
        self.events.append(event)

    @property
    def payloads(self) -> list[object]:
        return [event.payload for event in self.events]


async def emit(store: Store, *payloads: object) -> None:
    def work(transaction: object) -> None:
        for payload in payloads:
            transaction.emit("topic", payload)

    await store.write(work)


async def test_events_come_in_the_order_of_their_transactions(store: Store, clock: ManualClock) -> None:
    for n in range(5):
        await emit(store, {"n": n}, {"n": n, "second": True})
    listener = Listener()
    assert await store.drain(listener) == 10
    assert listener.payloads == [
        payload for n in range(5) for payload in ({"n": n}, {"n": n, "second": True})
    ]
    assert len({event.id for event in listener.events}) == 10
    assert {(event.topic, event.at) for event in listener.events} == {("topic", clock.wall())}


async def test_a_drained_event_is_forgotten(store: Store) -> None:
    await emit(store, 1)
    await store.drain(Listener())
    listener = Listener()
    assert await store.drain(listener) == 0
    assert listener.events == []


async def test_draining_is_bounded(store: Store) -> None:
    await emit(store, 1, 2, 3)
    listener = Listener()
    assert [
        await store.drain(listener, 2),
        await store.drain(listener, 2),
        await store.drain(listener, 2),
    ] == [2, 1, 0]
    assert listener.payloads == [1, 2, 3]


async def test_an_event_its_handler_failed_on_comes_again_with_those_after_it(store: Store) -> None:
    await emit(store, "a", "b", "c")
    first = Listener(fail_at="b")
    with pytest.raises(RuntimeError, match="not now"):
        await store.drain(first)
    second = Listener()
    await store.drain(second)
    assert (first.payloads, second.payloads) == (["a"], ["b", "c"])


async def test_an_event_survives_until_it_was_handled(
    store: Store, open_store: Callable[[], Awaitable[Store]]
) -> None:
    await emit(store, "kept")
    await store.close()
    listener = Listener()
    await (await open_store()).drain(listener)
    assert listener.payloads == ["kept"]


async def test_two_that_drain_at_once_lose_nothing(
    store: Store, open_store: Callable[[], Awaitable[Store]]
) -> None:
    other = await open_store()
    await emit(store, *range(20))
    mine, theirs = Listener(), Listener()
    await asyncio.gather(store.drain(mine), other.drain(theirs))
    assert set(mine.payloads) | set(theirs.payloads) == set(range(20))


async def test_a_late_drain_forgets_only_what_it_has_handled(
    store: Store, open_store: Callable[[], Awaitable[Store]]
) -> None:
    """One node hands events on while another has done so already, and new ones have come in their place."""
    other = await open_store()
    await emit(store, "old")

    async def meanwhile(_: OutboxEvent) -> None:
        await other.drain(Listener())
        await emit(other, "new")

    await store.drain(meanwhile)
    listener = Listener()
    await store.drain(listener)
    assert listener.payloads == ["new"]


async def test_emitting_at_once_from_two_stores_loses_nothing(
    store: Store, open_store: Callable[[], Awaitable[Store]]
) -> None:
    other = await open_store()
    await asyncio.gather(*(emit(writer, n) for n, writer in enumerate((store, other) * 10)))
    listener = Listener()
    await store.drain(listener)
    assert sorted(listener.payloads) == list(range(20))
