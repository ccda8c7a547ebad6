"""One value, judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.governance.alerts.band import band
from tidegate.governance.alerts.conditions import Reading, judge
from tidegate.governance.alerts.types import Absent, Band, Rate, Threshold


@pytest.mark.parametrize(
    ("condition", "value", "firing", "finding"),
    [
        (Threshold(above=2, clear=1), 2.1, False, "bad"),
        (Threshold(above=2, clear=1), 2.0, False, "fine"),
        (Threshold(above=2, clear=1), 1.5, True, "bad"),
        (Threshold(above=2, clear=1), 1.0, True, "fine"),
        (Threshold(above=2), 1.9, True, "fine"),
        (Threshold(below=0.9, clear=0.95), 0.89, False, "bad"),
        (Threshold(below=0.9, clear=0.95), 0.93, False, "fine"),
        (Threshold(below=0.9, clear=0.95), 0.93, True, "bad"),
        (Threshold(below=0.9, clear=0.95), 0.95, True, "fine"),
    ],
)
def test_a_threshold_has_two_edges(condition, value, firing, finding) -> None:
    assert judge(condition, "keep", Reading(value), firing=firing).finding == finding


@pytest.mark.parametrize(
    ("condition", "value", "before", "firing", "finding"),
    [
        (Rate(falls_by=0.4, clear=0.2), 5.9, 10.0, False, "bad"),
        (Rate(falls_by=0.4, clear=0.2), 6.1, 10.0, False, "fine"),
        (Rate(falls_by=0.4, clear=0.2), 7.0, 10.0, True, "bad"),
        (Rate(falls_by=0.4, clear=0.2), 8.1, 10.0, True, "fine"),
        (Rate(rises_by=0.5), 15.1, 10.0, False, "bad"),
        (Rate(rises_by=0.5), 14.9, 10.0, False, "fine"),
        (Rate(rises_by=0.5), 15.0, None, False, "fine"),
        (Rate(rises_by=0.5), 15.0, None, True, "unknown"),
        (Rate(rises_by=0.5), 15.0, 0.0, False, "fine"),
    ],
)
def test_a_rate_is_a_share_of_what_was(condition, value, before, firing, finding) -> None:
    assert judge(condition, "keep", Reading(value, before), firing=firing).finding == finding


def test_a_rates_limit_is_in_the_indicators_unit() -> None:
    verdict = judge(Rate(falls_by=0.4), "keep", Reading(5.0, 10.0), firing=False)
    assert (verdict.value, verdict.limit) == (5.0, 6.0)


WEEK = Band(side="below", every="week", periods=6, minimum=4, width=4, clear_width=3)


def test_a_band_says_nothing_without_enough_history() -> None:
    assert judge(WEEK, "keep", Reading(1.0, history=(100.0,) * 3), firing=False).finding == "fine"
    assert judge(WEEK, "keep", Reading(1.0, history=(100.0,) * 3), firing=True).finding == "unknown"


def test_a_band_is_not_moved_by_one_bad_week() -> None:
    usual = (100.0, 104.0, 98.0, 101.0, 97.0)
    assert judge(WEEK, "keep", Reading(70.0, history=usual), firing=False).finding == "bad"
    assert judge(WEEK, "keep", Reading(70.0, history=(*usual, 0.0)), firing=False).finding == "bad"
    assert judge(WEEK, "keep", Reading(96.0, history=(*usual, 0.0)), firing=False).finding == "fine"
    assert judge(WEEK, "keep", Reading(500.0, history=usual), firing=False).finding == "fine"


def test_a_bands_clear_edge_is_inside_of_it() -> None:
    edges, within = band((90.0, 100.0, 110.0, 100.0), 4, 0), band((90.0, 100.0, 110.0, 100.0), 3, 0)
    between = (edges.low + within.low) / 2
    reading = Reading(between, history=(90.0, 100.0, 110.0, 100.0))
    assert judge(WEEK, "keep", reading, firing=False).finding == "fine"
    assert judge(WEEK, "keep", reading, firing=True).finding == "bad"


def test_a_history_without_spread_has_a_band_all_the_same() -> None:
    assert band((100.0,) * 5, 4, 0).low == 95.0
    assert band((0.0,) * 5, 4, 2.0).high == 2.0


@pytest.mark.parametrize(("no_data", "finding"), [("ok", "fine"), ("keep", "unknown"), ("fire", "bad")])
def test_a_rule_says_what_no_data_means(no_data, finding) -> None:
    assert judge(Threshold(above=1), no_data, Reading(None), firing=True).finding == finding


def test_absence_is_bad_and_a_value_is_not() -> None:
    assert judge(Absent(), "fire", Reading(None), firing=False).finding == "bad"
    assert judge(Absent(), "fire", Reading(0.0), firing=True).finding == "fine"


@given(
    history=st.lists(st.floats(0, 1e9), min_size=4, max_size=28),
    value=st.floats(0, 1e9),
    firing=st.booleans(),
)
def test_what_fires_is_never_fine_where_it_would_not_have_been_bad_again(history, value, firing) -> None:
    """Hysteresis goes one way: whatever is bad for one that does not fire is bad for one that does."""
    both = Band(side="both", width=4, clear_width=3, minimum=4)
    if judge(both, "keep", Reading(value, history=history), firing=False).finding == "bad":
        assert judge(both, "keep", Reading(value, history=history), firing=True).finding == "bad"
