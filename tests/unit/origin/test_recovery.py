"""kill -9, damaged indexes, full disks: what an origin can go on with, it goes on with."""

import json
import os
import random
from collections.abc import Callable

import pytest

from hls_conformance import PlaylistHistory, check_media_playlist
from origin_rig import Rig
from synthetic_publisher import audio_packets, interleaved, video_packets
from tidegate.media.origin.index import FORMAT, LINES_MAX
from tidegate.media.origin.recovery import UNTOLD_SEGMENTS
from tidegate.media.origin.service import OriginConfig


async def test_after_kill_9_the_same_playlist_goes_on(rig: Rig) -> None:
    histories = {track: PlaylistHistory() for track in ("video", "audio")}

    def look() -> None:
        if rig.state() in ("live", "interrupted"):
            for track, history in histories.items():
                history.add(rig.text(track))

    publisher = rig.publish()
    await publisher.play(9.5, each=look)
    before = check_media_playlist(rig.text())
    status = rig.origin.status("demo")
    await rig.kill_and_restart()
    assert rig.state() == "interrupted"
    look()
    made = check_media_playlist(rig.text())
    assert [s.uri for s in made.segments[: len(before.segments)]] == [s.uri for s in before.segments]
    assert before.open is not None
    gaps = made.segments[len(before.segments) :]
    assert [gap.msn for gap in gaps if gap.gap] == [before.open.msn + n for n in range(UNTOLD_SEGMENTS)]
    for segment in made.segments[: len(before.segments)]:
        assert (await rig.read(f"demo/video/{segment.uri}")).status == 200
        assert rig.now(f"demo/video/{segment.map_uri}").body[4:8] == b"ftyp"
    for gap in gaps:
        assert (await rig.read(f"demo/video/{gap.uri}")).status == 404
    assert rig.now(f"demo/video/{before.hint}").status == 404
    assert b"BANDWIDTH=0" not in rig.now("demo/index.m3u8").body

    back = rig.publish()
    assert back.ingest.timeline_start_s >= 9.5
    await back.play(5, each=look)
    made = check_media_playlist(rig.text())
    first = next(segment for segment in made.segments if segment.starts_discontinuity)
    assert first.msn == gaps[-1].msn + 1
    after = rig.origin.status("demo")
    assert status is not None
    assert after is not None
    assert after.broadcast == status.broadcast
    assert after.started_at == status.started_at


async def test_killed_at_any_moment_no_number_goes_back(rig: Rig) -> None:
    random.seed(7)
    histories = {track: PlaylistHistory() for track in ("video", "audio")}
    last = {"video": (0, 0), "audio": (0, 0)}

    def look() -> None:
        if rig.state() not in ("live", "interrupted"):
            return
        for track, history in histories.items():
            made = history.add(rig.text(track))
            assert made.last[0] >= last[track][0]
            last[track] = made.last

    for _ in range(12):
        publisher = rig.publish()
        await publisher.play(random.uniform(0.3, 4.5), each=look)
        await rig.kill_and_restart()
        if rig.state() is not None:
            look()
    assert rig.state() == "interrupted"


async def test_grace_counts_from_the_restart(rig: Rig) -> None:
    await rig.publish().play(5)
    await rig.kill_and_restart()
    rig.clock.advance(59)
    rig.origin.sweep()
    assert rig.state() == "interrupted"
    rig.clock.advance(2)
    rig.origin.sweep()
    assert rig.state() == "ended"
    assert check_media_playlist(rig.text()).ended


async def test_a_clean_stop_leaves_no_gap(rig: Rig) -> None:
    await rig.publish().play(5.5)
    before = check_media_playlist(rig.text())
    await rig.origin.stop()
    await rig.kill_and_restart()
    made = check_media_playlist(rig.text())
    assert not any(segment.gap for segment in made.segments)
    assert before.open is not None
    assert made.segments[-1].msn == before.open.msn


async def test_an_ended_stream_stays_ended(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(4)
    publisher.packager.close("unpublished")
    for _ in range(2):
        rig.clock.advance(5.5)
        rig.origin.sweep()
    before = rig.text()
    await rig.kill_and_restart()
    assert rig.state() == "ended"
    after = rig.text()
    assert check_media_playlist(after).ended
    assert [s.uri for s in check_media_playlist(after).segments] == [
        s.uri for s in check_media_playlist(before).segments
    ]


async def test_segments_that_are_missing_or_cut_off_become_gaps(rig: Rig) -> None:
    await rig.publish().play(9.5)
    await rig.settle()
    third = len((await rig.read("demo/video/seg-001-0.m4s")).body) * 3
    folder = rig.media()
    os.truncate(folder / "video" / "reel-001-0.m4s", third + 100)
    (folder / "audio" / "reel-001-0.m4s").unlink()
    await rig.kill_and_restart()
    made = check_media_playlist(rig.text())
    assert made.segments[0].msn == 0
    gaps = [segment.msn for segment in made.segments if segment.gap]
    assert gaps == list(range(gaps[0], made.segments[-1].msn + 1))
    assert 2 <= gaps[0] <= 3
    assert all(segment.gap for segment in check_media_playlist(rig.text("audio")).segments)


async def test_a_kill_while_one_track_waits_for_the_other_reuses_no_number(rig: Rig) -> None:
    """The index is told of a segment when both tracks have it, or by the next sweep: a kill may come before."""
    publisher = rig.publish()
    newest = 0

    def look() -> None:
        nonlocal newest
        if rig.state() == "live":
            newest = max(newest, check_media_playlist(rig.text()).last[0])

    await publisher.play(5.05, each=look)
    await rig.settle()
    index = rig.folder / "live" / "demo" / "index.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    told = [line for line in lines if json.loads(line)["next_msn"] <= newest]
    index.write_bytes(b"".join(told))
    await rig.kill_and_restart()
    await rig.publish().play(2)
    fresh = [s for s in check_media_playlist(rig.text()).segments if "-002-" in s.uri]
    assert min(segment.msn for segment in fresh) > newest


async def test_a_half_written_line_of_the_index_costs_one_segment(rig: Rig) -> None:
    await rig.publish().play(6.5)
    await rig.settle()
    index = rig.folder / "live" / "demo" / "index.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    assert len(lines) > 3
    index.write_bytes(b"".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 2])
    last = check_media_playlist(rig.text()).segments[-1].msn
    await rig.kill_and_restart()
    made = check_media_playlist(rig.text())
    assert [segment.msn for segment in made.segments if segment.gap] == [last, last + 1]


async def test_the_index_begins_anew_before_it_grows_long(rig: Rig) -> None:
    await rig.publish().play(LINES_MAX * 1.5)
    await rig.settle()
    index = rig.folder / "live" / "demo" / "index.jsonl"
    assert len(index.read_bytes().splitlines()) <= LINES_MAX
    before = [segment.uri for segment in check_media_playlist(rig.text()).segments]
    await rig.kill_and_restart()
    after = [segment.uri for segment in check_media_playlist(rig.text()).segments if not segment.gap]
    assert after == before[-len(after) :]
    assert len(after) >= len(before) - 2 * UNTOLD_SEGMENTS  # a gap lists as the longest of segments


async def test_a_reel_goes_when_all_of_it_has_left_the_window(rig: Rig) -> None:
    await rig.publish().play(150)
    await rig.settle()
    rig.clock.advance(30)
    rig.origin.sweep()
    await rig.settle()
    listed = {segment.msn for segment in check_media_playlist(rig.text()).segments}
    reels = sorted(int(reel.stem.rsplit("-", 1)[1]) for reel in (rig.media() / "video").iterdir())
    assert len(reels) <= 4
    assert reels[0] <= min(listed) < reels[1]


@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "missing", "other", "huge numbers"])
async def test_an_unreadable_index_costs_its_stream_and_nothing_else(rig: Rig, damage: str) -> None:
    for channel in ("demo", "well"):
        await rig.publish(channel).play(4)
    await rig.settle()
    index = rig.folder / "live" / "demo" / "index.jsonl"
    data = index.read_bytes()
    if damage == "missing":
        index.unlink()
    else:
        index.write_bytes(
            {
                "empty": b"",
                "cut": data[: data.index(b"\n") // 2],
                "noise": random.Random(1).randbytes(5000),
                "other": data.replace(b'"channel":"demo"', b'"channel":"x"'),
                "huge numbers": data.replace(b'"format":%d' % FORMAT, b'"format":99'),
            }[damage]
        )
    await rig.kill_and_restart()
    assert rig.state("demo") is None
    assert rig.state("well") == "interrupted"
    await rig.settle()
    assert not list((rig.folder / "media" / "demo").rglob("*")), (
        "media that no stream plays and nobody recorded is gone"
    )
    await rig.publish().play(4)
    check_media_playlist(rig.text())


async def test_an_index_damaged_anywhere_never_stops_the_start(rig: Rig) -> None:
    await rig.publish().play(4)
    await rig.settle()
    index = rig.folder / "live" / "demo" / "index.jsonl"
    data = index.read_bytes()
    chance = random.Random(3)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (rig.folder / "live" / "demo").mkdir(parents=True, exist_ok=True)
        index.write_bytes(bytes(damaged))
        await rig.kill_and_restart()
        if rig.state() is not None:
            rig.text()
            rig.now("demo/index.m3u8")


async def test_a_full_disk_shrinks_the_window_and_playing_goes_on(rig: Rig) -> None:
    publisher = rig.publish()
    history = PlaylistHistory()

    def look() -> None:
        if rig.state() == "live":
            history.add(rig.text())

    await publisher.play(20, each=look)
    whole = check_media_playlist(rig.text())
    assert rig.origin.check().status == "ok"
    rig.objects.full = True
    await publisher.play(30, start=20, each=look)
    assert rig.state() == "live"
    assert rig.origin.storage_ok is False
    check = rig.origin.check()
    assert (check.name, check.status) == ("storage", "degraded")
    assert check.hint
    status = rig.origin.status("demo")
    assert status is not None
    assert "storage-failed" in [note.code for note in status.notes]
    made = check_media_playlist(rig.text())
    assert made.last[0] > whole.last[0] + 25
    assert 6 <= sum(segment.duration for segment in made.segments) <= 12
    for segment in made.segments:
        assert (await rig.read(f"demo/video/{segment.uri}")).status == 200
    rig.objects.full = False
    await publisher.play(10, start=50, each=look)
    assert rig.origin.storage_ok
    status = rig.origin.status("demo")
    assert status is not None
    assert "storage-failed" not in [note.code for note in status.notes]
    await rig.settle()
    assert rig.origin.check().status == "ok"
    assert sum(s.duration for s in check_media_playlist(rig.text()).segments) > 14


async def test_memory_is_bounded_and_follows_the_window(rig: Rig) -> None:
    publisher = rig.publish()
    held = []
    media = interleaved(video_packets(30, 40, gop_s=2, size=11_000), audio_packets(40, size=340))

    def look() -> None:
        held.append(rig.origin.memory_bytes())

    await publisher.send(media, look)
    assert 1.5e6 < max(held) < 4e6
    assert abs(max(held[len(held) // 2 :]) - max(held[: len(held) // 2])) < 0.3e6


async def test_old_segments_are_deleted(make_rig: Callable[[OriginConfig], Rig]) -> None:
    rig = make_rig(OriginConfig(window_s=10))
    await rig.origin.start()
    await rig.publish().play(120)
    await rig.settle()
    stored = [info.key for info in await rig.objects.list_prefix("media") if "/video/" in info.key]
    assert len(stored) < 10 + 20 + 32 + 4
    await rig.stop()
