"""A round's questions together: fewer queries, and to each rule the answer it would have had alone."""

import pytest

from alert_rig import START, ScriptedIndicators, at, rule
from tidegate.governance.alerts.asking import Asker
from tidegate.governance.alerts.evaluator import pause_s
from tidegate.governance.alerts.rule_file import release_rules
from tidegate.governance.alerts.types import AlertRule, Guard, Rate
from tidegate.governance.alerts.wording import OWN
from tidegate.governance.indicators.types import IndicatorAnswer, IndicatorQuery
from tidegate.telemetry.contract import QueryTooHeavyError, TelemetryAwayError

EU = at("eu", "demo")
LAG_S = 10.0
STALLS = rule(name="stalls", guard=Guard("concurrent_plays", 3.0))
FAILURES = rule(name="failures", indicator="playback_failure_rate")


async def looks(source: ScriptedIndicators, *rules: AlertRule):
    asker, before = Asker(source), len(source.asked)
    asker.begin_round(rules, START, LAG_S)
    found = [await asker.look(each) for each in rules]
    assert asker.asked == len(source.asked) - before
    return found


async def test_the_same_facts_time_and_slices_are_one_query() -> None:
    source = ScriptedIndicators()
    source.numbers = {
        "rebuffer_ratio": {EU: 0.5},
        "concurrent_plays": {EU: 4.0},
        "playback_failure_rate": {at("us", "demo"): 0.25},
    }
    stalls, failures = await looks(source, STALLS, FAILURES)
    assert len(source.asked) == 1
    assert {slice_: each.value for slice_, each in stalls.readings.items()} == {EU: 0.5}
    assert {slice_: each.value for slice_, each in failures.readings.items()} == {at("us", "demo"): 0.25}


async def test_where_the_longest_time_has_nothing_nothing_shorter_is_asked() -> None:
    source = ScriptedIndicators()
    longest = rule(name="slow", indicator="startup_time_p95", by=("region",), window_s=600)
    found = await looks(source, STALLS, FAILURES, longest)
    assert [query.indicators for query in source.asked] == [["startup_time_p95"]]
    assert not any(look.readings for look in found)
    source.numbers["startup_time_p95"] = {(("region", "eu"),): 1.0}
    source.numbers["rebuffer_ratio"] = {EU: 0.5}
    source.numbers["concurrent_plays"] = {EU: 4.0}
    stalls, *_ = await looks(source, STALLS, longest)
    assert stalls.readings[EU].value == 0.5


async def test_a_value_to_compare_with_is_asked_for_only_where_there_is_one() -> None:
    source = ScriptedIndicators()
    falls = rule(Rate(falls_by=0.4, over_s=900), name="falls")
    await looks(source, falls)
    assert len(source.asked) == 1
    source.numbers["rebuffer_ratio"] = lambda query: {EU: 1.0 if query.to < START - 900 else 0.5}
    asked = len(source.asked)
    asker = Asker(source)
    asker.begin_round([falls], START, LAG_S)
    assert (await asker.look(falls)).readings[EU].before == 1.0
    assert len(source.asked) == asked + 2


async def test_one_that_is_too_heavy_does_not_take_the_others_with_it() -> None:
    class Picky(ScriptedIndicators):
        async def query(self, query: IndicatorQuery) -> IndicatorAnswer:
            if "playback_failure_rate" in query.indicators:
                raise QueryTooHeavyError("too heavy")
            return await super().query(query)

    source = Picky()
    source.numbers["rebuffer_ratio"] = {EU: 0.5}
    source.numbers["concurrent_plays"] = {EU: 4.0}
    asker = Asker(source)
    asker.begin_round([STALLS, FAILURES], START, LAG_S)
    assert (await asker.look(STALLS)).readings[EU].value == 0.5
    with pytest.raises(QueryTooHeavyError):
        await asker.look(FAILURES)


async def test_an_engine_that_is_away_is_asked_once_a_question() -> None:
    source = ScriptedIndicators()
    source.broken = TelemetryAwayError("away")
    asker = Asker(source)
    asker.begin_round([STALLS, FAILURES], START, LAG_S)
    for each in (STALLS, FAILURES):
        with pytest.raises(TelemetryAwayError):
            await asker.look(each)
    assert asker.asked == 1


async def test_a_quiet_servers_round_of_the_releases_rules_is_few_queries() -> None:
    rules = [each for each in release_rules().values() if each.indicator not in OWN]
    source = ScriptedIndicators()
    await looks(source, *rules)
    assert len(rules) >= 15
    assert len(source.asked) <= 8


def test_rounds_begin_evenly_and_never_pile_up() -> None:
    assert pause_s(0.0, 10.0) == 10.0
    assert pause_s(2.0, 10.0) == 8.0
    assert pause_s(13.0, 10.0) == 10.0
