"""Frame numbers made into a verdict: what is missing, repeated, reordered, and what explains it."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.player.types import Place
from tidegate.media.verify.ledger import FAULTS_MAX, Ledger
from tidegate.media.verify.types import Fault, FrameReport

PLACE = Place(7, 2, 0, "")


def verdict(*numbers: int | str | None) -> FrameReport:
    """A report of frames, None for one without a strip, a word for a break."""
    return ledger(numbers).report()


def ledger(numbers: Iterable[int | str | None]) -> Ledger:
    made = Ledger()
    for number in numbers:
        if isinstance(number, str):
            made.break_(number)
        else:
            made.frame(number, PLACE)
    return made


@given(st.integers(0, 2**32 - 1), st.integers(1, 300))
def test_consecutive_numbers_are_continuous_over_the_wrap(first: int, count: int) -> None:
    report = verdict(*((first + index) % 2**32 for index in range(count)))
    assert report.continuous
    assert (report.frames, report.missing, report.repeated, report.reordered) == (count, 0, 0, 0)
    assert (report.first, report.last) == (first, (first + count - 1) % 2**32)


def test_missing_frames_are_told_with_their_place() -> None:
    report = verdict(10, 11, 14, 15)
    assert not report.continuous
    assert report.faults == (Fault("missing", 12, 2, "", 7, 2),)
    assert report.unexplained_missing == 2


def test_a_discontinuity_explains_what_is_missing_or_comes_again() -> None:
    report = verdict(10, 11, "discontinuity", 20, 21, "discontinuity", 18, 19, 20, 21, 22)
    assert report.continuous
    assert (report.missing, report.repeated, report.discontinuities) == (8, 2, 2)
    assert [(fault.kind, fault.count, fault.explained) for fault in report.faults] == [
        ("missing", 8, "discontinuity"),
        ("reordered", 2, "discontinuity"),
        ("repeated", 2, "discontinuity"),
    ]


def test_an_explanation_ends_where_the_count_goes_on() -> None:
    report = verdict(10, "discontinuity", 12, 13, 15)
    assert (report.missing, report.unexplained_missing) == (2, 1)


def test_repeated_and_reordered_frames_without_a_break() -> None:
    assert verdict(1, 2, 2, 3).unexplained_repeated == 1
    report = verdict(5, 8, 7, 9)
    assert (report.unexplained_missing, report.unexplained_reordered) == (2, 1)


def test_a_source_that_counts_anew_after_a_break_is_a_restart() -> None:
    report = verdict(100_000, "discontinuity", 1, 2, 3)
    assert report.continuous
    assert (report.restarts, report.missing, report.reordered) == (1, 0, 0)


def test_frames_without_a_strip_are_counted_and_leave_the_explanation_standing() -> None:
    report = verdict(1, 2, "discontinuity", None, None, "discontinuity", 60)
    assert (report.unreadable, report.missing, report.unexplained_missing) == (2, 57, 0)
    assert not verdict(None, None).continuous, "nothing was proven"


def test_pieces_not_decoded_or_not_looked_at_are_no_proof() -> None:
    for name in ("undecodable", "left_out"):
        made = ledger([1, 2, 3])
        setattr(made, name, 1)
        assert not made.report().continuous


@pytest.mark.parametrize("faults", [5, 500])
def test_faults_are_bounded_and_still_counted(faults: int) -> None:
    report = verdict(*range(0, 3 * faults + 1, 3))
    assert report.missing == 2 * faults
    assert len(report.faults) == min(faults, FAULTS_MAX)
