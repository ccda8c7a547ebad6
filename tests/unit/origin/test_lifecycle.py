"""A broadcast across its sessions: blips, take-overs, goodbyes, ends, and what operators are told."""

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from hls_conformance import PlaylistHistory, check_media_playlist
from origin_rig import Rig
from synthetic_publisher import audio_packets, interleaved, video_packets
from tidegate.core.chunks import Chunk
from tidegate.media.origin.metrics import OriginCollector
from tidegate.media.origin.service import OriginConfig


def pass_time(rig: Rig, seconds: float) -> None:
    for _ in range(round(seconds * 4)):
        rig.clock.advance(0.25)
        rig.origin.sweep()


async def test_a_blip_continues_the_same_playlist(rig: Rig) -> None:
    histories = {track: PlaylistHistory() for track in ("video", "audio")}

    def look() -> None:
        if rig.state() in ("live", "interrupted"):
            for track, history in histories.items():
                history.add(rig.text(track))

    first = rig.publish()
    await first.play(5.5, each=look)
    broadcast = rig.origin.status("demo")
    assert broadcast is not None
    first.packager.close("disconnected")
    look()
    assert rig.state() == "interrupted"
    interrupted = check_media_playlist(rig.text())
    assert interrupted.hint == "", "nobody knows the next part's name"
    assert interrupted.open is None
    pass_time(rig, 20)
    waiting = rig.later(f"demo/video/index.m3u8?_HLS_msn={interrupted.last[0] + 1}&_HLS_part=0")
    second = rig.publish()
    assert rig.state() == "interrupted"
    await second.play(5, each=look)
    made = check_media_playlist((await waiting).body.decode())
    assert made.last == (interrupted.last[0] + 1, 0)
    made = check_media_playlist(rig.text())
    assert [segment.msn for segment in made.segments if segment.starts_discontinuity] == [
        interrupted.last[0] + 1
    ]
    after = rig.origin.status("demo")
    assert after is not None
    assert (after.broadcast, after.state, after.discontinuities) == (broadcast.broadcast, "live", 1)
    assert [event.state for event in rig.events] == ["starting", "live", "interrupted", "live"]


async def test_the_timeline_never_goes_back_across_sessions(rig: Rig) -> None:
    first = rig.publish()
    await first.play(3)
    assert first.ingest.timeline_start_s == 0
    first.packager.close("disconnected")
    second = rig.publish()
    assert second.ingest.timeline_start_s == pytest.approx(3.0, abs=0.05)


async def test_a_newer_session_takes_over_and_the_older_is_ignored(rig: Rig) -> None:
    first = rig.publish()
    await first.play(3.3)
    hint = check_media_playlist(rig.text()).hint
    waiting = rig.later(f"demo/video/{hint}")
    second = rig.publish()
    assert first.fenced == ["taken-over"]
    assert (await waiting).status == 404
    before = rig.text()
    first.packager.close("disconnected")
    await first.play(1, start=3.3)
    assert rig.text() == before, "whatever the fenced session still sends"
    await second.play(3)
    made = check_media_playlist(rig.text())
    assert {segment.uri.split("-")[1] for segment in made.segments} == {"001", "002"}
    assert second.fenced == []
    status = rig.origin.status("demo")
    assert status is not None
    assert status.publisher is not None
    assert status.publisher.session == "ses_local_002"


async def test_grace_ends_the_playlist(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(4)
    publisher.packager.close("disconnected")
    pass_time(rig, 59)
    assert rig.state() == "interrupted"
    pass_time(rig, 2)
    assert rig.state() == "ended"
    assert check_media_playlist(rig.text()).ended
    assert check_media_playlist(rig.text("audio")).ended
    assert rig.now("demo/index.m3u8").status == 200
    pass_time(rig, 290)
    assert rig.state() == "ended"
    pass_time(rig, 20)
    assert rig.state() is None
    assert rig.now("demo/index.m3u8").status == 404
    await rig.origin.stop()
    assert await rig.objects.list_prefix() == [], "what is forgotten is gone from disk"


async def test_a_clean_goodbye_lingers_ten_seconds(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(4)
    publisher.packager.close("unpublished")
    pass_time(rig, 9.5)
    assert rig.state() == "interrupted"
    pass_time(rig, 1)
    assert rig.state() == "ended"


async def test_a_new_broadcast_after_the_end_goes_on_counting(rig: Rig) -> None:
    first = rig.publish()
    await first.play(4)
    first.packager.close("unpublished")
    pass_time(rig, 11)
    ended = check_media_playlist(rig.text())
    old = rig.origin.status("demo")
    second = rig.publish()
    assert rig.state() == "starting"
    await second.play(4)
    made = check_media_playlist(rig.text())
    assert not made.ended
    assert made.msn > ended.segments[-1].msn
    assert made.discontinuity > ended.discontinuity
    new = rig.origin.status("demo")
    assert old is not None
    assert new is not None
    assert new.broadcast != old.broadcast


async def test_a_publisher_that_never_sends_leaves_no_trace(rig: Rig) -> None:
    publisher = rig.publish()
    waiting = rig.later("demo/index.m3u8")
    publisher.packager.close("disconnected")
    assert (await waiting).status == 404
    rig.origin.sweep()
    assert rig.state() is None
    assert [event.state for event in rig.events] == ["starting", "ended"]


async def test_taking_over_before_anything_was_playable_begins_nothing_anew(rig: Rig) -> None:
    first = rig.publish()
    waiting = rig.later("demo/index.m3u8")
    second = rig.publish()
    rig.origin.sweep()
    assert first.fenced == ["taken-over"]
    assert rig.state() == "starting"
    await second.play(2)
    assert rig.state() == "live"
    assert (await waiting).status == 200
    assert check_media_playlist(rig.text()).discontinuity == 0


async def test_a_silent_publisher_is_interrupted_then_hung_up_on(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(4)
    pass_time(rig, 7)
    assert rig.state() == "interrupted"
    await publisher.play(1, start=11.5)
    assert rig.state() == "live"
    pass_time(rig, 70)
    assert rig.state() == "ended"
    assert publisher.fenced == ["disconnected"]


async def test_kicking_closes_the_session_and_lets_it_come_back(rig: Rig) -> None:
    assert rig.origin.kick("demo") is False
    publisher = rig.publish()
    await publisher.play(3)
    assert rig.origin.kick("demo") is True
    assert publisher.fenced == ["kicked"]
    assert rig.state() == "interrupted"
    assert rig.origin.kick("demo") is False
    await rig.publish().play(3)
    assert rig.state() == "live"


async def test_a_deleted_channel_ends_its_playlist_and_leaves_nothing(rig: Rig) -> None:
    rig.origin.remove("demo")
    publisher = rig.publish()
    await publisher.play(3.5)
    msn, part = check_media_playlist(rig.text()).last
    waiting = rig.later(f"demo/video/index.m3u8?_HLS_msn={msn}&_HLS_part={part + 1}")
    before = rig.origin.status("demo")
    rig.origin.remove("demo")
    assert check_media_playlist((await waiting).body.decode()).ended
    assert publisher.fenced == ["kicked"]
    assert rig.now("demo/video/index.m3u8").status == 404
    assert rig.origin.statuses() == []
    await rig.publish().play(1)
    after = rig.origin.status("demo")
    assert before is not None
    assert after is not None
    assert (before.broadcast != after.broadcast, after.discontinuities) == (True, 0)


async def test_two_sessions_of_one_name_never_share_an_address(rig: Rig) -> None:
    for _ in range(3):
        publisher = rig.publish(session="same")
        await publisher.play(2.5)
        publisher.packager.close("disconnected")
    made = check_media_playlist(rig.text())
    uris = [segment.uri for segment in made.segments]
    assert len(uris) == len(set(uris)) > 6
    assert len({segment.map_uri for segment in made.segments}) == 3


async def test_many_blips_keep_discontinuity_numbers_in_step(rig: Rig) -> None:
    histories = {track: PlaylistHistory() for track in ("video", "audio")}
    for _ in range(40):
        publisher = rig.publish()
        await publisher.play(2.6)
        made = {track: history.add(rig.text(track)) for track, history in histories.items()}
        numbers = [
            {segment.msn: segment.discontinuity for segment in each.segments} for each in made.values()
        ]
        shared = numbers[0].keys() & numbers[1].keys()
        assert [numbers[0][msn] for msn in shared] == [numbers[1][msn] for msn in shared]
        publisher.packager.close("disconnected")
    status = rig.origin.status("demo")
    assert status is not None
    assert status.discontinuities == 39


async def test_status_measures_what_arrives(rig: Rig) -> None:
    publisher = rig.publish()
    video = video_packets(30, 8, gop_s=2, size=11_000)
    await publisher.send(interleaved(video, audio_packets(8, size=340)))
    status = rig.origin.status("demo")
    assert status is not None
    picture, sound = status.tracks
    assert picture.kbps == pytest.approx(11_000 * 8 * 30 / 1000, rel=0.01)
    assert (picture.fps, picture.gop_s, picture.segment_s) == (30.0, 2.0, 2.0)
    assert (picture.width, picture.height, picture.part_target_s) == (1280, 720, 0.2)
    assert sound.kbps == pytest.approx(340 * 8 * 48_000 / 1024 / 1000, rel=0.06)
    assert (sound.sample_rate, sound.channels) == (48_000, 2)
    assert status.bytes_in == rig.origin.bytes_in > sum(len(packet.data) for packet in video) * 0.9
    assert status.parts == rig.origin.parts > 70


@pytest.mark.parametrize(
    ("gop_s", "said_s"), [(0.1, 0.1), (1 / 30, 0.033), (0.5, 0.5), (1.3, 1.3), (1.5, 1.5), (6.0, 6.0)]
)
async def test_the_keyframe_interval_is_that_of_the_encoder_wherever_parts_begin(
    rig: Rig, gop_s: float, said_s: float
) -> None:
    await rig.publish().play(14, gop_s=gop_s)
    status = rig.origin.status("demo")
    assert status is not None
    assert status.tracks[0].gop_s == pytest.approx(said_s, abs=0.001)
    assert status.tracks[1].gop_s == 0.0


async def test_notes_are_counted_not_stacked(rig: Rig) -> None:
    publisher = rig.publish()
    for index in range(500):
        publisher.ingest.note("late", "warning", f"Late by {index}.", "Hurry.")
        publisher.ingest.note(f"code-{index}", "info", "x" * 5000)
    status = rig.origin.status("demo")
    assert status is not None
    assert len(status.notes) == 64
    late = next(note for note in status.notes if note.code == "late")
    assert (late.count, late.message, late.hint) == (500, "Late by 499.", "Hurry.")
    assert max(len(note.message) for note in status.notes) == 500


async def test_metrics_say_what_was_served(rig: Rig) -> None:
    await rig.publish().play(3)
    rig.text()
    rig.now("demo/video/nothing")
    registry = CollectorRegistry()
    registry.register(OriginCollector(rig.origin))
    text = generate_latest(registry).decode()
    assert 'tidegate_origin_streams{state="live"} 1.0' in text
    assert "tidegate_origin_refused_requests_total 1.0" in text
    assert f"tidegate_origin_parts_total {rig.origin.parts}.0" in text
    assert "tidegate_origin_storage_ok 1.0" in text


async def test_media_of_a_track_never_announced_is_told(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(1)
    stranger = rig.publish("other")
    stranger.ingest.chunk(Chunk("video", 0, 18_000, True, 0, rig.clock.wall(), 6, b""))
    status = rig.origin.status("other")
    assert status is not None
    assert [note.code for note in status.notes] == ["unknown-track"]


async def test_stop_answers_everyone_who_waits(make_rig: Callable[[OriginConfig], Rig]) -> None:
    rig = make_rig(OriginConfig())
    await rig.origin.start()
    publisher = rig.publish()
    await publisher.play(3.3)
    waiting = rig.later(f"demo/video/{check_media_playlist(rig.text()).hint}")
    reload = rig.later("demo/video/index.m3u8?_HLS_msn=4&_HLS_part=0")
    await rig.stop()
    assert (await waiting).status in (404, 503)
    assert (await reload).status == 503
    assert publisher.fenced == ["shutdown"]
