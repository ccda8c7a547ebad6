"""How far a playlist reaches, and when the newest one is surely current."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin_rig import Rig
from tidegate.core.delivery import LiveResponse
from tidegate.media.edge.answers import Answer, answer_of
from tidegate.media.edge.deltas import completed
from tidegate.media.edge.playlists import NewestPlaylists, version_of
from tidegate.media.edge.targets import parse_target
from tidegate.media.origin.service import OriginConfig
from tidegate.media.player.playlist import parse_media

PATH = "demo/video/index.m3u8"


def playlist(first: int, segments: int, parts: int, skipped: int = 0) -> bytes:
    lines = ["#EXTM3U", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    if skipped:
        lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
    for number in range(first + skipped, first + segments):
        lines += [f'#EXT-X-PART:DURATION=0.2,URI="a{number}"', "#EXTINF:1.0,", f"s{number}"]
    lines += [f'#EXT-X-PART:DURATION=0.2,URI="b{number}"' for number in range(parts)]
    return "\n".join(lines).encode()


def answer(body: bytes) -> Answer:
    return answer_of(LiveResponse(200, (), body), 0.0)


@given(st.integers(0, 10**9), st.integers(0, 20), st.integers(0, 10), st.data())
def test_version_counts_segments_and_trailing_parts(
    first: int, segments: int, parts: int, data: st.DataObject
) -> None:
    skipped = data.draw(st.integers(0, segments))
    assert version_of(playlist(first, segments, parts, skipped)) == (first + segments, parts)


@pytest.mark.parametrize(
    "body", [b"", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na", playlist(0, 1, 1) + b"\n#EXT-X-ENDLIST"]
)
def test_only_live_media_playlists_have_a_version(body: bytes) -> None:
    assert version_of(body) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_it(body: bytes) -> None:
    version_of(b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n" + body)


def test_current_only_while_the_next_version_is_asked_for() -> None:
    newest = NewestPlaylists(10)
    seen = answer(playlist(0, 3, 2))
    newest.saw(parse_target(PATH), seen, 0.0, 0.1)
    plain = parse_target(PATH)
    assert newest.current(plain, {}) is None
    assert newest.current(plain, {f"{PATH}?_HLS_msn=3&_HLS_part=1"}) is None
    for waiting in ("", "&_HLS_skip=YES", "&_HLS_skip=v2"):
        assert newest.current(plain, {f"{PATH}?_HLS_msn=3&_HLS_part=2{waiting}"}) is seen


def test_answers_what_it_reaches() -> None:
    newest = NewestPlaylists(10)
    seen = answer(playlist(0, 3, 2))
    newest.saw(parse_target(PATH), seen, 0.0, 0.1)
    asked = {f"{PATH}?_HLS_msn=3&_HLS_part=2"}

    def reached(query: str) -> bool:
        return newest.current(parse_target(f"{PATH}?{query}"), asked) is seen

    assert reached("_HLS_msn=2")
    assert reached("_HLS_msn=3&_HLS_part=1")
    assert reached("_HLS_msn=1&_HLS_part=9")
    assert not reached("_HLS_msn=3")
    assert not reached("_HLS_msn=3&_HLS_part=2")
    assert not reached("_HLS_part=0")
    assert not reached("_HLS_msn=2&_HLS_skip=YES")


def test_a_delta_update_makes_the_older_whole_playlist_unfit() -> None:
    newest = NewestPlaylists(10)
    newest.saw(parse_target(PATH), answer(playlist(0, 3, 1)), 0.0, 0.1)
    newest.saw(parse_target(f"{PATH}?_HLS_skip=YES"), answer(playlist(0, 3, 2, skipped=2)), 0.2, 0.3)
    asked = {f"{PATH}?_HLS_msn=3&_HLS_part=2&_HLS_skip=YES"}
    assert newest.current(parse_target(PATH), asked) is None
    whole = answer(playlist(0, 3, 2))
    newest.saw(parse_target(PATH), whole, 0.4, 0.5)
    assert newest.current(parse_target(PATH), asked) is whole


def test_an_overtaken_answer_does_not_turn_time_back_but_a_new_broadcast_does() -> None:
    newest = NewestPlaylists(10)
    new, old, restarted = answer(playlist(0, 9, 0)), answer(playlist(0, 8, 4)), answer(playlist(0, 0, 1))
    plain, asked = parse_target(PATH), {f"{PATH}?_HLS_msn=9&_HLS_part=0", f"{PATH}?_HLS_msn=0&_HLS_part=1"}
    newest.saw(plain, new, asked_at=1.0, now=2.0)
    newest.saw(plain, old, asked_at=1.5, now=2.1)
    assert newest.current(plain, asked) is new
    newest.saw(plain, restarted, asked_at=3.0, now=3.1)
    assert newest.current(plain, asked) is restarted


def session(body: bytes, name: bytes) -> bytes:
    return body.replace(b'URI="', b'URI="part-%s-1.m4s#' % name)


def test_what_a_session_listed_before_is_old_and_what_a_new_one_lists_is_not() -> None:
    newest, plain = NewestPlaylists(10, stands_in_s=30), parse_target(PATH)
    seen = answer(session(playlist(5, 4, 2), b"b") + session(playlist(0, 1, 0), b"a"))
    newest.saw(plain, seen, 0.0, 1.0)
    for before in (session(playlist(5, 3, 1), b"b"), session(playlist(0, 4, 4), b"a")):
        assert newest.is_old(plain, before, 2.0)
        assert not newest.is_old(plain, before, 31.1), "an origin that stays there is believed in the end"
    assert not newest.is_old(plain, session(playlist(0, 1, 1), b"c"), 2.0)
    assert not newest.is_old(plain, session(playlist(9, 3, 1), b"b"), 2.0)
    assert not newest.is_old(plain, seen.body, 2.0)
    assert not newest.is_old(parse_target("other/video/index.m3u8"), playlist(0, 1, 1), 2.0)
    assert newest.instead(plain, 2.0, 0.0) is seen
    assert newest.instead(plain, 31.1, 0.0) is None


@given(st.integers(0, 9), st.integers(1, 12), st.integers(0, 6), st.integers(0, 9), st.data())
def test_a_delta_update_is_made_whole(
    first: int, segments: int, more: int, left: int, data: st.DataObject
) -> None:
    end, left = first + segments + more, min(left, segments)
    length = end - first - left
    skipped = data.draw(st.integers(1, max(1, length)))
    delta, whole = playlist(first + left, length, 2, skipped), playlist(first, segments, 1)
    made = completed(delta, whole)
    if left + skipped <= segments and skipped <= length:
        assert made is not None
        assert made.replace(b"\n", b"") == playlist(first + left, length, 2).replace(b"\n", b"")
    elif left + skipped > segments:
        assert made is None


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_break_completing(delta: bytes, whole: bytes) -> None:
    completed(
        b"#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n" + delta,
        b"#EXT-X-MEDIA-SEQUENCE:0\n" + whole,
    )


def test_is_bounded_and_forgets_ended_ones() -> None:
    newest = NewestPlaylists(3)
    for number in range(10):
        newest.saw(parse_target(f"c{number}/v/index.m3u8"), answer(playlist(0, 1, 1)), 0.0, 0.1)
    assert len(newest) == 3
    newest.saw(parse_target("c9/v/index.m3u8"), answer(playlist(0, 1, 1) + b"\n#EXT-X-ENDLIST"), 0.2, 0.3)
    assert len(newest) == 2


async def test_an_origins_delta_update_is_made_whole(tmp_path: Path) -> None:
    rig = Rig(tmp_path, OriginConfig(window_s=20))
    publisher = rig.publish()
    await publisher.play(24.1)
    before = rig.now(PATH).body
    await publisher.play(3.3, start=24.1)
    delta, after = rig.now(f"{PATH}?_HLS_skip=YES").body, rig.now(PATH).body
    assert b"#EXT-X-SKIP:" in delta
    made = completed(delta, before)
    assert made is not None
    ours, theirs = parse_media(made.decode(), None), parse_media(after.decode(), None)
    assert [each.resource for each in ours.segments] == [each.resource for each in theirs.segments]
    assert (version_of(made), ours.segments[0]) == (version_of(after), theirs.segments[0])
    await rig.stop()
