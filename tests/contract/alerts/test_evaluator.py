"""Alerts over both stores: a restart neither forgets nor repeats, one process evaluates, and people have their say."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from alert_rig import ScriptedIndicators, at, rule
from tidegate.core.clock import ManualClock
from tidegate.core.facts import DecisionFact, Fact
from tidegate.core.settings import SettingsBook
from tidegate.governance.alerts.errors import (
    AlertNotFoundError,
    AlertOverError,
    RuleInvalidError,
    RuleNotFoundError,
    SilenceInvalidError,
    SilenceNotFoundError,
)
from tidegate.governance.alerts.evaluator import ROUND_S_MAX, Evaluator, Place
from tidegate.governance.alerts.rulebook import RuleBook
from tidegate.governance.alerts.service import AlertService
from tidegate.governance.alerts.types import Threshold
from tidegate.governance.indicators.catalogue import load
from tidegate.store import OutboxEvent, Store
from tidegate.telemetry.contract import TelemetryAwayError
from tidegate.webhooks.events import event_of

Open = Callable[[], Awaitable[Store]]
CATALOGUE = load()
EU = at("eu", "demo")


class Node:
    """One process that may evaluate, and what it put out."""

    def __init__(
        self, store: Store, clock: ManualClock, indicators: ScriptedIndicators, name: str = "n1"
    ) -> None:
        self.store, self.clock, self.indicators = store, clock, indicators
        self.facts: list[Fact] = []
        self.rulebook = RuleBook(store, CATALOGUE)
        self.rulebook.release = {"rebuffering": rule(), "alerts-blind": self.rulebook.release["alerts-blind"]}
        self.evaluator = Evaluator(
            store,
            self.rulebook,
            indicators,
            SettingsBook(),
            clock,
            self,
            Place("local", name, "http://tidegate.example"),
        )
        self.service = AlertService(store, clock, self.rulebook, self.evaluator)

    def put(self, fact: Fact) -> None:
        self.facts.append(fact)

    async def run(self, seconds: float, value: float | None = None) -> None:
        if value is not None:
            self.indicators.numbers["rebuffer_ratio"] = {EU: value}
        for _ in range(int(seconds / 10)):
            self.clock.advance(10)
            await self.evaluator.round()

    async def told(self) -> list[dict[str, Any]]:
        """What receivers would get, once each."""
        found: list[OutboxEvent] = []

        async def take(event: OutboxEvent) -> None:
            found.append(event)

        await self.store.drain(take)
        return [each.payload for each in found if event_of(each) is not None]


@pytest.fixture
def node(store: Store, clock: ManualClock) -> Node:
    return Node(store, clock, ScriptedIndicators())


async def test_an_alert_goes_its_way_and_tells_of_it(node: Node) -> None:
    await node.run(100, 0.05)
    (alert,) = await node.service.alerts()
    assert (alert.state, alert.value, alert.limit) == ("firing", 0.05, 0.02)
    assert alert.query.sql == "SELECT 1"
    (event,) = await node.told()
    assert event["change"] == "firing"
    assert event["channel"] == "demo"
    assert event["data"]["link"] == (
        "http://tidegate.example/console?region=eu&channel=demo&last=3600&show=rebuffer_ratio"
    )
    assert event["data"]["fix"] == "Look at the edge."
    await node.run(100, 0.0)
    assert [each["change"] for each in await node.told()] == ["resolved"]
    assert [
        (fact.kind, fact.outcome, fact.channel) for fact in node.facts if isinstance(fact, DecisionFact)
    ] == [
        ("alert", "firing", "demo"),
        ("alert", "resolved", "demo"),
    ]


async def test_a_restart_neither_forgets_nor_repeats(node: Node, open_store: Open) -> None:
    await node.run(40, 0.05)
    after = Node(await open_store(), node.clock, node.indicators)
    await after.run(30)
    assert [each["change"] for each in await after.told()] == ["firing"]
    again = Node(await open_store(), node.clock, node.indicators)
    await again.run(60)
    assert await again.told() == []
    await again.run(90, 0.0)
    assert [each["change"] for each in await again.told()] == ["resolved"]


async def test_one_process_evaluates_and_the_next_takes_over_when_it_is_gone(
    node: Node, open_store: Open
) -> None:
    other = Node(await open_store(), node.clock, node.indicators, "n2")
    await node.run(30, 0.05)
    await other.evaluator.round()
    assert (node.evaluator.rounds.holds, other.evaluator.rounds.holds) == (True, False)
    assert (await other.service.evaluator()).holder == "local/n1"
    await other.run(60)  # nothing is heard of the first
    assert other.evaluator.rounds.holds
    await node.evaluator.round()
    assert not node.evaluator.rounds.holds
    await other.evaluator.stop()
    await node.evaluator.round()
    assert node.evaluator.rounds.holds


async def test_rules_that_cannot_be_asked_keep_their_alerts_and_become_one(node: Node) -> None:
    await node.run(100, 0.05)
    node.indicators.broken = TelemetryAwayError("The engine does not answer.")
    await node.run(100)
    assert node.evaluator.check().status == "degraded"
    assert [alert.rule for alert in await node.service.alerts(["firing"])] == ["rebuffering"]
    await node.run(50)
    blind = next(alert for alert in await node.service.alerts(["firing"]) if alert.rule == "alerts-blind")
    assert blind.sentence.endswith("rule rebuffering cannot be looked at.")
    assert next(each for each in await node.service.rules() if each.rule.name == "rebuffering").problem
    node.indicators.broken = None
    await node.run(60)
    assert [alert.rule for alert in await node.service.alerts(["firing"])] == ["rebuffering"]
    assert [each["data"]["rule"] for each in await node.told()] == [
        "rebuffering",
        "alerts-blind",
        "alerts-blind",
    ]


async def test_taking_an_alert_on(node: Node) -> None:
    await node.run(100, 0.05)
    (alert,) = await node.service.alerts()
    taken = await node.service.acknowledge(alert.id, "ann", 300, "On it.")
    assert taken.acknowledged.who == "ann"
    await node.run(200)
    assert (await node.service.alert(alert.id)).acknowledged.note == "On it."
    await node.run(110)
    assert (await node.service.alert(alert.id)).acknowledged is None
    assert [each["data"]["reminder"] for each in await node.told()] == [False, True]
    await node.service.acknowledge(alert.id, "ann", 0, "")
    assert (await node.service.withdraw(alert.id)).acknowledged is None
    await node.run(100, 0.0)
    with pytest.raises(AlertOverError):
        await node.service.acknowledge(alert.id, "ann", 0, "")
    with pytest.raises(AlertNotFoundError):
        await node.service.alert("alr_nothing")


async def test_an_acknowledgement_in_the_middle_of_a_round_is_not_lost(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    await node.run(100, 0.05)
    (alert,) = await node.service.alerts()
    write = node.store.write

    async def slow(work: Any) -> Any:
        if work.__qualname__.startswith("Evaluator._settle"):
            monkeypatch.setattr(node.store, "write", write)
            await node.service.acknowledge(alert.id, "ann", 0, "")
        return await write(work)

    monkeypatch.setattr(node.store, "write", slow)
    await node.run(10, 0.07)
    after = await node.service.alert(alert.id)
    assert (after.acknowledged.who, after.value) == ("ann", 0.07)


async def test_silences(node: Node) -> None:
    made = await node.service.silence("rebuffering", {"region": "eu"}, 200, "ann", "We move it.")
    await node.run(100, 0.05)
    assert [alert.silenced_by for alert in await node.service.alerts()] == [made.id]
    assert await node.told() == []
    await node.service.end_silence(made.id)
    await node.run(10)
    assert [each["change"] for each in await node.told()] == ["firing"]
    with pytest.raises(SilenceNotFoundError):
        await node.service.end_silence(made.id)
    for rule_name, slice_, end in (
        ("", {}, 200),
        ("rebuffering", {}, -5.0),
        ("rebuffering", {}, 1e9),
    ):
        with pytest.raises(SilenceInvalidError):
            await node.service.silence(rule_name, slice_, end, "ann", "")
    with pytest.raises(RuleNotFoundError):
        await node.service.silence("rebufering", {}, 200, "ann", "")


async def test_the_operators_rule_is_in_effect_everywhere_until_it_is_taken_back(
    node: Node, open_store: Open
) -> None:
    stricter = replace(rule(Threshold(above=0.5)), title="Stricter")
    assert (await node.service.put_rule(stricter)).origin == "changed"
    other = Node(await open_store(), node.clock, node.indicators, "n2")
    await other.run(100, 0.05)
    assert await other.service.alerts() == []
    await other.service.put_rule(replace(stricter, name="of-our-own"))
    assert [(each.rule.name, each.origin) for each in await node.service.rules()] == [
        ("alerts-blind", "release"),
        ("of-our-own", "own"),
        ("rebuffering", "changed"),
    ]
    await node.service.remove_rule("rebuffering")
    assert (await node.service.rule("rebuffering")).origin == "release"
    await node.service.put_rule(replace(rule(), enabled=False))
    await other.run(100, 0.05)
    assert await other.service.alerts() == []
    await node.service.put_rule(rule())  # as it came: nothing of the operator's is left
    assert (await node.service.rule("rebuffering")).origin == "release"
    with pytest.raises(RuleNotFoundError, match="of your own"):
        await node.service.remove_rule("rebuffering")
    with pytest.raises(RuleInvalidError):
        await node.service.put_rule(rule(indicator="nothing"))


async def test_what_is_over_is_forgotten_after_a_while(node: Node) -> None:
    await node.run(100, 0.05)
    await node.run(100, 0.0)
    assert len(await node.service.alerts()) == 1
    node.clock.advance(31 * 86_400)
    await node.evaluator.round()
    assert await node.service.alerts() == []


async def test_a_round_that_takes_too_long_leaves_the_rest_to_the_next(node: Node, monkeypatch) -> None:
    other = rule(name="silent", indicator="request_rate", by=("channel",), group=())
    node.rulebook.release = {"rebuffering": rule(), "silent": other}
    query = node.indicators.query

    async def slow(asked):
        node.clock.advance(ROUND_S_MAX + 1)
        return await query(asked)

    monkeypatch.setattr(node.indicators, "query", slow)
    await node.evaluator.round()
    assert list(node.evaluator.rounds.problems) == ["silent"]
    await node.evaluator.round()
    assert list(node.evaluator.rounds.problems) == ["rebuffering"]
