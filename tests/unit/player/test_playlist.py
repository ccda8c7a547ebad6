"""Media playlists: Apple-style and our own are read right, and no text at all breaks the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.player.playlist import MediaPlaylist, PlaylistError, Resource, parse_media

APPLE_LOW_LATENCY = """#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-VERSION:6
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=12.0
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z
#EXTINF:4.00008,
fileSequence266.mp4
#EXTINF:4.00008,
fileSequence267.mp4
#EXT-X-PART:DURATION=0.33334,URI="filePart271.0.mp4",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33334,URI="filePart271.1.mp4"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="filePart271.2.mp4"

#EXT-X-RENDITION-REPORT:URI="../1M/waitForMSN.php",LAST-MSN=273,LAST-PART=2
#EXT-X-RENDITION-REPORT:URI="../4M/waitForMSN.php",LAST-MSN=273,LAST-PART=1
"""


def test_apples_low_latency_example_is_read_right() -> None:
    playlist = parse_media(APPLE_LOW_LATENCY)
    assert playlist.target_duration_s == 4
    assert playlist.can_block_reload
    assert playlist.part_hold_back_s == 1.0
    assert playlist.skip_until_s == 12.0
    assert playlist.part_target_s == pytest.approx(0.33334)
    assert [segment.msn for segment in playlist.segments] == [266, 267, 268]
    assert [segment.resource is None for segment in playlist.segments] == [False, False, True]
    assert [part.independent for part in playlist.segments[2].parts] == [True, False]
    assert playlist.next_part == (268, 2)
    assert playlist.hint is not None
    assert playlist.hint.resource.uri == "filePart271.2.mp4"
    assert playlist.reports == {"../1M/waitForMSN.php": (273, 2), "../4M/waitForMSN.php": (273, 1)}
    assert not playlist.ended


def test_dates_run_on_through_segments_that_have_none() -> None:
    playlist = parse_media(APPLE_LOW_LATENCY)
    first = playlist.segments[0].pdt
    assert first == pytest.approx(1550110416.106)
    assert playlist.segments[1].pdt == pytest.approx(first + 4.00008)
    assert playlist.end_pdt == pytest.approx(first + 2 * 4.00008 + 2 * 0.33334)


def test_discontinuities_maps_gaps_and_byte_ranges() -> None:
    playlist = parse_media(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
        '#EXT-X-MAP:URI="a.mp4",BYTERANGE="100@0"\n'
        "#EXTINF:2,\n#EXT-X-BYTERANGE:500@100\nmedia.mp4\n"
        "#EXTINF:2,\n#EXT-X-BYTERANGE:400\nmedia.mp4\n"
        '#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="b.mp4"\n'
        "#EXT-X-GAP\n#EXTINF:1.5,\nlost.mp4\n#EXT-X-ENDLIST\n"
    )
    one, two, three = playlist.segments
    assert (one.discontinuity, two.discontinuity, three.discontinuity) == (3, 3, 4)
    assert one.init == two.init == Resource("a.mp4", 0, 100)
    assert three.init == Resource("b.mp4")
    assert one.resource == Resource("media.mp4", 100, 500)
    assert two.resource == Resource("media.mp4", 600, 400)
    assert (two.gap, three.gap) == (False, True)
    assert playlist.ended


def test_a_delta_update_is_completed_from_the_playlist_before_it() -> None:
    before = parse_media(_live(range(10, 20), parts_from=18))
    delta = (
        _head(11)
        + "#EXT-X-SKIP:SKIPPED-SEGMENTS=6\n"
        + "".join(f"#EXTINF:1.0,\nseg-{n}.m4s\n" for n in range(17, 21))
    )
    after = parse_media(delta, before)
    assert [segment.msn for segment in after.segments] == list(range(11, 21))
    assert after.segments[:6] == before.segments[1:7]
    assert after.segments[6].init == Resource("init.mp4")
    assert after.segments[-1].pdt == pytest.approx(before.segments[0].pdt + 10)


@pytest.mark.parametrize("skipped", [1, 9, 10**17])
def test_a_delta_update_that_does_not_fit_is_refused(skipped: int) -> None:
    before = parse_media(_live(range(30, 34), parts_from=40))
    with pytest.raises(PlaylistError, match="skips segments"):
        parse_media(f"{_head(11)}#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n", before)


def test_what_is_no_playlist_is_refused() -> None:
    for text in ("", "<html>", "\n#EXTM3U", "EXTM3U"):
        with pytest.raises(PlaylistError, match="#EXTM3U"):
            parse_media(text)


def test_a_byte_order_mark_and_carriage_returns_do_no_harm() -> None:
    assert len(parse_media("\ufeff" + APPLE_LOW_LATENCY.replace("\n", "\r\n")).segments) == 3


LINES = st.sampled_from(
    [
        *APPLE_LOW_LATENCY.splitlines(),
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=2",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=99999999999999999999",
        "#EXT-X-GAP",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-ENDLIST",
        "#EXTINF:",
        "#EXTINF:nan,",
        "#EXTINF:1e999,",
        "#EXTINF:-4,",
        "#EXT-X-MEDIA-SEQUENCE:-1",
        "#EXT-X-MEDIA-SEQUENCE:9999999999999999999999",
        '#EXT-X-PART:DURATION=inf,URI="x"',
        "#EXT-X-PART:URI=",
        "#EXT-X-BYTERANGE:5@",
        '#EXT-X-MAP:URI="',
        "#EXT-X-PROGRAM-DATE-TIME:9999-99-99T99:99:99Z",
        "#EXT-X-PROGRAM-DATE-TIME:0001-01-01T00:00:00+14:00",
    ]
)
BROKEN = st.one_of(
    st.text(max_size=400),
    st.lists(st.one_of(LINES, st.text(max_size=60)), max_size=40).map(
        lambda lines: "#EXTM3U\n" + "\n".join(lines)
    ),
)


@given(text=BROKEN, before=st.one_of(st.none(), BROKEN))
def test_any_text_reads_or_is_refused(text: str, before: str | None) -> None:
    base = _read(before, None) if before is not None else None
    playlist = _read(text, base)
    if playlist is None:
        return
    assert [s.msn for s in playlist.segments] == [
        playlist.media_sequence + index for index in range(len(playlist.segments))
    ]
    assert all(0 <= segment.duration_s <= 1e15 for segment in playlist.segments)
    assert all(s.resource is not None for s in playlist.segments[:-1])
    assert playlist.next_part >= (playlist.media_sequence, 0)


def _read(text: str, base: MediaPlaylist | None) -> MediaPlaylist | None:
    try:
        return parse_media(text, base)
    except PlaylistError:
        return None


def _head(msn: int) -> str:
    return (
        f"#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{msn}\n"
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6,CAN-SKIP-UNTIL=6\n"
        "#EXT-X-PART-INF:PART-TARGET=0.2\n"
    )


def _live(msns: range, parts_from: int) -> str:
    text = _head(msns[0]) + '#EXT-X-MAP:URI="init.mp4"\n#EXT-X-PROGRAM-DATE-TIME:2025-01-01T00:00:00.000Z\n'
    for msn in msns:
        if msn >= parts_from:
            text += "".join(f'#EXT-X-PART:DURATION=0.2,URI="part-{msn}-{k}.m4s"\n' for k in range(5))
        text += f"#EXTINF:1.0,\nseg-{msn}.m4s\n"
    return text
