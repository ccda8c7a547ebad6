"""What is kept beyond the live window: viewers go back, a recording is whole, a hole is marked, nothing is stored twice."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hls_conformance import MediaPlaylist, check_media_playlist, expand, parse_media_playlist
from origin_rig import Rig
from tidegate.media.origin import orphans
from tidegate.media.origin.archive import ArchivePolicy
from tidegate.media.origin.manifest import INDEPENDENT, Manifest
from tidegate.media.origin.reader import ManifestReader

KEEP = ArchivePolicy(record=True, dvr_s=7200)
DVR = ArchivePolicy(record=False, dvr_s=120)


async def dvr(rig: Rig, track: str = "video", query: str = "") -> MediaPlaylist:
    rig.clock.advance(1.0)  # what was read of a manifest counts as new for a moment
    answer = await rig.read(f"demo/{track}/dvr.m3u8{query}")
    assert answer.status == 200, answer
    return parse_media_playlist(answer.body.decode())


async def manifest(rig: Rig) -> Manifest:
    made = Manifest()
    folder = rig.media()
    made.feed((folder / "manifest.jsonl").read_bytes())
    return made


def check_whole(made: Manifest, rig: Rig) -> None:
    """Numbers follow each other, and every byte that is named is there."""
    for name, index in made.tracks.items():
        for before, after in pairwise(index.runs):
            assert before.end_msn == after.msn
        for run in index.runs:
            if run.reel:
                size = (rig.media() / name / run.reel).stat().st_size
                assert size >= run.offset + sum(run.sizes)


async def test_viewers_go_back_beyond_the_live_window(rig: Rig) -> None:
    rig.policy = KEEP
    seen: dict[str, bytes] = {}
    publisher = rig.publish()
    for start in range(0, 200, 40):
        await publisher.play(40, start=start)
        for segment in check_media_playlist(rig.text()).segments:
            seen[segment.uri] = (await rig.read(f"demo/video/{segment.uri}")).body
    live = check_media_playlist(rig.text())
    assert 60 <= sum(segment.duration for segment in live.segments) < 62
    made = await dvr(rig)
    assert made.segments[0].msn == 0
    assert made.segments[-1].msn >= live.segments[-1].msn - 10
    assert sum(segment.duration for segment in made.segments) > 185
    dates = [segment.date for segment in made.segments if segment.date]
    assert dates == sorted(dates)
    for segment in made.segments:
        answer = await rig.read(f"demo/video/{segment.uri}")
        assert answer.status == 200
        assert answer.body == seen[segment.uri]
    init = await rig.read(f"demo/video/{made.segments[0].map_uri}")
    assert init.body[4:8] == b"ftyp"
    top = (await rig.read("demo/dvr.m3u8")).body.decode()
    assert "video/dvr.m3u8" in top
    assert 'URI="audio/dvr.m3u8"' in top


async def test_a_delta_update_says_the_same_in_less(rig: Rig) -> None:
    rig.policy = KEEP
    await rig.publish().play(120)
    whole = await dvr(rig)
    delta = await dvr(rig, query="?_HLS_skip=YES")
    assert delta.skipped > 60
    assert [s.uri for s in expand(delta, whole).segments] == [s.uri for s in whole.segments]


async def test_without_recording_reels_go_when_nobody_can_reach_them(rig: Rig) -> None:
    rig.policy = DVR
    await rig.publish().play(400)
    rig.clock.advance(30)
    rig.origin.sweep()
    await rig.settle()
    made = await dvr(rig)
    assert 110 <= sum(segment.duration for segment in made.segments) <= 135
    for segment in made.segments:
        assert (await rig.read(f"demo/video/{segment.uri}")).status == 200
    reels = list((rig.media() / "video").iterdir())
    assert len(reels) <= 6
    rig.policy = ArchivePolicy(record=False, dvr_s=60)  # a shorter window takes effect on the running stream
    rig.publish()
    await rig.kill_and_restart()
    assert (await rig.read("demo/video/dvr.m3u8")).status == 200


async def test_media_that_was_not_recorded_goes_with_its_stream(rig: Rig) -> None:
    rig.policy = DVR
    publisher = rig.publish()
    await publisher.play(20)
    publisher.packager.close("unpublished")
    rig.clock.advance(11)
    rig.origin.sweep()
    await rig.settle()
    assert rig.state() == "ended"
    rig.clock.advance(301)
    rig.origin.sweep()
    await rig.settle()
    assert await rig.objects.list_prefix() == []


async def test_a_recording_outlives_its_stream_and_is_told_of_once(rig: Rig) -> None:
    rig.policy = KEEP
    publisher = rig.publish()
    await publisher.play(25)
    publisher.packager.close("disconnected")
    rig.clock.advance(30)
    rig.origin.sweep()
    publisher = rig.publish()
    await publisher.play(20)
    publisher.packager.close("unpublished")
    for _ in range(3):
        rig.clock.advance(11)
        rig.origin.sweep()
        await rig.settle()
    assert len(rig.archived) == 1
    made = await manifest(rig)
    check_whole(made, rig)
    assert made.ended_at is not None
    assert made.gap_s == 0
    assert 44 <= made.duration_s <= 46
    assert [sum(run.discontinuities for run in index.runs) for index in made.tracks.values()] == [1, 1]
    assert all(index.runs[0].flags[0] & INDEPENDENT for index in made.tracks.values())
    rig.clock.advance(301)
    rig.origin.sweep()
    await rig.settle()
    assert [info.key for info in await rig.objects.list_prefix("live")] == []
    check_whole(await manifest(rig), rig)
    await rig.kill_and_restart()
    await rig.settle()
    check_whole(await manifest(rig), rig)


async def test_killed_at_any_moment_the_recording_keeps_what_was_stored(rig: Rig) -> None:
    rig.policy = KEEP
    chance = random.Random(5)
    stored_s = 0.0
    for _ in range(10):
        seconds = chance.uniform(0.5, 25)
        publisher = rig.publish()
        await publisher.play(seconds)
        stored_s += int(seconds)
        await rig.kill_and_restart()
        await rig.settle()
    publisher = rig.publish()
    await publisher.play(10)
    publisher.packager.close("unpublished")
    rig.clock.advance(11)
    rig.origin.sweep()
    await rig.settle()
    made = await manifest(rig)
    check_whole(made, rig)
    index = made.tracks["video"]
    kept_s = sum(run.duration_s for run in index.runs if run.reel)
    assert kept_s >= stored_s - 10, "at most the open segment of each life is lost"
    assert made.gap_s > 0
    folder = rig.media() / "video"
    named = {run.reel for run in index.runs if run.reel}
    assert {path.name for path in folder.iterdir()} >= named


async def test_killed_before_its_manifest_was_begun_it_is_still_recorded_from_its_first_segment(
    rig: Rig,
) -> None:
    rig.policy = KEEP
    await rig.publish().play(5.5)
    assert not (rig.media() / "manifest.jsonl").exists()
    await rig.kill_and_restart()
    assert [channel for channel, *_ in rig.origin.recorded()] == ["demo"]
    publisher = rig.publish()
    await publisher.play(10)
    publisher.packager.close("unpublished")
    rig.clock.advance(11)
    rig.origin.sweep()
    await rig.settle()
    made = await manifest(rig)
    check_whole(made, rig)
    assert made.tracks["video"].runs[0].msn == 0


async def test_a_torn_line_of_the_manifest_costs_nothing_that_the_index_has(rig: Rig) -> None:
    rig.policy = KEEP
    await rig.publish().play(40)
    await rig.settle()
    path = rig.media() / "manifest.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-25])
    await rig.kill_and_restart()
    await rig.publish().play(20)
    made = await manifest(rig)
    check_whole(made, rig)
    assert made.tracks["video"].runs[0].msn == 0


async def test_a_full_disk_leaves_a_marked_gap_and_recording_goes_on(rig: Rig) -> None:
    rig.policy = KEEP
    publisher = rig.publish()
    await publisher.play(40)
    rig.objects.full = True
    await publisher.play(40, start=40)
    rig.objects.full = False
    await publisher.play(40, start=80)
    made = await manifest(rig)
    check_whole(made, rig)
    assert 20 <= made.gap_s <= 40
    assert 105 <= made.duration_s <= 120
    listed = await dvr(rig)
    gaps = [segment for segment in listed.segments if segment.gap]
    assert 20 <= len(gaps) <= 40
    assert gaps[-1].msn - gaps[0].msn == len(gaps) - 1
    for segment in listed.segments:
        assert (await rig.read(f"demo/video/{segment.uri}")).status == (404 if segment.gap else 200)


async def test_the_next_broadcast_leaves_the_recording_of_the_last_alone(rig: Rig) -> None:
    rig.policy = KEEP
    first = rig.publish()
    await first.play(12)
    first.packager.close("unpublished")
    rig.clock.advance(11)
    rig.origin.sweep()
    await rig.settle()
    assert rig.state() == "ended"
    before = rig.media()
    named = sorted(path.name for path in before.rglob("*.m4s"))
    await rig.publish().play(130)
    assert len(list((rig.folder / "media" / "demo").iterdir())) == 2
    assert sorted(path.name for path in before.rglob("*.m4s")) == named


async def test_nothing_is_kept_where_nobody_wants_it(rig: Rig) -> None:
    await rig.publish().play(20)
    assert (await rig.read("demo/video/dvr.m3u8")).status == 404
    assert not (rig.media() / "manifest.jsonl").exists()


async def test_a_broadcast_that_has_no_manifest_yet_is_no_orphan(rig: Rig) -> None:
    """What a start cleans up must not take what began since: the manifest comes some seconds after the first media."""
    rig.policy = KEEP
    await rig.publish().play(3)
    assert not (rig.media() / "manifest.jsonl").exists()
    await orphans.remove(rig.objects, rig.origin._is_running)
    assert list((rig.folder / "media").rglob("*.m4s"))
    await orphans.remove(rig.objects, lambda _channel, _broadcast: False)
    assert list((rig.folder / "media").rglob("*.m4s")) == []


async def test_the_reader_lets_go_of_what_nobody_asks_for(rig: Rig) -> None:
    rig.policy = KEEP
    for channel in ("one", "two", "three"):
        await rig.publish(channel).play(20)
    reader = ManifestReader(rig.objects, rig.clock, segments_max=60)
    for channel in ("one", "two", "three"):
        status = rig.origin.status(channel)
        assert status is not None
        await reader.read(channel, status.broadcast)
    assert len(reader._kept) == 2


@given(st.binary(max_size=300), st.integers(0, 60))
def test_a_manifest_damaged_anywhere_is_read_as_far_as_it_goes(noise: bytes, at: int) -> None:
    run = b'{"line":"run","track":"video","session":"a","map_uri":"i","reel":"r","msn":1,"offset":0,"wall_s":1.0,"durations_s":[1.0],"sizes":[3],"flags":[2]}\n'
    init = b'{"line":"init","uri":"i","track":{"name":"video","kind":"video","codec":"avc1","timescale":1,"init":"","part_target_s":0.2}}\n'
    made = Manifest()
    made.feed(init + run[:at] + noise + b"\n" + run.replace(b'"msn":1', b'"msn":9'))
    assert made.tracks["video"].runs[-1].msn == 9


@pytest.mark.parametrize(
    "change",
    [
        {"sizes": "[3,4]"},
        {"sizes": "[-3]"},
        {"durations_s": "[-1.0]"},
        {"durations_s": "[1e300]"},
        {"wall_s": "1e300"},
    ],
)
def test_impossible_values_cost_their_line(change: dict[str, str]) -> None:
    fields = {
        "msn": "1",
        "offset": "0",
        "wall_s": "1.0",
        "durations_s": "[1.0]",
        "sizes": "[3]",
        "flags": "[2]",
    } | change
    values = ",".join(f'"{name}":{value}' for name, value in fields.items())
    made = Manifest()
    made.feed(f'{{"line":"run","track":"v","session":"a","map_uri":"i","reel":"r",{values}}}\n'.encode())
    assert made.segments == 0
