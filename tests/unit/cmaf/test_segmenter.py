"""Tracks agree on segment numbers whoever cuts first."""

from tidegate.media.cmaf.anchor import Anchor
from tidegate.media.cmaf.segmenter import Segmenter


def test_whoever_is_behind_takes_the_cuts_that_are_there() -> None:
    segmenter = Segmenter(Anchor(0.0, 0.0), 0.0, 0.0)
    leader = follower = segmenter.current
    for second in (1.0, 2.0, 3.0):
        leader = segmenter.cut(leader, second)
    assert segmenter.due(follower, 0.9) is follower
    assert segmenter.due(follower, 2.05).number == 2
    assert segmenter.cut(follower, 1.4).number == 2, "a cut less than a second ahead is the one it looks for"
    assert segmenter.cut(follower, -5.0).number == 1, "or else the next one"
    assert segmenter.cut(leader, 4.0).number == 4


def test_a_track_far_behind_joins_at_what_is_remembered() -> None:
    segmenter = Segmenter(Anchor(0.0, 0.0), 0.0, 0.0)
    leader = follower = segmenter.current
    for second in range(1, 200):
        leader = segmenter.cut(leader, float(second))
    assert segmenter.cut(follower, 3.0).number == 200 - 64
