"""Facts of further edges: stamped with what was checked, taken once, bounded, and none of what edges do not make."""

import msgspec
import pytest

from fact_list import FactList
from tidegate.core.clock import ManualClock
from tidegate.core.facts import DeliveryFact, LogFact
from tidegate.core.facts.reading import FactsUnreadableError
from tidegate.core.settings import Catalogue, Change, Setting, SettingsBook, SettingState, Subject
from tidegate.telemetry.reception import (
    AHEAD_S,
    FACTS_BURST,
    FACTS_PER_S,
    NODES_MAX,
    FactReception,
    NotAnEdgesError,
    Sender,
    SenderInvalidError,
    TooManyFactsError,
)

EDGE = Sender("edge-1", "eu", "d1")
GRACE = Setting(name="edge.some_s", default=60.0, owner="edge", sentence="Wait.", gray_unit="channel")


class Door:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.sink = FactList()
        self.book = SettingsBook(Catalogue([GRACE]), here=Subject(node="main", region="local"))
        self.reception = FactReception(
            self.sink,
            self.clock,
            self.book,
            Subject(node="main", region="local"),
            lambda channel: f"bro_{channel}",
        )

    def lines(self, count: int = 1, **given: object) -> bytes:
        fact = DeliveryFact(at=self.clock.wall(), region="liar", node="main", channel="demo", requests=1)
        return b"\n".join([msgspec.json.encode(msgspec.structs.replace(fact, **given))] * count)


@pytest.fixture
def door() -> Door:
    return Door()


def test_facts_say_where_they_come_from_whatever_they_said_themselves(door: Door) -> None:
    door.book.apply(SettingState(GRACE.name, 1, changes=(Change("chg_a", 5.0, 1.0, "salt"),)))
    received = door.reception.take("delivery", EDGE, door.lines())
    assert (received.taken, received.misdated, received.again) == (1, 0, False)
    (fact,) = door.sink.of(DeliveryFact)
    assert (fact.node, fact.region, fact.stream, fact.arms) == (
        "edge-1",
        "eu",
        "bro_demo",
        ("chg_a:treatment",),
    )


def test_a_delivery_that_comes_again_is_taken_once(door: Door) -> None:
    door.reception.take("delivery", EDGE, door.lines(3))
    assert door.reception.take("delivery", EDGE, door.lines(3)).again
    assert len(door.sink.facts) == 3
    assert not door.reception.take("delivery", EDGE._replace(delivery="d2"), door.lines()).again
    assert not door.reception.take("delivery", EDGE._replace(node="edge-2"), door.lines()).again


def test_one_bad_line_and_nothing_of_the_delivery_is_taken(door: Door) -> None:
    with pytest.raises(FactsUnreadableError):
        door.reception.take("delivery", EDGE, door.lines(3) + b"\n{}")
    assert door.sink.facts == []
    assert door.reception.take("delivery", EDGE, door.lines()).taken == 1, "it was not remembered as taken"


def test_a_wrong_clock_is_left_out_and_counted(door: Door) -> None:
    now = door.clock.wall()
    lines = door.lines() + b"\n" + door.lines(at=now + AHEAD_S + 1) + b"\n" + door.lines(at=now - 90_000)
    received = door.reception.take("delivery", EDGE, lines)
    assert (received.taken, received.misdated) == (1, 2)


@pytest.mark.parametrize("table", ["media", "decision", "nothing", ""])
def test_edges_cannot_tell_what_is_not_theirs(door: Door, table: str) -> None:
    with pytest.raises(NotAnEdgesError):
        door.reception.take(table, EDGE, b"")


@pytest.mark.parametrize(
    "sender",
    [
        Sender("", "eu", ""),
        Sender("main", "eu", ""),
        Sender("edge 1", "eu", ""),
        Sender("edge-1", "EU!", ""),
        Sender("edge-1\n", "eu", ""),
        Sender("edge-1", "eu", "x" * 65),
    ],
)
def test_a_sender_that_names_itself_badly_is_refused(door: Door, sender: Sender) -> None:
    with pytest.raises(SenderInvalidError):
        door.reception.take("delivery", sender, door.lines())


def test_a_node_has_its_share_and_no_more(door: Door) -> None:
    line = msgspec.json.encode(
        LogFact(at=door.clock.wall(), region="", node="", level="info", event="e", message="m")
    )
    batch = b"\n".join([line] * 5000)
    for number in range(int(FACTS_BURST / 5000)):
        door.reception.take("log", Sender("edge-1", "eu", str(number)), batch)
    with pytest.raises(TooManyFactsError) as refused:
        door.reception.take("log", EDGE, batch)
    assert refused.value.data["retry_after_s"] == round(5000 / FACTS_PER_S)
    door.reception.take("log", Sender("edge-2", "eu", ""), batch)
    door.clock.advance(5000 / FACTS_PER_S)
    assert door.reception.take("log", EDGE, batch).misdated == 0


def test_nodes_are_remembered_within_a_bound(door: Door) -> None:
    for number in range(NODES_MAX + 50):
        door.reception.take("delivery", Sender(f"edge-{number}", "eu", "same"), door.lines())
    assert len(door.reception._nodes) == NODES_MAX
