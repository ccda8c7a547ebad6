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


def after_silence(anchor: Anchor, silence_s: float, pace: float, segments: int = 30) -> list[int]:
    """20 s of real time, a silence, then media that goes on where it stopped and comes at `pace` until it has caught up.

    Returns the numbers of the segments after it that moved dates at once.
    """
    now = media_s = 0.0
    for part in range(20 * PARTS):
        now = media_s = part / PARTS
        anchor.observe(now, media_s)
        if part % PARTS == PARTS - 1:
            assert not anchor.turn()
    now += silence_s
    moved = []
    for part in range(segments * PARTS):
        media_s += 1 / PARTS
        now = max(now + 1 / PARTS / pace, media_s)
        anchor.observe(now, media_s)
        if part % PARTS == PARTS // 2 and anchor.turn():
            moved.append(part // PARTS)
    return moved


def test_a_publisher_that_goes_on_where_it_stopped_moves_dates_once_and_soon() -> None:
    anchor = Anchor(0.0, 0.0)
    assert after_silence(anchor, 2.0, pace=1.0) == [0]
    assert anchor.offset_s == pytest.approx(2.0, abs=0.01)


def test_one_that_makes_up_for_it_slowly_moves_dates_once() -> None:
    """As ffmpeg does, a twentieth faster than real time."""
    anchor = Anchor(0.0, 0.0)
    assert after_silence(anchor, 2.0, pace=1.05, segments=90) == [0]
    assert abs(anchor.offset_s) < 0.1


@pytest.mark.parametrize("pace", [3.0, 1000.0])
def test_a_network_that_held_media_up_moves_nothing(pace: float) -> None:
    anchor = Anchor(0.0, 0.0)
    assert after_silence(anchor, 2.0, pace) == []
    assert abs(anchor.offset_s) < 0.1
