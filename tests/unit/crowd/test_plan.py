"""What a crowd is made of, as people write it."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.media.crowd.arrivals import Arrivals
from tidegate.media.crowd.mix import Draw, Share, parse_mix
from tidegate.media.crowd.plan import (
    DEVICE_MIX,
    NETWORK_MIX,
    Casting,
    CrowdPlan,
    Region,
    Target,
    check,
    parse_regions,
)
from tidegate.media.crowd.types import CrowdError

PLAN = CrowdPlan(
    (
        Target("http://127.0.0.1/live/one/index.m3u8", 3.0),
        Target("http://127.0.0.1/live/~token/two/index.m3u8"),
    ),
    Arrivals("steady", 10, 5.0),
    networks=parse_mix(NETWORK_MIX, "networks"),
    devices=parse_mix(DEVICE_MIX, "devices"),
    regions=parse_regions("eu-west:5, ap-south@160:2"),
)


def test_a_mix_is_read_and_drawn_by_its_weights() -> None:
    mix = parse_mix("fibre:3, wifi:5,4g", "networks")
    assert mix == (Share("fibre", 3.0), Share("wifi", 5.0), Share("4g", 1.0))
    drawn = Counter(Draw(mix).one(chance) for chance in [Random(7)] for _ in range(9000))
    assert drawn["wifi"] == pytest.approx(5000, rel=0.05)
    assert drawn["4g"] == pytest.approx(1000, rel=0.15)


def test_regions_have_distances() -> None:
    assert PLAN.regions == (Region("eu-west", 5.0), Region("ap-south", 2.0, 0.16))
    assert parse_regions("x@20ms") == (Region("x", 1.0, 0.02),)


@pytest.mark.parametrize("words", ["", ",", "a,a", "a:0", "a:-1", "a:x", "a:nan", "a:inf", ":3"])
def test_no_mix_is_refused(words: str) -> None:
    with pytest.raises(CrowdError):
        parse_mix(words, "networks")


@pytest.mark.parametrize("words", ["EU", "a@x", "a@-1", "a@99999", "@5", "a b"])
def test_no_region_is_refused(words: str) -> None:
    with pytest.raises(CrowdError):
        parse_regions(words)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_words_are_a_mix_or_refused(words: str) -> None:
    try:
        mix = parse_mix(words, "networks")
    except CrowdError:
        return
    assert mix
    assert all(0 < share.weight < 1e6 and share.name for share in mix)


def test_a_viewer_is_the_same_for_a_seed_whoever_else_comes() -> None:
    one, other = Casting(PLAN, 5), Casting(PLAN, 5)
    assert [one.persona(number) for number in (3, 1, 2)] == [other.persona(number) for number in (3, 1, 2)]
    assert [one.persona(number) for number in range(50)] != [Casting(PLAN, 6).persona(n) for n in range(50)]
    assert Counter(one.persona(number).target for number in range(400))[0] == pytest.approx(300, rel=0.1)


def test_channels_are_named_by_their_addresses() -> None:
    assert [target.channel for target in PLAN.targets] == ["one", "two"]
    assert Target("http://other.example/stream.m3u8").channel == "other.example"


def test_what_nobody_knows_is_refused() -> None:
    with pytest.raises(CrowdError, match="network"):
        check(CrowdPlan(PLAN.targets, PLAN.arrivals, networks=(Share("5g-moon"),)))
    with pytest.raises(CrowdError, match="device"):
        check(CrowdPlan(PLAN.targets, PLAN.arrivals, devices=(Share("fridge"),)))
    with pytest.raises(CrowdError):
        check(CrowdPlan((), PLAN.arrivals))
    with pytest.raises(CrowdError):
        check(CrowdPlan(PLAN.targets, Arrivals("steady", 0, 5.0)))
    with pytest.raises(CrowdError):
        check(CrowdPlan(PLAN.targets, Arrivals("steady", 1, float("nan"))))
