"""Every playlist version a client could have seen keeps the rules, and says what changed as they want it."""

from collections.abc import Callable

import msgspec
import pytest

from hls_conformance import MediaPlaylist, PlaylistHistory, attributes, check_media_playlist, expand
from origin_rig import Rig
from synthetic_publisher import AAC, AVC, audio_packets, interleaved, video_packets

FPS = [10, 15, 24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60]


def watcher(
    rig: Rig, *tracks: str, floor: float = 0.85
) -> tuple[Callable[[], None], dict[str, PlaylistHistory]]:
    """A client that looks at every version."""
    histories = {track: PlaylistHistory(floor=floor) for track in tracks}
    seen = dict.fromkeys(tracks, "")

    def look() -> None:
        if rig.state() not in ("live", "interrupted"):
            return
        for track, history in histories.items():
            text = rig.text(track)
            if text != seen[track]:
                seen[track] = text
                history.add(text)

    return look, histories


@pytest.mark.parametrize("fps", FPS)
@pytest.mark.parametrize("gop_s", [0.5, 2.0, 5.0])
async def test_every_version_conforms(rig: Rig, fps: float, gop_s: float) -> None:
    publisher = rig.publish(video=msgspec.structs.replace(AVC, fps=fps))
    look, histories = watcher(rig, "video", "audio")
    packets = interleaved(video_packets(fps, 16, gop_s=gop_s, b_frames=1), audio_packets(16))
    await publisher.send(packets, look)
    assert histories["video"].versions > 60
    assert histories["audio"].versions > 60


async def test_the_window_slides_and_old_segments_can_still_be_read(rig: Rig) -> None:
    look, histories = watcher(rig, "video", "audio")
    publisher = rig.publish()
    await publisher.play(75, gop_s=2.0, each=look)
    made = check_media_playlist(rig.text())
    assert 58 <= sum(segment.duration for segment in made.segments) <= 62
    assert made.msn > 0
    assert made.segments[0].parts == []
    for segment in made.segments:
        answer = await rig.read(f"demo/video/{segment.uri}")
        assert answer.status == 200
        assert answer.body[4:8] == b"styp"
    # it left the playlist a moment ago: a player with a playlist of then may still ask
    gone = f"demo/video/seg-001-{made.msn - 1}.m4s"
    assert (await rig.read(gone)).status == 200
    assert histories["video"].versions > 300


async def test_parts_join_to_their_segment_in_memory_and_on_disk(rig: Rig) -> None:
    await rig.publish().play(12, gop_s=2.0)
    made = check_media_playlist(rig.text())
    segment = made.segments[-2]
    parts = [(await rig.read(f"demo/video/{part.uri}")).body for part in segment.parts]
    assert b"".join(parts) == (await rig.read(f"demo/video/{segment.uri}")).body
    first = [(await rig.read(f"demo/video/part-001-{index}.m4s")).body for index in range(10)]
    assert rig.now("demo/video/part-001-50.m4s").status == 200
    assert rig.objects.gets >= 10, "the older ones were read from disk"
    assert b"".join(first) == (await rig.read("demo/video/seg-001-0.m4s")).body


def same(a: MediaPlaylist, b: MediaPlaylist) -> bool:
    return [msgspec.to_builtins(each) for each in a.segments] == [
        msgspec.to_builtins(each) for each in b.segments
    ]


async def test_a_delta_update_expands_to_the_full_playlist(rig: Rig) -> None:
    deltas = 0

    def look() -> None:
        nonlocal deltas
        if rig.state() != "live":
            return
        full = check_media_playlist(rig.text())
        delta = check_media_playlist(rig.text(query="?_HLS_skip=YES"))
        if not delta.skipped:
            assert sum(segment.duration for segment in full.segments) <= 12 + 2.1
            return
        deltas += 1
        skipped = full.segments[: delta.skipped]
        behind = (
            sum(segment.duration for segment in full.segments[delta.skipped - 1 :]) - skipped[-1].duration
        )
        assert behind >= 12, "only what is beyond the skip boundary may be skipped"
        assert same(expand(delta, full), full)
        assert delta.open == full.open
        assert delta.hint == full.hint

    publisher = rig.publish()
    await publisher.play(20, each=look)
    publisher.packager.close("disconnected")
    back = rig.publish()
    await back.play(20, each=look)
    assert deltas > 500


async def test_reports_say_where_the_other_rendition_stands(rig: Rig) -> None:
    publisher = rig.publish()

    def look() -> None:
        if rig.state() != "live":
            return
        made = {track: check_media_playlist(rig.text(track)) for track in ("video", "audio")}
        for track, other in (("video", "audio"), ("audio", "video")):
            (report,) = made[track].reports
            assert report["URI"] == f"../{other}/index.m3u8"

    await publisher.play(5, each=look)
    # what a report says is what was true when its playlist was made, so compare where both are fresh
    (report,) = check_media_playlist(rig.text("audio", "?_HLS_msn=4&_HLS_part=0")).reports
    last = check_media_playlist(rig.text("video")).last
    assert (int(report["LAST-MSN"]), int(report["LAST-PART"])) <= last


async def test_the_multivariant_playlist_names_what_is_there(rig: Rig) -> None:
    await rig.publish().play(5)
    answer = rig.now("demo/index.m3u8")
    lines = answer.body.decode().splitlines()
    media = attributes(lines[2].partition(":")[2])
    variant = attributes(lines[3].partition(":")[2])
    assert media == {
        "TYPE": "AUDIO", "GROUP-ID": "audio", "NAME": "audio", "DEFAULT": "YES", "AUTOSELECT": "YES",
        "CHANNELS": "2", "URI": "audio/index.m3u8",
    }  # fmt: skip
    assert variant["CODECS"] == f"{AVC.codec},{AAC.codec}"
    assert variant["RESOLUTION"] == "1280x720"
    assert variant["FRAME-RATE"] == "30.000"
    assert variant["AUDIO"] == "audio"
    assert int(variant["BANDWIDTH"]) >= int(variant["AVERAGE-BANDWIDTH"]) > 0
    assert lines[4] == "video/index.m3u8"


async def test_audio_only_and_video_only_streams(rig: Rig) -> None:
    sound = rig.publish("radio", video=None)
    await sound.send(audio_packets(8))
    assert b"audio/index.m3u8" in rig.now("radio/index.m3u8").body
    assert b"EXT-X-MEDIA" not in rig.now("radio/index.m3u8").body
    check_media_playlist(rig.text("audio", channel="radio"))
    silent = rig.publish("film", audio=None)
    await silent.send(video_packets(30, 8))
    assert b"AUDIO=" not in rig.now("film/index.m3u8").body
    check_media_playlist(rig.text("video", channel="film"))
    assert rig.now("film/audio/index.m3u8").status == 404


async def test_a_resolution_change_is_a_discontinuity_on_both_tracks(rig: Rig) -> None:
    look, _ = watcher(rig, "video", "audio")
    publisher = rig.publish()
    await publisher.play(4, each=look)
    publisher.packager.video_config(msgspec.structs.replace(AVC, width=1920, height=1080, record=b"other"))
    await publisher.play(4, start=4, each=look)
    made = {track: check_media_playlist(rig.text(track)) for track in ("video", "audio")}
    begins = {
        track: [segment.msn for segment in each.segments if segment.starts_discontinuity]
        for track, each in made.items()
    }
    assert begins["video"] == begins["audio"]
    assert len(begins["video"]) == 1
    assert len({segment.map_uri for segment in made["video"].segments}) == 2
    assert len({segment.map_uri for segment in made["audio"].segments}) == 1
    for name in {segment.map_uri for segment in made["video"].segments}:
        assert rig.now(f"demo/video/{name}").body[4:8] == b"ftyp"
    status = rig.origin.status("demo")
    assert status is not None
    assert status.discontinuities == 1


async def test_a_track_that_falls_silent_gets_gaps_and_its_numbers_stay_aligned(rig: Rig) -> None:
    look, _ = watcher(rig, "video", "audio", floor=0.0)
    publisher = rig.publish()
    audio = [packet for packet in audio_packets(30) if not 6 <= packet.arrived_at < 18]
    await publisher.send(interleaved(video_packets(30, 30, gop_s=2), audio), look)
    made = {track: check_media_playlist(rig.text(track), floor=0.0) for track in ("video", "audio")}
    assert any(segment.gap for segment in made["audio"].segments)
    dates = {segment.msn: segment.date for segment in made["video"].segments}
    for segment in made["audio"].segments:
        if segment.msn in dates:
            assert abs(segment.date - dates[segment.msn]) < 0.5, f"segment {segment.msn} is not aligned"


async def test_a_playlist_is_rendered_once_per_version_however_many_ask(rig: Rig) -> None:
    await rig.publish().play(3)
    before = rig.origin.counters.rendered
    answers = {id(rig.now("demo/video/index.m3u8")) for _ in range(1000)}
    assert len(answers) == 1
    assert rig.origin.counters.rendered - before <= 1


async def test_plain_playlists_are_revalidated_and_media_is_immutable(rig: Rig) -> None:
    await rig.publish().play(4)
    for target in ("demo/index.m3u8", "demo/video/index.m3u8"):
        answer = rig.now(target)
        headers = dict(answer.headers)
        assert headers[b"cache-control"] == b"no-cache"
        assert headers[b"content-type"] == b"application/vnd.apple.mpegurl"
        assert headers[b"etag"] == answer.etag
        again = rig.now(target, answer.etag)
        assert (again.status, again.body) == (304, b"")
        assert rig.now(target, b'W/"x", W/' + answer.etag).status == 304
        assert rig.now(target, b'"other"').status == 200
    blocking = rig.now("demo/video/index.m3u8?_HLS_msn=1&_HLS_part=0")
    assert 0 < blocking.max_age_s <= 10
    for name in ("init-001-0.mp4", "part-001-3.m4s", "seg-001-2.m4s"):
        answer = rig.now(f"demo/video/{name}")
        assert dict(answer.headers)[b"cache-control"] == b"public, max-age=31536000, immutable"
        assert dict(answer.headers)[b"content-type"] == b"video/mp4"
        assert dict(answer.headers)[b"access-control-allow-origin"] == b"*"
    part = rig.now("demo/video/index.m3u8").body.decode().split("part-001-")[-1].split(".")[0]
    newest = f"demo/video/part-001-{int(part) - 1}.m4s"
    assert rig.now(newest) is rig.now(newest)
