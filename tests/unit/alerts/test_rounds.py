"""Rounds over simulated time: what fires, when, once, and what brings it to an end. Nothing but values and a clock."""

from itertools import pairwise
from random import Random

import pytest
from msgspec.structs import replace

from alert_rig import START, at, rule
from tidegate.governance.alerts.conditions import Reading
from tidegate.governance.alerts.grouping import MEMBERS_MAX, Look
from tidegate.governance.alerts.settling import settle
from tidegate.governance.alerts.types import (
    Absent,
    Acknowledgement,
    Alert,
    AlertRule,
    AlertSilence,
    Threshold,
)

EVERY_S = 10.0


class World:
    """Alerts as a store would keep them, and everything that was told."""

    def __init__(self, *rules: AlertRule) -> None:
        self.rules = {each.name: each for each in rules}
        self.now = START
        self.alerts: dict[str, Alert] = {}
        self.silences: list[AlertSilence] = []
        self.told: list[tuple[float, str, str]] = []
        self.happened: list[str] = []

    def look(self, numbers: dict, seconds: float = 0.0, *, rule_: AlertRule | None = None) -> None:
        """Rounds with these numbers for so long, and at least one."""
        end = self.now + seconds
        while True:
            self.now += EVERY_S
            looked = rule_ or next(iter(self.rules.values()))
            readings = {
                slice_: each if isinstance(each, Reading) else Reading(each)
                for slice_, each in numbers.items()
            }
            self.settle(Look(looked, "ratio", readings, self.now))
            if self.now >= end:
                return

    def settle(self, *looks: Look) -> None:
        settled = settle(looks, self.rules, list(self.alerts.values()), self.silences, self.now, EVERY_S)
        for change in settled.changes:
            self.alerts[change.alert.id] = change.alert
            if change.event:
                self.told.append((self.now - START, change.event, change.alert.id))
            if change.happened:
                self.happened.append(change.happened)
        for alert_id in settled.dropped:
            del self.alerts[alert_id]

    @property
    def events(self) -> list[str]:
        return [event for _, event, _ in self.told]

    @property
    def one(self) -> Alert:
        (alert,) = self.alerts.values()
        return alert


EU, US = at("eu", "demo"), at("us", "demo")


def test_it_fires_once_after_its_time_and_is_over_after_its_calm() -> None:
    world = World(rule())
    world.look({EU: 0.05}, 50)
    assert world.one.state == "pending"
    assert world.events == []
    world.look({EU: 0.05}, 600)
    assert world.told == [(70.0, "firing", world.one.id)]
    world.look({EU: 0.015}, 600)  # under the limit, over the clear
    assert world.one.state == "firing"
    world.look({EU: 0.005}, 50)
    assert world.one.state == "firing"
    world.look({EU: 0.005}, 50)
    assert world.one.state == "resolved"
    assert world.events == ["firing", "resolved"]
    assert world.happened == ["firing", "resolved"]


def test_a_short_dip_is_nothing_and_leaves_nothing() -> None:
    world = World(rule())
    world.look({EU: 0.05}, 40)
    world.look({EU: 0.0})
    assert world.alerts == {}
    world.look({EU: 0.05}, 40)
    assert world.events == []


def test_slices_alike_are_one_alert_and_it_ends_with_the_last_of_them() -> None:
    world = World(rule())
    channels = {at("eu", f"c{number}"): 0.03 + number / 100 for number in range(4)}
    world.look({**channels, US: 0.0}, 90)
    assert world.events == ["firing"]
    assert world.one.slice == {"region": "eu"}
    assert [each.slice["channel"] for each in world.one.members] == ["c3", "c2", "c1", "c0"]
    assert world.one.sentence == "6 % stood still in region eu, channel c3 and 3 more; 2 % is the limit."
    world.look({**dict.fromkeys(channels, 0.0), at("eu", "c0"): 0.03}, 200)
    assert world.one.state == "firing"
    assert world.one.link == "/console?region=eu&channel=c0&last=3600&show=rebuffer_ratio"
    world.look({**channels, US: 0.05}, 90)
    assert world.events == ["firing", "firing"]  # the other region is another alert
    world.look(dict.fromkeys([*channels, US], 0.0), 90)
    assert world.events == ["firing", "firing", "resolved", "resolved"]


def test_more_slices_than_are_followed_are_counted() -> None:
    world = World(rule(for_s=0))
    world.look({at("eu", f"c{number}"): 0.05 for number in range(MEMBERS_MAX + 7)})
    assert (len(world.one.members), world.one.more) == (MEMBERS_MAX, 7)
    assert "and 206 more" in world.one.sentence


def test_no_data_keeps_an_alert_and_starts_none() -> None:
    world = World(rule())
    world.look({}, 600)
    assert world.alerts == {}
    world.look({EU: 0.05}, 90)
    world.look({}, 3600)
    assert world.one.state == "firing"
    world.look({EU: 0.0}, 90)
    assert world.one.state == "resolved"


def test_a_slice_without_data_for_a_day_is_gone() -> None:
    world = World(rule())
    world.look({EU: 0.05}, 90)
    world.look({}, 86_500)
    assert (world.one.state, world.one.ended) == ("resolved", "Its slice has had no data for a day.")


def test_no_data_can_be_what_is_wrong() -> None:
    world = World(rule(no_data="fire"))
    world.look({EU: None, US: 0.0}, 90)
    assert world.one.no_data
    assert world.one.sentence.startswith("There are no data for rebuffer_ratio in region eu, channel demo")
    world.look({EU: 0.0, US: 0.0}, 90)
    assert world.one.state == "resolved"


def test_a_slice_from_which_nothing_is_expected_any_more_is_over() -> None:
    world = World(rule(Absent(), no_data="fire"))
    world.look({EU: None}, 90)
    assert world.one.state == "firing"
    world.look({}, 90)
    assert world.one.state == "resolved"


def test_time_in_which_nobody_looked_proves_nothing() -> None:
    world = World(rule())
    world.look({EU: 0.05}, 30)
    world.now += 3600
    world.look({EU: 0.05})
    assert world.one.state == "pending"
    world.look({EU: 0.05}, 60)
    assert world.one.state == "firing"
    world.look({EU: 0.0}, 30)
    world.now += 3600
    world.look({EU: 0.0})
    assert world.one.state == "firing"


def test_a_clock_that_goes_back_makes_nothing_fire_or_end() -> None:
    world = World(rule())
    world.look({EU: 0.05}, 30)
    world.now -= 86_400
    world.look({EU: 0.05})
    assert world.one.state == "pending"
    world.look({EU: 0.05}, 60)
    assert world.one.state == "firing"


def test_what_comes_and_goes_is_told_three_times_and_then_held() -> None:
    world = World(rule(for_s=10, calm_s=10))
    for _ in range(20):
        world.look({EU: 0.05}, 30)
        world.look({EU: 0.0}, 30)
    assert world.events == ["firing", "resolved", "firing", "resolved", "firing"]
    assert world.one.flapping
    world.look({EU: 0.0}, 1000)
    assert world.events[-1] == "resolved"


def silence(world: World, seconds: float, **more: object) -> None:
    values = {"rule": "rebuffering", "slice": {}, **more}
    world.silences.append(
        AlertSilence(id="sil_1", who="ann", reason="", at=world.now, until=world.now + seconds, **values)
    )


def test_a_silenced_alert_is_found_and_told_when_the_silence_ends() -> None:
    world = World(rule())
    silence(world, 300, slice={"region": "eu"})
    world.look({EU: 0.05}, 200)
    assert (world.one.state, world.one.silenced_by, world.events) == ("firing", "sil_1", [])
    world.look({EU: 0.05}, 200)
    assert world.told == [(300.0, "firing", world.one.id)]


def test_a_silenced_alert_that_ends_was_never_told() -> None:
    world = World(rule())
    silence(world, 3000, slice={"channel": "demo"})
    world.look({EU: 0.05}, 90)
    world.look({EU: 0.0}, 90)
    assert (world.one.state, world.events) == ("resolved", [])


def test_a_silence_of_one_channel_does_not_hide_another() -> None:
    world = World(rule())
    silence(world, 3000, slice={"channel": "demo"})
    world.look({EU: 0.05, at("eu", "other"): 0.05}, 90)
    assert world.events == ["firing"]


def test_an_acknowledgement_that_runs_out_is_told_again() -> None:
    world = World(rule())
    world.look({EU: 0.05}, 90)
    world.alerts[world.one.id] = replace(
        world.one, acknowledged=Acknowledgement("ann", world.now, until=world.now + 300)
    )
    world.look({EU: 0.05}, 280)
    assert world.events == ["firing"]
    world.look({EU: 0.05}, 60)
    assert world.events == ["firing", "firing"]
    assert (world.one.reminded, world.one.acknowledged) == (True, None)


def test_an_alert_whose_rule_is_gone_or_changed_is_over() -> None:
    world = World(rule())
    world.look({EU: 0.05}, 90)
    world.rules["rebuffering"] = changed = rule(group=())
    world.look({EU: 0.05}, 90, rule_=changed)
    assert [alert.state for alert in world.alerts.values()] == ["resolved", "firing"]
    assert world.events == ["firing", "resolved", "firing"]
    world.rules = {}
    world.now += 10
    world.settle()
    assert world.events == ["firing", "resolved", "firing", "resolved"]
    assert list(world.alerts.values())[-1].ended == "Its rule is gone or switched off."


def test_an_alert_that_cannot_be_looked_at_stays() -> None:
    world = World(rule())
    world.look({EU: 0.05}, 90)
    for _ in range(100):
        world.now += 10
        world.settle()
    assert (world.one.state, world.events) == ("firing", ["firing"])


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_receivers_hear_a_story_that_makes_sense(seed: int) -> None:
    """Random numbers, gaps, silences and acknowledgements: firing and resolved alternate, nothing fires before its time, and in the
    end, when all is fine, all of it is over and told."""
    chance = Random(seed)
    world = World(
        rule(
            Threshold(above=0.5, clear=0.3),
            for_s=30,
            calm_s=20,
            no_data=chance.choice(("ok", "keep", "fire")),
        )
    )
    slices = [at(region, channel) for region in ("eu", "us") for channel in ("a", "b", "c")]
    bad_since: dict[str, float] = {}
    for _ in range(400):
        numbers = {
            each: chance.choice((0.9, 0.9, 0.4, 0.1, None)) for each in slices if chance.random() < 0.9
        }
        if chance.random() < 0.02:
            world.now += chance.choice((-500, 200, 5000))
        if chance.random() < 0.02:
            silence(world, chance.choice((50, 500)), slice={"region": chance.choice(("eu", "us"))})
        if world.alerts and chance.random() < 0.05:
            alert = chance.choice(list(world.alerts.values()))
            if alert.state == "firing":
                taken = Acknowledgement("ann", world.now, until=world.now + 100)
                world.alerts[alert.id] = replace(alert, acknowledged=taken)
        world.look(numbers)
        for alert in world.alerts.values():
            assert alert.fired_at or alert.state == "pending"
            assert all(member.fired_at == 0 or member.fired_at >= member.since for member in alert.members)
        bad_since = {each.id: each.since for each in world.alerts.values()}
    world.look(dict.fromkeys(slices, 0.0), 4000)
    assert bad_since
    assert {alert.state for alert in world.alerts.values()} == {"resolved"}
    for alert_id in {alert_id for _, _, alert_id in world.told}:
        story = [event for _, event, each in world.told if each == alert_id]
        assert story[0] == "firing"
        assert story[-1] == "resolved"
        assert all(not (a == b == "resolved") for a, b in pairwise(story))
    assert not any(alert.told for alert in world.alerts.values())
