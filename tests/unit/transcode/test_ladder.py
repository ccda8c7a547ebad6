"""Which rungs a source gets, and whether they fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.transcode.capacity import NoRoomError, Room, admit, corrected, cost_cores
from tidegate.media.transcode.ladder import KBPS_MIN, RUNGS_MAX, rungs_for, wishes
from tidegate.media.transcode.types import Calibration, LadderError, Rung, Source

USUAL = "1080p 720p 480p 360p"


def names(source: Source, text: str = USUAL) -> list[str]:
    return [rung.name for rung in rungs_for(source, text)]


def test_never_as_large_as_the_source() -> None:
    assert names(Source(1920, 1080, 30.0, 6000)) == ["720p", "480p", "360p"]
    assert names(Source(1280, 720, 30.0, 3000)) == ["480p", "360p"]
    assert names(Source(640, 360, 30.0, 800)) == []
    assert names(Source(3840, 2160, 30.0, 20_000)) == ["1080p", "720p", "480p", "360p"]


def test_shapes_are_kept_and_sizes_even() -> None:
    wide = rungs_for(Source(1920, 1080, 30.0, 6000), "720p 480p")
    assert [(r.width, r.height) for r in wide] == [(1280, 720), (854, 480)]
    (tall,) = rungs_for(Source(1080, 1920, 30.0, 6000), "720p")
    assert (tall.width, tall.height) == (720, 1280)
    (old,) = rungs_for(Source(768, 576, 25.0, 2000), "480p")
    assert (old.width, old.height) == (640, 480)


def test_bits_follow_the_wish_the_rate_and_the_source() -> None:
    (asked,) = rungs_for(Source(1920, 1080, 30.0, 6000), "720p@1800k")
    assert asked.kbps == 1800
    (usual,) = rungs_for(Source(1920, 1080, 30.0, 6000), "720p")
    (fast,) = rungs_for(Source(1920, 1080, 60.0, 9000), "720p")
    assert fast.kbps == usual.kbps * 1.5
    (poor,) = rungs_for(Source(1920, 1080, 30.0, 1000), "720p")
    assert poor.kbps == 800
    (unknown,) = rungs_for(Source(1920, 1080), "720p")
    assert unknown.kbps == usual.kbps


@given(
    st.integers(16, 8000), st.integers(16, 8000), st.floats(0, 240), st.floats(0, 100_000),
    st.lists(st.tuples(st.integers(10, 4000), st.integers(0, 50_000)), max_size=RUNGS_MAX, unique_by=lambda w: w[0]),
)  # fmt: skip
def test_any_ladder_is_below_its_source(
    width: int, height: int, fps: float, kbps: float, wanted: list[tuple[int, int]]
) -> None:
    text = " ".join(f"{side}p@{rate}" if rate >= 10 else f"{side}p" for side, rate in wanted)
    rungs = rungs_for(Source(width, height, fps, kbps), text)
    sides = [min(rung.width, rung.height) for rung in rungs]
    assert sides == sorted(sides, reverse=True)
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert min(rung.width, rung.height) < min(width, height)
        assert (rung.width >= rung.height) == (width >= height) or rung.width == rung.height
        assert rung.kbps <= max(KBPS_MIN, kbps * 0.8 + 1) or not kbps


@pytest.mark.parametrize("text", ["huge", "0p", "720", "720p@", "1p 720p@x", "720p;480p"])
def test_wishes_that_cannot_be_read(text: str) -> None:
    with pytest.raises(LadderError, match="no rung"):
        wishes(text)


def test_too_many_wishes() -> None:
    with pytest.raises(LadderError, match="holds 7 rungs"):
        wishes(" ".join(f"{side}p" for side in range(100, 800, 100)))


CALIBRATION = Calibration(decode_s=0.0015, encode_s=0.0085)
HD = Source(1920, 1080, 30.0, 6000)
RUNGS = (Rung("720p", 1280, 720, 2500), Rung("480p", 854, 480, 1200), Rung("360p", 640, 360, 700))


def test_a_ladder_costs_its_pixels() -> None:
    cost = cost_cores(HD, RUNGS, CALIBRATION, 1.0)
    assert 0.45 < cost < 0.55
    assert cost_cores(HD, RUNGS, CALIBRATION, 2.0) == pytest.approx(2 * cost)
    assert cost_cores(Source(1920, 1080), RUNGS, CALIBRATION, 1.0) == pytest.approx(cost), (
        "30 a second where unknown"
    )


def test_what_does_not_fit_is_refused_with_figures() -> None:
    admit(0.5, Room(1.2, 0.7), RUNGS)
    with pytest.raises(
        NoRoomError, match=r"720p, 480p, 360p needs about 0.50 of a core, and 0.20 of the 1.20"
    ) as refused:
        admit(0.5, Room(1.2, 1.0), RUNGS)
    assert "ladder.preset" in refused.value.hint
    assert Room(1.0, 5.0).free == 0.0


def test_estimates_learn_within_bounds() -> None:
    better = corrected(1.0, 0.5, 0.25)
    assert 0.5 < better < 1.0
    assert corrected(1.0, 0.0, 1.0) == 1.0
    worst = 1.0
    for _ in range(100):
        worst = corrected(worst, 0.01, 10.0)
    assert worst == 3.0
