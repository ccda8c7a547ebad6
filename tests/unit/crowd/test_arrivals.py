"""Who comes and who goes: never too many, as the curve says, and the same again for the same seed."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.media.crowd.arrivals import STEP_S, Arrivals, Audience, Turn, share

PATTERNS = ("steady", "ramp", "flash", "wave", "churn")

runs = st.builds(
    Arrivals,
    st.sampled_from(PATTERNS),
    st.integers(1, 30),
    st.floats(0.5, 8.0),
    st.sampled_from([0.0, 0.01, 1.0, 30.0]),
)


def played(arrivals: Arrivals, seed: int) -> list[list[Turn]]:
    audience = Audience(arrivals, Random(seed))
    steps = []
    while not audience.over:
        steps.append(audience.step())
    return steps


@settings(deadline=None)
@given(runs, st.integers(0, 1000))
def test_the_audience_follows_its_curve_and_is_never_larger_than_asked(arrivals: Arrivals, seed: int) -> None:
    there: set[int] = set()
    at_s, number = 0.0, 0
    for index, step in enumerate(played(arrivals, seed)):
        for turn in step:
            assert at_s <= turn.at_s <= arrivals.seconds, "in order of time, inside the run"
            at_s = turn.at_s
            if turn.joins:
                assert turn.number == number, "numbered as they come"
                number += 1
                there.add(turn.number)
            else:
                there.remove(turn.number)
            assert len(there) <= arrivals.viewers
        end_s = min((index + 1) * STEP_S, arrivals.seconds)
        assert len(there) == round(arrivals.viewers * share(arrivals, end_s))


@settings(deadline=None)
@given(runs, st.integers(0, 1000))
def test_the_same_seed_brings_the_same_viewers(arrivals: Arrivals, seed: int) -> None:
    assert played(arrivals, seed) == played(arrivals, seed)


@settings(deadline=None)
@given(st.sampled_from(PATTERNS), st.floats(0.0, 5000.0), st.floats(0.0, 600.0))
def test_a_share_is_one(pattern: str, at_s: float, seconds: float) -> None:
    assert 0.0 <= share(Arrivals(pattern, 10, seconds), at_s) <= 1.0  # type: ignore[arg-type]


def test_churn_replaces_who_leaves_and_steady_keeps_who_came() -> None:
    stays, zaps = Arrivals("steady", 50, 60.0), Arrivals("churn", 50, 60.0)
    assert sum(turn.joins for step in played(stays, 1) for turn in step) == 50
    visits = sum(turn.joins for step in played(zaps, 1) for turn in step)
    assert visits == pytest.approx(50 + 50 * 60 / 10, rel=0.25), "ten seconds each on the mean"


def test_a_flash_crowd_comes_within_moments() -> None:
    arrivals = Arrivals("flash", 100, 100.0)
    assert share(arrivals, 29.0) == pytest.approx(0.1)
    assert share(arrivals, 33.0) > 0.9
    assert share(arrivals, 100.0) == pytest.approx(0.5, abs=0.01)


def test_a_run_without_end_goes_on() -> None:
    audience = Audience(Arrivals("wave", 10), Random(1))
    for _ in range(30_000):
        audience.step()
    assert not audience.over
    assert audience.at_s == pytest.approx(30_000 * STEP_S)
