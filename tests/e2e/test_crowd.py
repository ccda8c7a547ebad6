"""Crowds on a real platform: what they report, what the platform hears of them, and what a throttle does to whom."""

import asyncio
import json
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path

import pytest

from ladders import publish_with_ladder
from tidegate.core.clock import SystemClock
from tidegate.media.crowd.arrivals import Arrivals
from tidegate.media.crowd.mix import parse_mix
from tidegate.media.crowd.networks import Trace
from tidegate.media.crowd.plan import DEVICE_MIX, CrowdPlan, Target, parse_regions
from tidegate.media.crowd.service import Crowd, crowd
from tidegate.media.crowd.types import CrowdError, RegionState
from told_rig import FactsPlatform, running_with_facts

pytestmark = pytest.mark.serial


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[FactsPlatform]:
    with running_with_facts(tmp_path / "data") as platform:
        yield platform


def live(platform: FactsPlatform, channel: str) -> Target:
    platform.publish(platform.create_channel(channel)["ingest"]["key"])
    platform.wait_for_state(channel, "live")
    return Target(f"{platform.url}/live/{channel}/index.m3u8")


def test_fifty_of_all_kinds_come_and_go_and_are_heard_of(platform: FactsPlatform) -> None:
    plan = CrowdPlan(
        (live(platform, "one"), live(platform, "two")),
        Arrivals("churn", 50, 8.0, stay_s=4.0),
        networks=parse_mix("fibre:3,wifi:1", "networks"),
        devices=parse_mix(DEVICE_MIX, "devices"),
        regions=parse_regions("eu-west:1,ap-south@120:1"),
        seed=7,
    )
    report = asyncio.run(crowd(plan, SystemClock()))
    whole = report.whole
    assert report.most == 50
    assert whole.visits > 80, "they stay for four seconds of eight"
    assert whole.played > 0.75 * whole.visits, "some leave before they see a picture"
    assert whole.rebuffer_ratio < 0.05
    assert whole.visits == sum(each.visits for each in report.by_region.values())
    assert set(report.by_channel) == {"one", "two"}
    near, far = report.by_region["eu-west"], report.by_region["ap-south"]
    assert far.startup_s.p50 > near.startup_s.p50 + 0.3, "some round trips of 120 ms more"
    facts = platform.playback()
    assert {fact.player for fact in facts} == {"crowd"}
    assert {fact.region for fact in facts} == {"eu-west", "ap-south"}
    assert {fact.network for fact in facts} == {"fibre", "wifi"}
    assert {fact.device for fact in facts} == {"phone", "tablet", "desktop", "tv"}
    assert {fact.channel for fact in facts} == {"one", "two"}
    heard_of = len({fact.session for fact in facts})
    assert 0.8 * whole.visits < heard_of <= whole.visits, "who leaves at once has not learnt where to report"
    assert sum(fact.started for fact in facts) == pytest.approx(whole.played, rel=0.1)
    assert sum(fact.watched_s for fact in facts) == pytest.approx(whole.watched_s, rel=0.25)


def test_a_throttled_region_suffers_and_the_other_does_not(platform: FactsPlatform) -> None:
    publish_with_ladder(platform, "show")
    plan = CrowdPlan(
        (Target(f"{platform.url}/live/show/index.m3u8"),),
        Arrivals("steady", 20),
        networks=parse_mix("fibre", "networks"),
        regions=parse_regions("here,there"),
        seed=3,
    )
    asyncio.run(_throttle_one_region(Crowd(plan, SystemClock())))


def test_each_network_plays_what_it_carries_and_stays_there(platform: FactsPlatform) -> None:
    """The simulation of `unit/player/test_abr.py`, on a real ladder: thin lines have a lower picture, wide ones the best."""
    publish_with_ladder(platform, "show")
    thin = Trace((600_000.0,), rtt_s=0.05)
    plan = CrowdPlan(
        (Target(f"{platform.url}/live/show/index.m3u8"),),
        Arrivals("steady", 12, 20.0),
        networks=parse_mix("fibre,thin", "networks"),
        traces={"thin": thin},
        seed=5,
    )
    report = asyncio.run(crowd(plan, SystemClock()))
    wide, narrow = report.by_network["fibre"], report.by_network["thin"]
    assert wide.visits >= 3
    assert narrow.visits >= 3
    for each in (wide, narrow):
        assert each.switches <= 2 * each.visits, "at the beginning, where nothing is known"
    assert narrow.received_bps < wide.received_bps
    assert narrow.rebuffer_ratio < 0.1
    assert wide.rebuffer_ratio < 0.05


async def _throttle_one_region(held: Crowd) -> None:
    def now(name: str) -> RegionState:
        return next(region for region in held.run.state().regions if region.region == name)

    async def until(what: str, holds: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(30):
                while not holds():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pytest.fail(f"not within 30 s: {what}: {held.run.state()}")

    def well(region: RegionState) -> bool:
        return region.playing == region.viewers > 3

    playing = asyncio.create_task(held.play())
    try:
        await until("all play", lambda: well(now("here")) and well(now("there")))
        await until(
            "most have the source's picture",
            lambda: min(now("here").bitrate_bps, now("there").bitrate_bps) > 400_000,
        )
        before, spared = now("here"), now("there")
        held.run.throttle("here", 330_000)
        await until(
            "a lower picture, after stalls",
            lambda: (
                now("here").rebuffers > before.rebuffers
                and 0 < now("here").bitrate_bps < 0.7 * before.bitrate_bps
            ),
        )
        other = now("there")
        assert other.bitrate_bps > 0.8 * spared.bitrate_bps
        assert other.rebuffers - spared.rebuffers <= 1, "but for the machine's own hiccups"
        assert now("here").throttled_bps == 330_000
        held.run.throttle("here", inf)
        await until(
            "all is as before",
            lambda: well(now("here")) and now("here").bitrate_bps > 0.8 * before.bitrate_bps,
        )
        assert not held.run.throttle("nowhere", 1.0)
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


def test_the_command_tells_scripts_and_people(platform: FactsPlatform, tmp_path: Path) -> None:
    live(platform, "one")
    trace = tmp_path / "lift.log"
    trace.write_text("0 8000\n2 4000\n4 8000\n")
    words = ("crowd", "one", "--viewers", "10", "--seconds", "3", "--seed", "5", "--trace", str(trace))
    report = platform.cli_json(*words, "--json")
    assert report["viewers"] == report["most"] == 10
    assert set(report["by_network"]) == {"lift"}
    assert report["seed"] == 5
    done = platform.cli(*words)
    assert done.returncode == 0
    assert "10 saw a picture" in done.stdout
    nobody = platform.cli("crowd", "nothing", "--viewers", "2", "--seconds", "1", "--json")
    assert nobody.returncode == 1
    assert json.loads(nobody.stdout)["whole"]["played"] == 0
    for words, hint in (
        (("http://192.0.2.7/live/a/index.m3u8",), "--i-own-this-server"),
        (("one", "--networks", "5g-moon"), "Choose among"),
        (("one", "--regions", "Atlantis"), "a-z"),
        (("one", "--trace", "/nonexistent"), "Give a file"),
    ):
        refused = platform.cli("crowd", *words)
        assert refused.returncode != 0
        assert hint in refused.stderr


async def test_a_crowd_does_not_leave_this_machine_unasked() -> None:
    plan = CrowdPlan((Target("http://192.0.2.7/live/a/index.m3u8"),), Arrivals("steady", 1, 1.0))
    with pytest.raises(CrowdError, match="another machine"):
        await crowd(plan, SystemClock())
