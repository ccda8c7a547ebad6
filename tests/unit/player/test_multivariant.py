"""Multivariant playlists and addresses."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.player.address import parse_address, resolve, with_query
from tidegate.media.player.attributes import attributes, byte_range, date_time, decimal, integer
from tidegate.media.player.multivariant import is_multivariant, parse_multivariant
from tidegate.media.player.playlist import PlaylistError
from tidegate.media.player.types import PlayerError

LADDER = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",DEFAULT=YES,AUTOSELECT=YES,URI="a/en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Suomi",URI="a/fi.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",URI="s/en.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=5000000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,AUDIO="aac"
1080/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=640x360,AUDIO="aac"
360/index.m3u8
"""


def test_variants_come_by_rising_bandwidth_with_their_audio() -> None:
    found = parse_multivariant(LADDER)
    assert [variant.uri for variant in found.variants] == ["360/index.m3u8", "1080/index.m3u8"]
    assert found.variants[1].label == "1920x1080 5000k"
    audio = found.audio_of(found.variants[0])
    assert audio is not None
    assert (audio.name, audio.uri) == ("English", "a/en.m3u8")


def test_sound_alone_is_no_choice_where_there_are_pictures() -> None:
    sound = '#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.2",AUDIO="aac"\na/en.m3u8\n'
    assert len(parse_multivariant(LADDER + sound).variants) == 2
    assert [each.uri for each in parse_multivariant(f"#EXTM3U\n{sound}").variants] == ["a/en.m3u8"]


def test_a_variant_without_an_audio_group_has_its_audio_muxed() -> None:
    found = parse_multivariant("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n")
    assert found.audio_of(found.variants[0]) is None


@given(st.text(max_size=300))
def test_any_text_reads_or_is_refused(text: str) -> None:
    for whole in (text, f"#EXTM3U\n#EXT-X-STREAM-INF:{text}"):
        is_multivariant(whole)
        with suppress(PlaylistError):
            assert parse_multivariant(whole).variants


@given(st.text(max_size=200))
def test_values_of_any_text_stay_within_bounds(text: str) -> None:
    assert isinstance(attributes(text), dict)
    assert 0 <= decimal(text) <= 1e12
    assert 0 <= integer(text) < 10**18
    assert date_time(text) is None or isinstance(date_time(text), float)
    assert byte_range(text) is None or byte_range(text)[0] >= 0


def test_attribute_values_may_hold_commas_and_equals_signs() -> None:
    assert attributes('A="x,y=z",B-2=1.5, C=YES') == {"A": "x,y=z", "B-2": "1.5", "C": "YES"}


def test_addresses_resolve_against_the_playlist_that_names_them() -> None:
    base = parse_address("http://example.org:8080/live/demo/video/index.m3u8?token=1")
    assert resolve(base, "part-1.m4s").text == "http://example.org:8080/live/demo/video/part-1.m4s"
    assert resolve(base, "../audio/index.m3u8").target == "/live/demo/audio/index.m3u8"
    assert resolve(base, "https://cdn.example/x").authority == "cdn.example"
    assert with_query(base, "_HLS_msn=3").target.endswith("?token=1&_HLS_msn=3")
    assert with_query(parse_address("http://[::1]/a"), "b=1").text == "http://[::1]/a?b=1"


@pytest.mark.parametrize(
    "text", ["", "demo", "rtmp://h/live", "http://", "http://h:99999/", "http://h/a b", "http://h/\r\nX: y"]
)
def test_what_is_no_address_is_refused_with_a_way_on(text: str) -> None:
    with pytest.raises(PlayerError) as refusal:
        parse_address(text)
    assert "index.m3u8" in refusal.value.hint
