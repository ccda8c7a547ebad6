"""Tracks agree on segment numbers whoever cuts first."""

from tidegate.media.cmaf.anchor import Anchor
from tidegate.media.cmaf.segmenter import Segmenter


def test_whoever_is_behind_takes_the_cuts_that_are_there() -> None:
    segmenter = Segmenter(Anchor(0.0, 0.0), lambda: 0.0, 0.0)
    leader = follower = segmenter.current
    for second in (1.0, 2.0, 3.0):
        leader = segmenter.cut(leader, second)
    assert segmenter.due(follower, 0.9) is follower
    assert segmenter.due(follower, 2.05).number == 2
    assert segmenter.cut(follower, 1.4).number == 2, "a cut less than a second ahead is the one it looks for"
    assert segmenter.cut(follower, -5.0).number == 1, "or else the next one"
    assert segmenter.cut(leader, 4.0).number == 4


def test_a_track_far_behind_joins_at_what_is_remembered() -> None:
    segmenter = Segmenter(Anchor(0.0, 0.0), lambda: 0.0, 0.0)
    leader = follower = segmenter.current
    for second in range(1, 200):
        leader = segmenter.cut(leader, float(second))
    assert segmenter.cut(follower, 3.0).number == 200 - 64


def test_dates_follow_a_clock_that_was_set_once_it_stays_so() -> None:
    base = [1000.0]
    segmenter = Segmenter(Anchor(0.0, 0.0), lambda: base[0], 0.0)
    cut = segmenter.cut(segmenter.current, 1.0)
    assert cut.wall_s == 1000.0
    base[0] = 4600.0
    stepped = []
    for second in range(2, 12):
        cut = segmenter.cut(cut, float(second))
        stepped.append((segmenter.stepped, segmenter.clock_set, cut.wall_s))
    assert stepped[:7] == [(False, False, 1000.0)] * 7
    assert stepped[7] == (True, True, 4600.0)
    assert stepped[8:] == [(False, False, 4600.0)] * 2


def test_a_clock_set_back_and_forth_moves_nothing_and_a_steered_one_is_followed_gently() -> None:
    base = [1000.0]
    segmenter = Segmenter(Anchor(0.0, 0.0), lambda: base[0], 0.0)
    cut = segmenter.current
    for second in range(1, 40):
        base[0] = 1000.0 if second % 5 else 5000.0
        cut = segmenter.cut(cut, float(second))
        assert (segmenter.stepped, cut.wall_s) == (False, 1000.0)
    base[0] = 1000.1
    for second in range(40, 100):
        cut = segmenter.cut(cut, float(second))
    assert cut.wall_s == 1000.1
