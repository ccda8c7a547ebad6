"""Rows follow what is stored: a recording begins, grows, ends, is found again, is removed."""

import shutil

import pytest
from sqlalchemy import delete

from recordings_rig import Studio
from tidegate.media.recordings.types import (
    RecordingGrowsError,
    RecordingNotFoundError,
    broadcast_of,
    recording_of,
)
from tidegate.store.tables import recordings


async def test_a_broadcast_makes_one_recording_across_drops(studio: Studio) -> None:
    publisher = studio.publish()
    await publisher.play(12)
    await studio.recordings.reconcile()
    (growing,) = await studio.recordings.recent()
    assert (growing.state, growing.channel, growing.title) == ("growing", "demo", "The demo show")
    assert growing.duration_s > 5
    publisher.packager.close("disconnected")
    studio.clock.advance(20)
    studio.origin.sweep()
    again = studio.publish()
    await again.play(10)
    again.packager.close("unpublished")
    await studio.end()
    (made,) = await studio.recordings.recent()
    assert made.id == growing.id
    assert (made.state, made.gap_s) == ("ready", 0.0)
    assert 21 <= made.duration_s <= 23
    assert made.bytes > 0
    assert made.ended_at > made.started_at
    assert [event["change"] for event in await studio.told()] == ["started", "ready"]


async def test_a_killed_broadcast_that_nobody_returns_to_is_partial_and_ends(studio: Studio) -> None:
    await studio.publish().play(30)
    await studio.recordings.reconcile()
    await studio.kill_and_restart()
    studio.clock.advance(61)
    studio.origin.sweep()
    await studio.end()
    (made,) = await studio.recordings.recent()
    assert made.state == "partial"
    assert 27 <= made.duration_s <= 36
    assert 0 < made.gap_s <= 4


async def test_finishing_never_writes_over_what_was_just_stored(studio: Studio) -> None:
    publisher = studio.publish()
    await publisher.play(20)
    await studio.recordings.reconcile()
    publisher.packager.close("unpublished")
    studio.clock.advance(11)
    await studio.recordings.recent()  # has the manifest read, a moment before its end is written
    studio.origin.sweep()
    await studio.settle()
    studio.origin.sweep()
    await studio.settle()
    await studio.recordings.reconcile()
    (made,) = await studio.recordings.recent()
    assert (made.state, made.gap_s) == ("ready", 0.0)
    assert made.duration_s >= 19.5


async def test_killed_before_it_had_a_manifest_it_is_still_recorded(studio: Studio) -> None:
    await studio.publish().play(4)
    await studio.recordings.reconcile()
    assert not (studio.media() / "manifest.jsonl").exists()
    await studio.kill_and_restart()
    await studio.recordings.reconcile()
    assert list(studio.media().rglob("*.m4s")), "what is listed is there"
    publisher = studio.publish()
    await publisher.play(10)
    publisher.packager.close("unpublished")
    await studio.end()
    (made,) = await studio.recordings.recent()
    assert made.duration_s - made.gap_s >= 13


async def test_a_broadcast_whose_index_was_lost_still_has_its_recording(studio: Studio) -> None:
    await studio.publish().play(30)
    await studio.recordings.reconcile()
    shutil.rmtree(studio.folder / "live")
    await studio.kill_and_restart()
    assert studio.state() is None
    await studio.recordings.reconcile()
    (made,) = await studio.recordings.recent()
    assert made.state == "ready"
    assert 20 <= made.duration_s <= 30
    playlist = await studio.fetch(f"demo/{made.id}/video/index.m3u8")
    assert playlist.body.endswith(b"#EXT-X-ENDLIST\n")


async def test_a_broadcast_of_which_nothing_was_stored_leaves_no_recording(studio: Studio) -> None:
    studio.objects.full = True
    publisher = studio.publish()
    await publisher.play(5)
    await studio.recordings.reconcile()
    publisher.packager.close("unpublished")
    studio.clock.advance(400)
    for _ in range(3):
        studio.origin.sweep()
        await studio.settle()
        studio.clock.advance(301)
    studio.objects.full = False
    await studio.recordings.reconcile()
    assert await studio.recordings.recent() == []


async def test_nothing_is_recorded_where_it_is_switched_off(studio: Studio) -> None:
    studio.policy = type(studio.policy)(record=False, dvr_s=7200)
    publisher = studio.publish()
    await publisher.play(12)
    await studio.recordings.reconcile()
    assert await studio.recordings.recent() == []


async def test_a_lost_database_is_made_anew_from_the_manifests(studio: Studio) -> None:
    first = await studio.record(12, "one")
    second = await studio.record(15, "two")
    await studio.store.write(lambda transaction: transaction.execute(delete(recordings)))
    assert await studio.recordings.recent() == []
    assert {each.id for each in await studio.recordings.import_found()} == {first.id, second.id}
    again = await studio.recordings.get(first.id)
    assert (again.state, again.duration_s, again.bytes) == ("ready", first.duration_s, first.bytes)
    assert again.started_at == pytest.approx(first.started_at)
    assert await studio.recordings.import_found() == []


async def test_title_and_keeping_are_changed_and_told(studio: Studio) -> None:
    made = await studio.record(8)
    await studio.recordings.update(made.id, title="Evening", keep=True)
    again = await studio.recordings.get(made.id)
    assert (again.title, again.keep, again.version) == ("Evening", True, made.version + 1)
    with pytest.raises(RecordingNotFoundError):
        await studio.recordings.update("rec_local_0000", title="x")


async def test_deleting_takes_row_and_media_and_refuses_what_grows(studio: Studio) -> None:
    made = await studio.record(8)
    await studio.publish().play(8)
    await studio.recordings.reconcile()
    growing = next(each for each in await studio.recordings.recent() if each.state == "growing")
    with pytest.raises(RecordingGrowsError):
        await studio.recordings.delete(growing.id)
    await studio.recordings.delete(made.id)
    with pytest.raises(RecordingNotFoundError):
        await studio.recordings.get(made.id)
    assert (await studio.fetch(f"demo/{made.id}/index.m3u8")).status == 404
    assert [path.name for path in (studio.folder / "media" / "demo").iterdir()] == [growing.broadcast]


async def test_a_deleted_channel_takes_its_recordings_along(studio: Studio) -> None:
    await studio.record(8, "gone")
    kept = await studio.record(8, "kept")
    await studio.recordings.delete_channel("gone")
    assert [each.id for each in await studio.recordings.recent()] == [kept.id]


def test_names_of_recordings_and_broadcasts_come_of_each_other() -> None:
    assert recording_of("bro_eu-west_7m2k9x4c1t8v") == "rec_eu-west_7m2k9x4c1t8v"
    assert broadcast_of("rec_eu-west_7m2k9x4c1t8v") == "bro_eu-west_7m2k9x4c1t8v"
    for wrong in ("", "rec_", "bro_x_abcd", "rec_x_../..", "rec_x_abcd/..", "rec_X_abcd"):
        with pytest.raises(RecordingNotFoundError):
            broadcast_of(wrong)
