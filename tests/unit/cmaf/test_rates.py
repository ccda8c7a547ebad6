"""Constant rates are found through millisecond rounding; irregular frames are called irregular."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.cmaf.rates import claimed_rate, detect_rate

NTSC = Fraction(1000, 1001)
RATES = [Fraction(n) for n in (1, 5, 10, 15, 20, 24, 25, 30, 48, 50, 60, 90, 120)] + [
    NTSC * n for n in (24, 30, 60)
]


def times(fps: Fraction, frames: int, start_ms: float = 0.0) -> list[int]:
    return [round(start_ms + index * 1000 / fps) * 1000 for index in range(frames)]


@pytest.mark.parametrize("fps", RATES)
@given(start_ms=st.floats(0, 1e6))
def test_a_claimed_rate_that_fits_is_taken(fps: Fraction, start_ms: float) -> None:
    rate = detect_rate(times(fps, max(3, round(fps / 5)), start_ms), float(fps))
    assert rate is not None
    assert rate.fps == fps
    assert not rate.ambiguous


@pytest.mark.parametrize("fps", RATES)
def test_a_rate_shows_without_a_claim_or_against_a_wrong_one(fps: Fraction) -> None:
    for claim in (0.0, float(fps * 2), float(fps / 2), 1000.0):
        rate = detect_rate(times(fps, max(3, round(fps / 5))), claim)
        assert rate is not None
        assert abs(rate.fps / fps - 1) < 0.002
        if rate.fps != fps:
            assert rate.ambiguous
            assert rate.sibling == fps


@given(
    st.lists(st.integers(1, 60), min_size=8, max_size=20).filter(lambda steps: max(steps) - min(steps) > 12)
)
def test_irregular_frames_have_no_rate(steps: list[int]) -> None:
    found, now = [0], 0
    for step in steps:
        now += step * 1000
        found.append(now)
    rate = detect_rate(found, 30.0)
    if rate is not None:  # only where every frame truly is within 2 ms of its place
        assert all(abs(t - i * 1e6 / float(rate.fps)) <= 2_000 for i, t in enumerate(found))


@pytest.mark.parametrize(
    ("text", "fps"),
    [(29.97, NTSC * 30), (29.97002997, NTSC * 30), (30.0, Fraction(30)), (23.976, NTSC * 24), (59.94, NTSC * 60),
     (25.0, Fraction(25)), (12.5, Fraction(25, 2)), (0.0, None), (1e9, None), (-5.0, None)],
)  # fmt: skip
def test_claims_mean_the_standard_rate_they_round(text: float, fps: Fraction | None) -> None:
    assert claimed_rate(text) == fps


@pytest.mark.parametrize(
    ("fps", "frames", "part_s"),
    [(Fraction(30), 6, 0.2), (Fraction(25), 5, 0.2), (Fraction(60), 12, 0.2), (NTSC * 30, 6, 0.2002),
     (NTSC * 24, 5, 0.208542), (Fraction(10), 2, 0.2), (Fraction(15), 3, 0.2), (Fraction(1), 1, 1.0)],
)  # fmt: skip
def test_a_part_is_a_whole_number_of_frames(fps: Fraction, frames: int, part_s: float) -> None:
    rate = detect_rate(times(fps, max(3, frames)), float(fps))
    assert rate is not None
    assert rate.part_frames(0.2) == frames
    assert rate.part_ticks(0.2) / 90_000 == pytest.approx(part_s, abs=2e-5)
