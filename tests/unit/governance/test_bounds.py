"""How much may be asked, and the range as it is answered."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.governance.indicators.bounds import POINTS_MAX, RANGE_S_MAX, check, window
from tidegate.governance.indicators.errors import IndicatorQueryError
from tidegate.governance.indicators.types import IndicatorQuery

NOW = 1_764_000_007.25


def ask(start: float, end: float, **more) -> IndicatorQuery:
    return IndicatorQuery(["plays"], start, end, **more)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW, NOW),
        (NOW, NOW - 1),
        (-5, NOW),
        (math.nan, NOW),
        (0, math.inf),
        (NOW, NOW + 500 * 86_400),
        (NOW - RANGE_S_MAX - 1, NOW),
    ],
)
def test_a_range_that_is_none_or_too_long_is_refused(start, end):
    with pytest.raises(IndicatorQueryError, match="range"):
        window(ask(start, end), NOW)


def test_too_many_steps_are_refused_with_the_step_that_would_do():
    with pytest.raises(IndicatorQueryError, match="more than 2000 steps") as refused:
        window(ask(NOW - 86_400, NOW, step_s=1), NOW)
    step = refused.value.data["step_s"]
    assert window(ask(NOW - 86_400, NOW, step_s=step), NOW).step_s == step


def test_too_large_an_answer_is_refused():
    query = ask(NOW - 2000, NOW, step_s=1, by=["channel"], limit=1000)
    with pytest.raises(IndicatorQueryError, match=f"more than {POINTS_MAX} rows"):
        check(query, window(query, NOW))
    check(ask(NOW - 2000, NOW, step_s=1), window(ask(NOW - 2000, NOW, step_s=1), NOW))


@pytest.mark.parametrize("twice", [{"by": ["region", "region"]}, {"indicators": ["plays", "plays"]}])
def test_nothing_is_asked_for_twice(twice):
    query = IndicatorQuery(**{"indicators": ["plays"], "from_": NOW - 60, "to": NOW, **twice})
    with pytest.raises(IndicatorQueryError, match="twice"):
        check(query, window(query, NOW))


def test_a_series_has_whole_steps_and_the_last_counts_what_has_happened_of_it():
    asked = window(ask(NOW - 60, NOW, step_s=10), NOW)
    assert (asked.start, asked.end, asked.grain_s) == (1_763_999_940, 1_764_000_010, 10)
    assert asked.seen == NOW


@given(
    last_s=st.floats(min_value=0.001, max_value=RANGE_S_MAX / 2),
    ago_s=st.floats(min_value=0, max_value=RANGE_S_MAX / 2),
)
def test_the_answer_covers_what_was_asked_and_little_more(last_s, ago_s):
    query = ask(NOW - ago_s - last_s, NOW - ago_s)
    if query.from_ == query.to:
        return
    asked = window(query, NOW)
    assert asked.start <= query.from_ < query.to <= asked.end
    assert asked.start % asked.grain_s == asked.end % asked.grain_s == 0
    assert query.from_ - asked.start < max(1, last_s / 120)
    assert asked.end - query.to < max(1, last_s / 120)
    assert asked.start <= asked.seen <= asked.end
