"""The buffer model, the playhead and the rate controller, with time as an argument."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.player.buffer import MAX_RANGES, TrackBuffer
from tidegate.media.player.playback import Playback
from tidegate.media.player.rate import RateController, RateLimits
from tidegate.media.player.timeline import Timeline

WALL = 1_700_000_000.0


def playback(*tracks: tuple[float, float]) -> tuple[Playback, list[TrackBuffer]]:
    made = Playback(0.0, RateController(RateLimits()))
    made.timeline.place(0, WALL, None)
    buffers = [made.add_track() for _ in tracks]
    for buffer, (start, end) in zip(buffers, tracks, strict=True):
        buffer.append(start, end)
    made.fed(0.1)
    return made, buffers


def test_it_starts_when_every_track_has_enough() -> None:
    made, buffers = playback((0.0, 1.0), (0.0, 0.05))
    assert made.state == "joining"
    buffers[1].append(0.05, 0.2)
    made.fed(0.3)
    assert made.state == "playing"
    assert made.startup_s == pytest.approx(0.3)


def test_it_starts_later_where_more_is_asked_for_ahead() -> None:
    made = Playback(0.0, RateController(RateLimits()))
    buffer = made.add_track()
    made.want(0.0, 0.4)
    buffer.append(0.0, 0.2)
    made.fed(0.2)
    assert made.state == "joining"
    buffer.append(0.2, 0.4)
    made.fed(0.4)
    assert made.state == "playing"


def test_it_stops_at_the_instant_the_buffer_runs_dry_however_late_that_is_seen() -> None:
    made, buffers = playback((0.0, 1.0))
    made.advance(3.1, WALL + 3.1)
    assert made.state == "stalled"
    assert made.rebuffers == 1
    assert made.rebuffer_s == pytest.approx(2.0)
    made.advance(3.6, WALL + 3.6)
    buffers[0].append(1.0, 2.0)
    made.fed(3.6)
    assert made.state == "playing"
    assert made.rebuffer_s == pytest.approx(2.5)


def test_latency_is_wall_clock_minus_date_at_the_playhead() -> None:
    made, _ = playback((0.0, 10.0))
    made.advance(2.1, WALL + 2.7)
    assert made.latency_s(WALL + 2.7) == pytest.approx(0.7)


def test_a_hole_that_will_never_be_filled_is_skipped() -> None:
    made, buffers = playback((0.0, 1.0))
    buffers[0].append(3.0, 5.0)
    made.advance(2.1, WALL + 2.1)
    assert made.state == "playing"
    assert made.rebuffers == 0
    assert made.buffered_s == pytest.approx(1.0, abs=0.01)


def stalled(*tracks: tuple[float, float]) -> tuple[Playback, list[TrackBuffer]]:
    """Waiting for media, long after what there is of one track has been played."""
    made, buffers = playback(*tracks)
    made.advance(9.0, WALL + 9.0)
    assert made.state == "stalled"
    return made, buffers


def test_it_goes_on_where_one_tracks_media_begins_in_the_hole_of_another() -> None:
    made, (video, audio) = stalled((0.0, 1.05), (0.0, 1.0))
    audio.append(3.0, 8.0)
    video.append(3.3, 8.0)
    made.fed(9.5)
    assert made.state == "playing"
    assert made.buffered_s == pytest.approx(4.7)


def test_it_goes_on_where_too_little_is_left_before_a_hole() -> None:
    made, (video, audio) = stalled((0.0, 1.05), (0.0, 1.0))
    audio.append(1.0, 1.04)
    made.fed(9.2)
    assert made.state == "stalled"
    audio.append(3.0, 8.0)
    video.append(3.0, 8.0)
    made.fed(9.5)
    assert made.state == "playing"


@given(
    st.lists(st.tuples(st.sampled_from([0, 1]), st.floats(1.0, 6.0), st.floats(0.001, 1.0)), max_size=20),
    st.floats(1.0, 2.0),
)
def test_whatever_is_missing_it_goes_on_once_both_tracks_have_media_again(
    pieces: list[tuple[int, float, float]], ends: float
) -> None:
    made, buffers = stalled((0.0, 1.0), (0.0, ends))
    for track, start, length in pieces:
        buffers[track].append(start, start + length)
        made.fed(9.0)
    for buffer in buffers:
        buffer.append(10.0, 30.0)
    made.fed(9.5)
    assert made.state == "playing"


def test_it_ends_when_complete_tracks_are_played_out() -> None:
    made, buffers = playback((0.0, 1.0), (0.0, 0.98))
    for buffer in buffers:
        buffer.complete = True
    made.advance(2.0, WALL + 2.0)
    assert made.state == "ended"
    assert made.rebuffers == 0


def test_after_a_discontinuity_media_plays_on_without_a_hole_and_tracks_stay_together() -> None:
    timeline = Timeline()
    assert timeline.place(0, WALL, None) == 0.0
    assert timeline.place(0, WALL - 0.4, None) == pytest.approx(-0.4)
    assert timeline.place(1, WALL + 60, 5.0) == pytest.approx(5.0)
    assert timeline.place(1, WALL + 60.02, 4.9) == pytest.approx(5.02)
    assert timeline.wall(4.0) == pytest.approx(WALL + 4)
    assert timeline.wall(6.0) == pytest.approx(WALL + 61)


def test_dates_that_step_back_go_on_where_media_ended() -> None:
    timeline = Timeline()
    timeline.place(0, WALL, None)
    assert timeline.place(0, WALL - 30, 5.0) == 5.0
    assert timeline.place(0, WALL - 29, 6.0) == pytest.approx(6.0)
    assert timeline.place(0, WALL - 29.98, 5.02) == pytest.approx(5.02)
    assert timeline.wall(6.0) == pytest.approx(WALL - 29)


def test_without_dates_media_follows_what_came_before() -> None:
    timeline = Timeline()
    assert timeline.place(0, None, None) == 0.0
    assert timeline.place(0, None, 2.0) == 2.0
    assert timeline.wall(1.0) is None


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 3)), max_size=60), st.floats(0, 60))
def test_ranges_stay_in_order_apart_and_bounded(spans: list[tuple[float, float]], at: float) -> None:
    buffer = TrackBuffer()
    for start, length in spans:
        buffer.append(start, start + length)
        if length > 1e-9:
            assert buffer.ahead(start) >= length - 1e-6
    ranges = buffer._ranges
    assert len(ranges) <= MAX_RANGES
    assert all(before[1] < after[0] for before, after in pairwise(ranges))
    assert buffer.ahead(at) >= 0.0
    following = buffer.next_start(at)
    assert following is None or following >= at


def reading(control: RateController, latency_s: float | None, buffer_s: float, now_s: float = 0.0) -> float:
    return control.update(now_s, latency_s, buffer_s, edge_moving=True)[0]


def test_the_rate_law_is_the_watch_pages() -> None:
    control = RateController(RateLimits())
    assert reading(control, 0.65, 0.45) == 1.0
    assert reading(control, 0.9, 0.45) == 1.05
    assert reading(control, 0.66, 0.45) == 1.05
    assert reading(control, 0.64, 0.45) == 1.0
    assert reading(control, 2.0, 0.3) == 1.0
    assert reading(control, 0.65, 0.05) == 0.97
    assert reading(RateController(RateLimits()), 0.4, 0.3) == 0.97
    assert reading(control, None, 0.01) == 1.0


def test_it_jumps_once_when_far_behind_and_only_while_there_is_somewhere_to_go() -> None:
    control = RateController(RateLimits())
    assert control.update(0.0, 7.0, 0.45, edge_moving=True) == (1.0, True)
    assert control.update(1.0, 7.0, 0.45, edge_moving=True) == (1.0, False)
    assert control.update(4.0, 7.0, 0.45, edge_moving=True) == (1.0, True)
    assert control.update(9.0, 60.0, 0.45, edge_moving=False) == (1.0, False)


def test_stalls_move_the_target_back_and_time_forgives_them() -> None:
    control = RateController(RateLimits())
    for _ in range(50):
        control.stalled(0.0)
    assert control.target_s == pytest.approx(2.0)
    for step in range(1, 15):
        reading(control, 0.65, 0.45, 30.0 * step)
    assert control.target_s == pytest.approx(0.65)


def test_it_settles_at_the_target_in_a_simulated_stream_of_200_ms_parts() -> None:
    made = Playback(0.0, RateController(RateLimits()))
    made.timeline.place(0, WALL, None)
    buffer = made.add_track()
    seen = []
    for tick in range(1200):
        now = tick * 0.05
        parts = int((now - 0.03) / 0.2 + 1e-9)
        made.advance(now, WALL + now - 1.0)
        buffer.append(0.0, parts * 0.2 - 1.0)
        made.fed(now)
        if tick > 900:
            seen.append(made.latency_s(WALL + now - 1.0))
    assert made.state == "playing"
    assert made.rebuffers <= 1
    assert all(abs(latency - 0.65) < 0.2 for latency in seen)
