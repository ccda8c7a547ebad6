"""Which rendition is played next: the rules one by one, then whole playbacks in simulated networks."""

from itertools import pairwise
from random import Random

import pytest

from tidegate.media.crowd.networks import NETWORKS, Trace, make_trace
from tidegate.media.player.abr import DWELL_S, START_DWELL_S, RenditionChoice
from unit.player.abr_world import AUDIO_BPS, LADDER, Seen, constant, play

RUNGS = range(len(LADDER))
SEEDS = range(8)


def chosen(estimate_bps: float, current: int = 0) -> RenditionChoice:
    """A choice that has come to rest at `current`, at 100 s."""
    choice = RenditionChoice(LADDER, 0.0)
    choice.decide(START_DWELL_S, LADDER[current] / 0.65 + 1, 0)
    assert choice.current == current
    choice.decide(100.0, estimate_bps, 0)
    return choice


def test_it_begins_low_and_goes_up_once_it_has_measured() -> None:
    choice = RenditionChoice(LADDER, 0.0)
    assert choice.current == 0
    assert choice.decide(START_DWELL_S / 2, 50e6, 0) == 0
    assert choice.decide(START_DWELL_S, 50e6, 0) == 3


@pytest.mark.parametrize(
    ("current", "estimate_bps", "wanted"),
    [
        (0, 0.0, 0),
        (0, 2.0e6, 0),
        (0, 2.4e6, 1),
        (2, 3.6e6, 2),
        (2, 3.5e6, 1),
        (2, 0.5e6, 0),
        (3, 50e6, 3),
    ],
)
def test_up_needs_more_to_spare_than_staying(current: int, estimate_bps: float, wanted: int) -> None:
    assert chosen(estimate_bps, current).current == wanted


def test_a_stall_makes_it_careful() -> None:
    choice = chosen(3.6e6, 2)
    assert choice.decide(101.0, 3.6e6, 1) == 1
    assert choice.decide(101.0 + DWELL_S - 0.1, 50e6, 1) == 1
    assert choice.decide(101.0 + DWELL_S + 0.1, 50e6, 1) == 3
    assert choice.decide(109.0, 50e6, 2) == 3, "stalls of another cause do not lower the picture"


def test_a_rung_that_did_not_hold_is_waited_for_twice_as_long() -> None:
    choice = RenditionChoice(LADDER, 0.0)
    now_s, ups = 0.0, []
    while now_s < 300:
        was = choice.current
        now_s += 0.2
        choice.decide(now_s, 5e6 if choice.current < 2 else 2.4e6, 0)
        if choice.current > was:
            ups.append(now_s)
    waits = [round(later - earlier, 1) for earlier, later in pairwise(ups)]
    assert waits[0] < 15
    assert waits == sorted(waits)
    assert waits[-1] >= 60
    assert len(ups) < 10


def test_a_slow_transfer_is_given_up_for_something_lower_and_the_lowest_never_is() -> None:
    choice = chosen(50e6, 3)
    assert not choice.gives_up(0.4, 0.2)
    assert choice.gives_up(0.7, 0.2)
    assert not choice.gives_up(1.4, 2.0)
    assert choice.gives_up(1.6, 2.0)
    assert choice.give_up(101.0, 50e6) == 2
    assert choice.give_up(101.7, 0.9e6) == 0
    assert not choice.gives_up(60.0, 0.2)


def test_one_rendition_is_all_there_is() -> None:
    choice = RenditionChoice((5_000_000,), 0.0)
    assert choice.decide(10.0, 1.0, 3) == 0
    assert not choice.gives_up(60.0, 0.2)


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize("rtt_s", [0.01, 0.1])
@pytest.mark.parametrize("share", [1.6, 1.9])
def test_a_network_that_carries_one_rung_plays_it(rung: int, rtt_s: float, share: float) -> None:
    for seed in SEEDS:
        seen = play(constant(LADDER[rung] * share + AUDIO_BPS, rtt_s, 0.01), 120, seed)
        assert seen.at(5.0) == seen.last == rung
        assert seen.after(10.0) <= 2, "one a minute at the most"
        assert seen.stalled_s < 0.02 * 120


@pytest.mark.parametrize("rung", RUNGS[1:])
def test_a_network_between_two_rungs_does_not_make_it_flap(rung: int) -> None:
    for percent in range(80, 150, 5):
        seen = play(constant(LADDER[rung] * percent / 100 + AUDIO_BPS, 0.05, 0.02), 180, percent)
        assert seen.after(10.0) <= 3
        assert seen.late_stalled_s < 0.02 * 170


@pytest.mark.parametrize(
    ("name", "switches_a_minute", "stalled"),
    [("fibre", 0.0, 0.001), ("wifi", 0.3, 0.005), ("4g", 2.0, 0.012)],
)
def test_good_networks_play_the_best_without_stopping(
    name: str, switches_a_minute: float, stalled: float
) -> None:
    found = [play(trace, 120, seed) for seed, trace in enumerate(traces(name))]
    assert sum(seen.after(10.0) for seen in found) / len(found) / 2 <= switches_a_minute
    assert sum(seen.stalled_s for seen in found) / len(found) / 120 < stalled
    assert sum(seen.last == len(LADDER) - 1 for seen in found) >= 0.6 * len(found)


@pytest.mark.parametrize(("name", "worse"), [("3g-edge", 0.03), ("train", 0.06)])
def test_bad_networks_cost_little_more_than_the_lowest_rung_would(name: str, worse: float) -> None:
    """What stops even the lowest rung is the network's doing; the rest is the price of looking for more."""
    assert mean_stalled(name, LADDER) < mean_stalled(name, LADDER[:1]) + worse
    assert mean_stalled(name, LADDER) < 0.6 * mean_stalled(name, LADDER[-1:])


def test_it_comes_down_when_the_network_becomes_thin_and_goes_up_again() -> None:
    seen = play(Trace((20e6,) * 20 + (1.3e6,) * 20 + (20e6,) * 60, rtt_s=0.04), 100)
    assert seen.at(19.9) == 3
    assert seen.at(23.0) == 0
    assert seen.at(55.0) == 3
    assert len(seen.switches) <= 6
    assert seen.stalled_s < 5


def traces(name: str) -> list[Trace]:
    return [make_trace(NETWORKS[name], Random(seed)) for seed in SEEDS]


def mean_stalled(name: str, ladder: tuple[int, ...]) -> float:
    found: list[Seen] = [play(trace, 120, seed, ladder) for seed, trace in enumerate(traces(name))]
    return sum(seen.stalled_s for seen in found) / len(found) / 120
