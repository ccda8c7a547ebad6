"""An edge's facts on their way: kept while nobody takes them, once each, and at the bound the oldest go."""

import asyncio
from random import Random

import msgspec
import pytest

from tidegate.core.backoff import Backoff
from tidegate.core.facts import DeliveryFact, LogFact
from tidegate.telemetry import forwarder
from tidegate.telemetry.forwarder import DELIVERY_BYTES, DELIVERY_FACTS, Delivery, FactForwarder, Outcome


class ScriptedDoor:
    """Says what it is told to say."""

    def __init__(self) -> None:
        self.says: Outcome = "taken"
        self.tries: list[Delivery] = []
        self.taken: list[Delivery] = []

    async def post(self, delivery: Delivery) -> Outcome:
        self.tries.append(delivery)
        if self.says == "taken":
            self.taken.append(delivery)
        return self.says

    def facts(self, table: str) -> list[dict[str, object]]:
        return [
            msgspec.json.decode(line)
            for delivery in self.taken
            if delivery.table == table
            for line in delivery.lines.split(b"\n")
        ]


def fact(number: int) -> DeliveryFact:
    return DeliveryFact(at=float(number), region="r", node="n", channel="demo", requests=number)


def log_line(size: int) -> LogFact:
    return LogFact(at=1.0, region="r", node="n", level="info", event="e", message="m" * size)


@pytest.fixture
def door() -> ScriptedDoor:
    return ScriptedDoor()


@pytest.fixture
def made(door: ScriptedDoor) -> FactForwarder:
    return FactForwarder(door.post, Backoff(0.001, 0.01, Random(1)))


async def test_everything_arrives_in_order_and_in_bounded_deliveries(
    made: FactForwarder, door: ScriptedDoor
) -> None:
    for number in range(DELIVERY_FACTS * 2 + 5):
        made.put(fact(number))
    for _ in range(40):
        made.put(log_line(60_000))
    assert await made.forward()
    assert [each["requests"] for each in door.facts("delivery") if "requests" in each][
        -1
    ] == DELIVERY_FACTS * 2 + 4
    assert [each["at"] for each in door.facts("delivery")] == [
        float(n) for n in range(DELIVERY_FACTS * 2 + 5)
    ]
    assert len(door.facts("log")) == 40
    assert all(len(each.lines) <= DELIVERY_BYTES and each.facts <= DELIVERY_FACTS for each in door.taken)
    assert (len(made), made.dropped, made.delivered) == (0, 0, DELIVERY_FACTS * 2 + 45)


async def test_a_delivery_keeps_its_id_until_it_is_taken(made: FactForwarder, door: ScriptedDoor) -> None:
    door.says = "later"
    made.put(fact(1))
    assert not await made.forward()
    made.put(fact(2))
    assert not await made.forward()
    assert len(made) == 2
    door.says = "taken"
    assert await made.forward()
    assert len({each.id for each in door.tries[:3]}) == 1
    assert [each["at"] for each in door.facts("delivery")] == [1.0, 2.0]


async def test_what_is_refused_is_dropped_and_the_rest_goes_on(
    made: FactForwarder, door: ScriptedDoor
) -> None:
    door.says = "refused"
    made.put(fact(1))
    assert await made.forward()
    assert (len(made), made.dropped) == (0, 1)


def test_at_the_bound_the_oldest_of_the_fullest_table_go(
    made: FactForwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarder, "KEPT_MAX", 10)
    for number in range(3):
        made.put(fact(number))
    for _ in range(20):
        made.put(log_line(1))
    assert (len(made), made.dropped) == (10, 13)
    assert len(made._kept["delivery"]) == 3


async def test_it_goes_on_by_itself_after_an_outage(
    made: FactForwarder, door: ScriptedDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarder, "EVERY_S", 0.001)
    door.says = "later"
    await made.start()
    for number in range(5):
        made.put(fact(number))
    async with asyncio.timeout(5.0):
        while len(door.tries) < 3:
            await asyncio.sleep(0.001)
        door.says = "taken"
        while made.delivered < 5:
            await asyncio.sleep(0.001)
    await made.stop()


async def test_what_is_left_is_delivered_when_it_stops(made: FactForwarder, door: ScriptedDoor) -> None:
    await made.start()
    made.put(fact(1))
    await made.stop()
    assert len(door.facts("delivery")) == 1
