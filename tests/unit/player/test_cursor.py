"""Where a player begins, and what it fetches next."""

import pytest

from tidegate.media.player.cursor import (
    Position,
    hinted,
    hold_back_s,
    live_start,
    normal,
    pieces_from,
    resume_at,
)
from tidegate.media.player.playlist import MediaPlaylist, parse_media


def live(
    segments: int = 6, open_parts: int = 2, *, keyframe_every: int = 5, ended: bool = False
) -> MediaPlaylist:
    """Segments of five parts of 0.2 s from MSN 40; the last one is open."""
    lines = [
        "#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:40",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6", "#EXT-X-PART-INF:PART-TARGET=0.2",
        "#EXT-X-PROGRAM-DATE-TIME:2025-01-01T00:00:00Z",
    ]  # fmt: skip
    number = 0
    for index in range(segments + 1):
        count = 5 if index < segments else open_parts
        for _ in range(count):
            if index >= segments - 3:
                independent = ",INDEPENDENT=YES" if number % keyframe_every == 0 else ""
                lines.append(f'#EXT-X-PART:DURATION=0.2,URI="part-{number}.m4s"{independent}')
            number += 1
        if index < segments:
            lines += ["#EXTINF:1.0,", f"seg-{40 + index}.m4s"]
    lines.append("#EXT-X-ENDLIST" if ended else f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-{number}.m4s"')
    return parse_media("\n".join(lines))


def test_it_begins_at_the_last_keyframe_that_is_far_enough_from_the_end() -> None:
    position, into_s = live_start(live(open_parts=2))  # the end is 0.4 s into MSN 46
    assert position == Position(45, 0)
    assert into_s == pytest.approx(1.4 - 0.6)
    assert live_start(live(open_parts=4))[0] == Position(46, 0)


def test_it_begins_within_a_segment_where_there_are_more_keyframes() -> None:
    position, into_s = live_start(live(open_parts=2, keyframe_every=1))
    assert position == Position(45, 4)
    assert into_s == pytest.approx(0.0)


def test_a_broadcast_that_has_just_begun_is_short_of_its_hold_back() -> None:
    position, into_s = live_start(live(segments=0, open_parts=2))
    assert position == Position(40, 0)
    assert into_s == pytest.approx(0.4 - 0.6)


def test_without_parts_it_begins_three_target_durations_from_the_end() -> None:
    text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n" + "".join(f"#EXTINF:2,\n{n}.ts\n" for n in range(10))
    playlist = parse_media(text)
    assert hold_back_s(playlist) == 6
    assert live_start(playlist) == (Position(7, 0), 0.0)


def test_an_ended_playlist_is_played_from_its_beginning() -> None:
    assert live_start(live(ended=True)) == (Position(40, 0), 0.0)


def test_complete_segments_are_taken_whole_and_the_open_one_by_parts() -> None:
    pieces = pieces_from(live(open_parts=2), Position(44, 0))
    assert [piece.resource.uri for piece in pieces] == [
        "seg-44.m4s",
        "seg-45.m4s",
        "part-30.m4s",
        "part-31.m4s",
    ]
    assert pieces[-1].next == (46, 2)
    assert pieces[1].next == (46, 0)


def test_a_segment_entered_in_the_middle_goes_on_by_parts() -> None:
    pieces = pieces_from(live(open_parts=1), Position(45, 3))
    assert [piece.resource.uri for piece in pieces] == ["part-28.m4s", "part-29.m4s", "part-30.m4s"]
    starts = [piece.pdt - pieces[0].pdt for piece in pieces]
    assert starts == pytest.approx([0.0, 0.2, 0.4])


def test_a_segment_whose_parts_are_gone_is_taken_whole() -> None:
    assert pieces_from(live(), Position(41, 3))[0].resource.uri == "seg-41.m4s"


def test_the_hint_counts_only_at_the_very_end() -> None:
    playlist = live(open_parts=2)
    hint = hinted(playlist, Position(46, 2))
    assert hint is not None
    assert hint.uri == "part-32.m4s"
    assert hinted(playlist, Position(46, 1)) is None


def test_the_position_behind_a_complete_segment_is_the_next_ones_beginning() -> None:
    assert normal(live(open_parts=0), Position(45, 5)) == Position(46, 0)
    assert normal(live(open_parts=2), Position(46, 2)) == Position(46, 2)


def test_another_rendition_is_joined_at_the_next_keyframe() -> None:
    playlist = live(open_parts=2)
    at = playlist.segments[5].pdt
    assert at is not None
    assert resume_at(playlist, at) == Position(45, 0)
    assert resume_at(playlist, at + 0.2) == Position(46, 0)
    assert resume_at(playlist, at + 1.4) is None
