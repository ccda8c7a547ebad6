"""A recording as players ask for it: playlists, headers, segments, while it grows and after."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hls_conformance import parse_media_playlist
from recordings_rig import Studio
from tidegate.media.recordings import vod


async def test_a_whole_recording_is_a_vod_playlist_of_what_viewers_got(studio: Studio) -> None:
    made = await studio.record(20)
    top = (await studio.fetch(f"demo/{made.id}/index.m3u8")).body.decode()
    assert re.search(r"BANDWIDTH=\d{4,}", top)
    for track in ("video", "audio"):
        answer = await studio.fetch(f"demo/{made.id}/{track}/index.m3u8")
        assert answer.max_age_s == vod.VOD_MAX_AGE_S
        text = answer.body.decode()
        assert "#EXT-X-PLAYLIST-TYPE:VOD\n" in text
        listed = parse_media_playlist(text)
        assert listed.ended
        assert 19 <= sum(segment.duration for segment in listed.segments) <= 21
        for segment in listed.segments:
            media = await studio.fetch(f"demo/{made.id}/{track}/{segment.uri}")
            assert media.status == 200
            assert b"moof" in media.body[:64]
            assert any(name == b"cache-control" and b"immutable" in value for name, value in media.headers)
            header = await studio.fetch(f"demo/{made.id}/{track}/{segment.map_uri}")
            assert header.body[4:8] == b"ftyp"
    again = await studio.vod.get(f"demo/{made.id}/video/index.m3u8", answer.etag)
    assert again.status in (200, 304)


async def test_it_plays_while_it_grows(studio: Studio) -> None:
    publisher = studio.publish()
    await publisher.play(20)
    await studio.recordings.reconcile()
    (made,) = await studio.recordings.recent()
    studio.clock.advance(1)
    first = (await studio.fetch(f"demo/{made.id}/video/index.m3u8")).body.decode()
    assert "#EXT-X-PLAYLIST-TYPE:EVENT\n" in first
    assert "#EXT-X-ENDLIST" not in first
    await publisher.play(20, start=20)
    studio.clock.advance(1)
    later = (await studio.fetch(f"demo/{made.id}/video/index.m3u8")).body.decode()
    assert later.startswith(first[: first.rindex("#EXTINF")])
    delta = (await studio.fetch(f"demo/{made.id}/video/index.m3u8?_HLS_skip=YES")).body.decode()
    assert "#EXT-X-SKIP" in delta
    assert len(delta) < len(later)


async def test_what_is_not_a_recording_is_not_there(studio: Studio) -> None:
    made = await studio.record(8)
    for wrong in (
        "demo/index.m3u8",
        f"other/{made.id}/index.m3u8",
        f"demo/{made.id}/video/seg-001-99999.m4s",
        f"demo/{made.id}/video/seg-zzz-0.m4s",
        f"demo/{made.id}/nope/index.m3u8",
        f"demo/{made.id}/video/init-001-9.mp4",
        f"demo/{made.id}/seg-001-0.m4s",
        f"demo/{made.id}/../{made.id}/index.m3u8",
        "demo/rec_local_0000/index.m3u8",
        "",
    ):
        assert (await studio.fetch(wrong)).status == 404, wrong


async def test_a_broadcast_that_is_not_recorded_has_no_vod(studio: Studio) -> None:
    studio.policy = type(studio.policy)(record=False, dvr_s=7200)
    await studio.publish().play(20)
    (folder,) = (studio.folder / "media" / "demo").iterdir()
    recording = folder.name.replace("bro_", "rec_")
    assert (await studio.fetch(f"demo/{recording}/index.m3u8")).status == 404


@given(st.text(max_size=120))
def test_any_path_is_read_or_refused(text: str) -> None:
    match = vod._PATH.match(text)
    assert match is None or ".." not in text
