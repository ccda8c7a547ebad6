"""The anchor: dates of media follow its arrival, not its jitter."""

import itertools

import pytest

from tidegate.media.cmaf.anchor import SLEW_S, Anchor

PARTS = 5


def play(anchor: Anchor, segments: int, delay_s: float, start_s: float = 0.0) -> list[float]:
    """One-second segments of parts that arrive `delay_s` after their time; the error after each."""
    errors = []
    for segment in range(segments):
        for part in range(PARTS):
            media_s = start_s + segment + part / PARTS
            anchor.observe(media_s + delay_s, media_s)
        anchor.turn()
        errors.append(anchor.offset_s - delay_s)
    return errors


def test_an_opening_burst_is_forgotten_within_seconds() -> None:
    anchor = Anchor(arrived_at=0.4, media_s=0.0)  # the first frame came with 0.4 s of others behind it
    errors = play(anchor, 16, delay_s=0.0)
    assert errors[0] == pytest.approx(0.3)
    assert errors == sorted(errors, reverse=True)
    assert errors[7] < 0.05
    assert errors[-1] < 2 * SLEW_S


def test_jitter_moves_dates_by_no_more_than_the_slew() -> None:
    anchor = Anchor(0.0, 0.0)
    offsets = []
    for segment in range(30):
        for part in range(PARTS):
            media_s = segment + part / PARTS
            anchor.observe(media_s + 0.05 * ((segment * 7 + part * 3) % 5) / 5, media_s)
        anchor.turn()
        offsets.append(anchor.offset_s)
    steps = [abs(b - a) for a, b in itertools.pairwise(offsets)]
    assert max(steps) <= SLEW_S + 1e-9


def test_a_path_that_became_slower_is_followed() -> None:
    anchor = Anchor(0.0, 0.0)
    play(anchor, 4, delay_s=0.0)
    errors = play(anchor, 40, delay_s=0.3, start_s=4.0)
    assert abs(errors[-1]) < 2 * SLEW_S
