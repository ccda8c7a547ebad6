"""The facts room: every reporter each second, decisions bounded, a defective reporter alone silent."""

import asyncio
import json

import pytest

from fact_list import FactList
from tidegate.app.facts import DECISIONS_BURST, Facts, second_after
from tidegate.core.clock import ManualClock, SystemClock
from tidegate.core.decisions import Decision
from tidegate.core.facts import DecisionFact, NodeFact
from tidegate.core.settings import Catalogue, Change, Setting, SettingsBook, SettingState, Subject

HERE = Subject(node="n1", region="r1")
GRACE = Setting(name="origin.grace_s", default=60.0, owner="origin", sentence="Wait.", gray_unit="channel")


def node_fact(at: float) -> NodeFact:
    return NodeFact(at=at, region="r1", node="n1")


def test_a_decision_says_who_when_why_and_under_which_arms() -> None:
    sink, book, clock = FactList(), SettingsBook(Catalogue([GRACE]), here=HERE), ManualClock()
    book.apply(SettingState(GRACE.name, 1, changes=(Change("chg_a", 5.0, 1.0, "salt"),)))
    facts = Facts(clock, book, HERE, sink)
    facts.decide(
        Decision(kind="slate", outcome="shown", reason="Quiet.", channel="demo", evidence={"s": 2.5})
    )
    (fact,) = sink.of(DecisionFact)
    assert (fact.at, fact.node, fact.region, fact.arms) == (clock.wall(), "n1", "r1", ("chg_a:treatment",))
    assert json.loads(fact.evidence) == {"s": 2.5}


def test_strangers_cannot_flood_with_decisions() -> None:
    sink, clock = FactList(), ManualClock()
    facts = Facts(clock, SettingsBook(), HERE, sink)
    refused = Decision(kind="publisher-admission", outcome="refused", reason="No such key.")
    for _ in range(1000):
        facts.decide(refused)
    assert len(sink.facts) == DECISIONS_BURST
    assert facts.untold == 1000 - DECISIONS_BURST
    clock.advance(1.0)
    facts.decide(refused)
    assert len(sink.facts) == DECISIONS_BURST + 1


def test_one_reporters_defect_silences_no_other() -> None:
    sink = FactList()
    facts = Facts(ManualClock(), SettingsBook(), HERE, sink)

    def broken(_at: float) -> list[NodeFact]:
        raise RuntimeError("a defect")

    facts.reporters += [broken, lambda at: [node_fact(at)]]
    facts.tell(7.0)
    facts.tell(8.0)
    assert [fact.at for fact in sink.facts] == [7.0, 8.0]
    assert facts.failed == 2


async def test_seconds_are_told_on_whole_seconds_and_the_last_one_when_it_stops() -> None:
    sink, told = FactList(), asyncio.Event()
    facts = Facts(SystemClock(), SettingsBook(), HERE, sink)

    def report(at: float) -> list[NodeFact]:
        told.set()
        return [node_fact(at)]

    facts.reporters.append(report)
    await facts.start()
    await asyncio.wait_for(told.wait(), 5.0)
    await facts.stop()
    assert all(fact.at == int(fact.at) for fact in sink.facts)
    assert len(sink.facts) >= 2


def test_without_a_sink_nothing_is_kept_and_nothing_fails() -> None:
    facts = Facts(ManualClock(), SettingsBook(), HERE)
    facts.reporters.append(lambda at: [node_fact(at)])
    facts.tell(1.0)
    assert (facts.failed, facts.dropped) == (0, 0)


def test_what_the_sink_had_no_room_for_is_dropped_too() -> None:
    facts = Facts(ManualClock(), SettingsBook(), HERE, FactList())
    facts.lost = lambda: 7
    facts.untold = 2
    assert facts.dropped == 9


@pytest.mark.parametrize(
    ("told", "now", "next_one"),
    [
        (-1, 1000.4, 1000),
        (1000, 1001.0, 1001),
        (1000, 1000.9995, 1001),  # the timer came half a millisecond early
        (1000, 1003.2, 1003),  # the loop was busy
        (1000, 900.5, 900),  # the clock was set back
    ],
)
def test_no_second_is_told_twice(told: int, now: float, next_one: int) -> None:
    assert second_after(told, now) == next_one
