"""Throughput estimated from transfers, whole and given up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.player.throughput import Throughput


def test_it_falls_quickly_and_rises_slowly() -> None:
    seen = Throughput()
    assert seen.bps == 0
    for _ in range(50):
        seen.add(125_000, 0.2)
    assert seen.bps == pytest.approx(5e6)
    for _ in range(5):
        seen.add(25_000, 0.2)
    fallen_by = 5e6 - seen.bps
    for _ in range(5):
        seen.add(125_000, 0.2)
    risen_by = seen.bps - (5e6 - fallen_by)
    assert 0 < risen_by < fallen_by


def test_small_parts_count_together() -> None:
    """Else a player that has gone down to a low rendition would never learn that it may go up again."""
    quick, slow = Throughput(), Throughput()
    for _ in range(60):
        quick.add(5_000, 0.001)
        slow.add(5_000, 0.2)
    assert quick.bps > 10e6
    assert slow.bps == pytest.approx(200_000)


def test_a_transfer_given_up_lowers_and_never_raises_the_estimate() -> None:
    nothing_known = Throughput()
    nothing_known.add_unfinished(75_000, 1.0)
    assert nothing_known.bps == pytest.approx(600_000)
    known = Throughput()
    known.add(125_000, 1.0)
    known.add_unfinished(75_000, 1.0)
    assert 600_000 <= known.bps < 1e6
    before = known.bps
    known.add_unfinished(10_000_000, 1.0)
    assert known.bps == before


def test_one_slow_second_is_outweighed_by_a_few_quick_ones() -> None:
    seen = Throughput()
    seen.add(200_000, 5.0)
    for _ in range(50):
        seen.add(75_000, 0.01)
    assert seen.bps > 20e6


@given(st.lists(st.tuples(st.integers(0, 10_000_000), st.floats(0, 60)), max_size=50))
def test_it_stays_within_what_was_seen(transfers: list[tuple[int, float]]) -> None:
    seen = Throughput()
    for size, transfer_s in transfers:
        seen.add(size, transfer_s)
    assert 0 <= seen.bps <= sum(size for size, _ in transfers) * 8 / 0.01 + 1
