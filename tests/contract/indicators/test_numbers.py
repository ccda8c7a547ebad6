"""The numbers are right: whichever table answers, over whichever slice."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tidegate.core.clock import ManualClock
from tidegate.governance.indicators import measures
from tidegate.governance.indicators.exposition import OTHERS, UNSCRAPED_S, IndicatorExposition
from tidegate.governance.indicators.service import IndicatorService
from tidegate.governance.indicators.types import IndicatorQuery

OFF = 0.0305
"""How far a quantile may be off: ClickHouse's sketches of 1 % give up to 1 % less and 3 % more."""

EXPECTED = {
    "startup_time_p50": {"eu": 0.5, "us": 1.5},
    "startup_time_p95": {"eu": 0.5, "us": 1.5},
    "time_to_first_frame": {"eu": 0.5, "us": 1.5},
    "rebuffer_ratio": {"eu": 0.0, "us": 0.1},
    "rebuffers_per_hour": {"eu": 0.0, "us": 400.0},
    "playback_failure_rate": {"eu": 0.0, "us": 0.5},
    "exits_before_start": {"eu": 0.5, "us": 0.5},
    "average_bitrate": {"eu": 4e6, "us": 2e6},
    "rendition_switches_per_hour": {"eu": 0.0, "us": 400.0},
    "live_latency_p50": {"eu": 2.0, "us": 3.0},
    "live_latency_p95": {"eu": 2.0, "us": 3.0},
    "dropped_frame_ratio": {"eu": 0.01, "us": 0.01},
    "plays": {"eu": 2.0, "us": 2.0},
    "concurrent_plays": {"eu": 1.0, "us": 1.0},
    "watch_hours": {"eu": 300 / 3600, "us": 270 / 3600},
    "concurrent_viewers": {"eu": 3.0, "us": 3.0},
    "viewer_hours": {"eu": 0.25, "us": 0.25},
    "cache_hit_ratio": {"eu": 0.9, "us": 0.9},
    "origin_fetches_per_part": {"eu": 1.0, "us": 2.0},
    "delivery_error_ratio": {"eu": 0.0, "us": 0.05},
    "refused_ratio": {"eu": 0.0, "us": 0.0},
    "request_rate": {"eu": 20.0, "us": 20.0},
    "egress_gb": {"eu": 0.3, "us": 0.3},
    "egress_bps": {"eu": 8e6, "us": 8e6},
    "ingest_health": {"eu": 1.0, "us": 0.75},
    "gop_regularity": {"eu": 1.0, "us": 0.5},
    "part_lateness": {"eu": 0.0, "us": 0.1},
    "live_hours": {"eu": 300 / 3600, "us": 300 / 3600},
    "ingest_bps": {"eu": 4e6, "us": 4e6},
    "av_skew": {"eu": 0.125, "us": 0.125},
    "cpu_used": {"eu": 0.25, "us": 0.25},
    "memory_used": {"eu": 0.1, "us": 0.1},
    "disk_free": {"eu": 0.7, "us": 0.7},
    "capacity_left": {"eu": 0.75, "us": 0.75, "sa": 0.0},
    "network_out": {"eu": 16e6, "us": 16e6},
    "cost": {"eu": 150 / 3600 * 0.04 + 0.3 * 0.02, "us": 150 / 3600 * 0.04 + 0.3 * 0.02},
    "cost_per_viewer_hour": {"eu": (150 / 3600 * 0.04 + 0.006) / 0.25},
    "cost_per_gb": {"eu": (150 / 3600 * 0.04 + 0.006) / 0.3},
    "cost_per_stream_hour": {"eu": (150 / 3600 * 0.04 + 0.006) * 12},
    "facts_dropped": {"eu": 0.0, "us": 300.0},
    "logs_dropped": {"eu": 0.0, "us": 0.0},
    "throughput_p50": {"eu": 8e6},
    "throughput_p10": {"eu": 8e6},
    "part_download_p50": {"eu": 0.125},
    "part_download_p95": {"eu": 0.125},
    "part_download_mean": {"eu": 0.25},
    "player_errors_per_hour": {"eu": 0.0, "us": 0.0},
}
"""Of the five minutes, by region."""


async def numbers(service: IndicatorService, query: IndicatorQuery) -> dict[object, float | None]:
    """Of the query's one indicator, by its one dimension."""
    return {row[-2]: row[-1] for row in (await service.query(query)).rows}


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_it_is_what_can_be_reckoned_by_hand(service, ask, name):
    where = {"channel": ["demo"]} if service.catalogue.get(name).tables == ("playback",) else {}
    found = await numbers(service, ask(name, by=["region"], where=where))
    for region, number in EXPECTED[name].items():
        assert found[region] == pytest.approx(number, rel=OFF if "_p" in name else 1e-9), region


def test_every_indicator_is_reckoned_by_hand(service):
    assert {each.name for each in service.catalogue} == set(EXPECTED)


@pytest.mark.parametrize("end", [60, 70, 71])
async def test_single_facts_and_each_live_aggregate_give_the_same_number(service, ask, monkeypatch, end):
    """Quantiles too, to the last bit."""
    names = [each.name for each in service.catalogue]
    added_up = await service.query(ask(*names, end=end, by=["region"]))
    monkeypatch.setattr(measures, "are_added_up", lambda *_: False)
    single = await service.query(ask(*names, end=end, by=["region"]))
    assert {each.table for each in single.queries} & {"playback", "delivery + node"}
    assert not {each.table for each in single.queries} & {each.table for each in added_up.queries}
    assert len(single.rows) == len(added_up.rows) == 3
    for row, other in zip(sorted(single.rows), sorted(added_up.rows), strict=True):
        assert row == pytest.approx(other)


async def test_numerators_and_denominators_add_up_over_any_slice(service, ask):
    for each in service.catalogue:
        by = [dimension for dimension in each.dimensions if dimension != "region"][:1]
        whole = (await service.query(ask(each.name, parts=True))).rows[0]
        slices = (await service.query(ask(each.name, parts=True, by=["region", *by], limit=1000))).rows
        for place in (1, 2):
            known = [row[len(by) + 1 + place] for row in slices if row[len(by) + 1 + place] is not None]
            if whole[place] is None:
                assert not known, each.name
            elif place == 2 and whole[place] == 300.0 and "elapsed" in each.written:
                assert set(known) == {300.0}
            else:
                assert sum(known) == pytest.approx(whole[place]), each.name
        if whole[1] is not None and whole[2]:
            assert whole[0] == pytest.approx(whole[1] / whole[2])


@pytest.mark.parametrize("added_up", [True, False])
async def test_facts_of_several_arms_are_counted_in_each(service, ask, monkeypatch, added_up):
    if not added_up:
        monkeypatch.setattr(measures, "are_added_up", lambda *_: False)
    by_region = await numbers(service, ask("watch_hours", by=["region"], where={"channel": ["demo"]}))
    eu, us = by_region["eu"], by_region["us"]
    by_arm = await numbers(service, ask("watch_hours", by=["arm"], where={"channel": ["demo"]}))
    assert by_arm == pytest.approx({"c1:control": eu, "c1:treatment": us, "c2:treatment": us})
    assert (await numbers(service, ask("watch_hours", by=["arm"])))[""] == pytest.approx(5 / 3600)
    assert await numbers(
        service, ask("watch_hours", by=["arm"], where={"arm": ["c1:treatment"]})
    ) == pytest.approx({"c1:treatment": us})
    both = {"arm": ["c1:treatment", "c2:treatment", "'; DROP TABLE tidegate.playback --"]}
    assert await numbers(service, ask("watch_hours", by=["region"], where=both)) == pytest.approx({"us": us})
    first = await service.query(ask("watch_hours", "startup_time_p95", by=["arm"], step_s=60, limit=1))
    assert {row[1] for row in first.rows} == {"c1:control"}
    assert await numbers(
        service, ask("part_download_mean", by=["arm"], where={"arm": ["c1:control"]})
    ) == pytest.approx({"c1:control": 0.25})
    several = await service.query(ask("egress_gb", "cpu_used", "plays", by=["arm"]))
    assert {row[0] for row in several.rows} == {"", "c1:control", "c1:treatment", "c2:treatment"}


async def test_what_only_one_table_has_is_in_the_sum(service, ask):
    """A node without an edge costs too: nothing is joined away."""
    costs = await numbers(service, ask("cost", by=["region"]))
    assert costs["sa"] == pytest.approx(0.04)
    both = await service.query(ask("cost_per_gb", "plays", by=["region"]))
    assert {row[0]: row[1:] for row in both.rows}["sa"] == [None, None]


async def test_steps_are_aligned_and_add_up(service, ask, start):
    series = await service.query(ask("plays", "cpu_used", "cost", begin=3, end=100, step_s=20))
    assert series.from_, series.to == (start, start + 100)
    assert [row[0] for row in series.rows] == [start + 20 * step for step in range(5)]
    assert sum(row[1] or 0 for row in series.rows) == 4
    assert [column.name for column in series.columns] == ["at", "plays", "cpu_used", "cost"]
    assert series.columns[-1].unit == "USD"


async def test_nothing_is_null_and_not_nought(service, ask):
    before = {"begin": -7200, "end": -3600}
    assert (
        await service.query(ask("plays", "rebuffer_ratio", "cost", "startup_time_p95", **before))
    ).rows == [[None] * 4]
    assert (await service.query(ask("plays", by=["region"], **before))).rows == []
    assert (await service.query(ask("plays", step_s=10, **before))).rows == []
    later = await service.query(ask("startup_time_p50", "rebuffer_ratio", begin=60, end=120))
    assert later.rows == [[None, pytest.approx(0.05)]]  # nobody started, and some watched


async def test_a_rate_divides_by_the_time_that_has_been(service, ask, start, clock):
    clock.jump(start + 45.0 - clock.wall())
    assert (await service.query(ask("request_rate", end=30, step_s=60))).rows == [
        [start, pytest.approx(60 * 40 / 45)]
    ]


async def test_the_groups_with_most_behind_them_are_answered(service, ask):
    answer = await service.query(ask("rebuffers_per_hour", by=["channel"], limit=1))
    assert [row[0] for row in answer.rows] == ["demo"]
    assert answer.more
    assert not (await service.query(ask("plays", by=["channel"], limit=3))).more
    series = await service.query(ask("plays", "cache_hit_ratio", by=["region"], limit=2, step_s=60))
    assert {row[1] for row in series.rows} == {"eu", "us"}


async def test_a_hostile_text_is_a_value_like_any_other(service, ask, hostile):
    assert (await service.query(ask("rebuffer_ratio", where={"channel": [hostile]}))).rows == [[0.5]]
    by_channel = await numbers(service, ask("rebuffer_ratio", by=["channel"]))
    assert by_channel[hostile] == 0.5
    for text in ("'", "\\", "{from_s:UInt32}", "%", "\x00", "\n\t", "🙂"):
        assert (await service.query(ask("plays", where={"channel": [text]}))).rows == [[None]]


async def test_prometheus_gets_numerators_and_denominators(service, ask, start):
    clock = ManualClock(start + 200)
    exposition = IndicatorExposition(service, clock)
    await exposition.refresh()
    found = gauges(exposition)
    assert found["tidegate_indicator_rebuffer_ratio_numerator", "demo", "us"] == pytest.approx(6.0)
    assert found["tidegate_indicator_rebuffer_ratio_denominator", "demo", "us"] == pytest.approx(60.0)
    assert found["tidegate_indicator_request_rate_denominator", "demo", "eu"] == 60.0
    assert found["tidegate_indicator_cpu_used_numerator", "n1", "eu"] == pytest.approx(30.0)
    assert found["tidegate_indicators_until_seconds",] == start + 190
    assert ("tidegate_indicator_startup_time_p95", "us") not in found  # nobody started in this minute
    assert ("tidegate_indicator_live_latency_p95_whole",) in found
    clock.advance(61)
    assert gauges(exposition) == {("tidegate_indicators_failures_total",): 0.0}


async def test_nothing_is_asked_while_nobody_scrapes(service, start, monkeypatch):
    asked = []
    monkeypatch.setattr("tidegate.governance.indicators.exposition.EVERY_S", 0.01)
    clock = ManualClock(start + 200)
    exposition = IndicatorExposition(service, clock)
    refresh = exposition.refresh

    async def counted() -> None:
        await refresh()
        asked.append(clock.monotonic())

    monkeypatch.setattr(exposition, "refresh", counted)
    current = asyncio.create_task(exposition.keep_current())
    await asyncio.sleep(0.05)
    assert not asked
    gauges(exposition)  # the first scrape finds none, and begins it
    async with asyncio.timeout(20):
        while not asked:
            await asyncio.sleep(0.01)
    assert ("tidegate_indicators_until_seconds",) in gauges(exposition)
    clock.advance(UNSCRAPED_S + 1)
    async with asyncio.timeout(20):
        while not exposition.resting:
            await asyncio.sleep(0.01)
    current.cancel()
    await asyncio.gather(current, return_exceptions=True)


async def test_what_is_beyond_the_bound_is_in_one_more_group(service, ask, start):
    exposition = IndicatorExposition(service, ManualClock(start + 200), groups_max=1)
    await exposition.refresh()
    found = gauges(exposition)
    assert found["tidegate_indicator_request_rate_numerator", OTHERS, OTHERS] == pytest.approx(1200.0)
    assert found["tidegate_indicator_request_rate_denominator", OTHERS, OTHERS] == 60.0
    assert not [key for key in found if key[0] == "tidegate_indicator_live_latency_p50" and OTHERS in key]


def gauges(exposition: IndicatorExposition) -> dict[tuple[str, ...], float]:
    registry = CollectorRegistry()
    registry.register(exposition)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }
