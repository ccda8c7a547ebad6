"""Two publishers of one channel: who is on air, when one takes over, and what viewers' playlists look like then."""

from itertools import pairwise

import pytest

from hls_conformance import PlaylistHistory, check_media_playlist
from origin_rig import Publishing, Rig
from tidegate.core.chunks import Chunk, Track
from tidegate.core.errors import ConflictError
from tidegate.core.streams import PublisherStatus, Role, StreamStatus
from tidegate.media.cmaf.boxes import read_boxes
from tidegate.media.origin import hold
from tidegate.media.origin.hold import Hold


def status(rig: Rig) -> StreamStatus:
    found = rig.origin.status("demo")
    assert found is not None
    return found


def on_air(rig: Rig) -> Role | None:
    publisher = status(rig).publisher
    return publisher.role if publisher is not None else None


def publisher(rig: Rig, role: Role) -> PublisherStatus:
    return next(each for each in status(rig).publishers if each.publisher.role == role)


async def both(rig: Rig, seconds: float = 6.4) -> tuple[Publishing, Publishing]:
    """Primary on air, backup standing by; their keyframes do not fall together."""
    primary = rig.publish()
    await rig.play_together(0.7, primary)
    backup = rig.publish(role="backup")
    await rig.play_together(seconds, primary, backup)
    return primary, backup


def decode_times(rig: Rig, track: str) -> list[float]:
    """Decode time of every part in memory, seconds."""
    window = rig.origin._streams["demo"].broadcast.windows[track]
    found = []
    for segment in (*window.segments, *([window.open] if window.open else [])):
        for part in segment.parts or []:
            moof = next(box for box in read_boxes(part) if box.kind == b"moof")
            tfdt = moof.child(b"traf", b"tfdt")
            found.append(int.from_bytes(tfdt.payload[4:12], "big") / window.track.timescale)
    return found


async def test_a_standby_is_held_ready_and_not_listed(rig: Rig) -> None:
    await both(rig)
    assert on_air(rig) == "primary"
    assert publisher(rig, "primary").place == "on air"
    waiting = publisher(rig, "backup")
    assert (waiting.place, waiting.ready) == ("standby", True)
    assert waiting.kbps > 5
    assert waiting.steady_s == pytest.approx(6.4, abs=0.3)
    made = check_media_playlist(rig.text())
    assert {segment.uri.split("-")[1] for segment in made.segments} == {"001"}
    assert (made.discontinuity, status(rig).discontinuities) == (0, 0)
    assert len(status(rig).tracks) == 2


@pytest.mark.parametrize("reason", ["disconnected", "unpublished", "refused"])
async def test_when_the_primary_ends_the_backup_goes_on_at_its_newest_keyframe(rig: Rig, reason) -> None:
    history = {track: PlaylistHistory() for track in ("video", "audio")}
    primary, backup = await both(rig)
    last = {track: each.add(rig.text(track)).last for track, each in history.items()}
    primary.packager.close(reason)
    assert (rig.state(), on_air(rig)) == ("live", "backup")
    made = {track: each.add(rig.text(track)) for track, each in history.items()}
    listed = made["video"].open or made["video"].segments[-1]
    assert listed.starts_discontinuity
    assert listed.msn > last["video"][0]
    await rig.play_together(4, backup)
    made = {track: each.add(rig.text(track)) for track, each in history.items()}
    for each in made.values():
        assert sum(segment.starts_discontinuity for segment in each.segments) == 1
        assert {segment.uri.split("-")[1] for segment in each.segments} == {"001", "002"}
    assert status(rig).discontinuities == 1
    events = [(event.state, event.reason) for event in rig.events]
    assert events == [
        ("starting", ""),
        ("live", ""),
        ("live", f"backup took over: the primary ended ({reason})"),
    ]
    assert [note.code for note in status(rig).notes] == ["on-backup"]


async def test_decode_times_go_on_over_a_switch_on_every_track(rig: Rig) -> None:
    primary, backup = await both(rig, 3.4)
    primary.packager.close("disconnected")
    await rig.play_together(1.5, backup)
    for track in ("video", "audio"):
        times = decode_times(rig, track)
        steps = [after - before for before, after in pairwise(times)]
        assert all(-0.03 < step < 0.45 for step in steps), (track, steps)


async def test_a_silent_primary_is_replaced_after_the_set_time(rig: Rig) -> None:
    _, backup = await both(rig)
    rig.origin._streams["demo"].broadcast.config.switch_after_s = 2.0
    await rig.play_together(1.8, backup)
    assert on_air(rig) == "primary"
    await rig.play_together(0.5, backup)
    assert (on_air(rig), rig.state()) == ("backup", "live")
    assert publisher(rig, "primary").ready is False


async def test_viewers_return_to_a_primary_that_has_been_steady(rig: Rig) -> None:
    history = PlaylistHistory()
    primary, backup = await both(rig)
    primary.packager.close("disconnected")
    await rig.play_together(3, backup)
    again = rig.publish()
    await rig.play_together(9.5, backup, again)
    history.add(rig.text())
    assert on_air(rig) == "backup"
    await rig.play_together(2, backup, again)
    assert on_air(rig) == "primary"
    assert publisher(rig, "backup").ready
    made = history.add(rig.text())
    assert sum(segment.starts_discontinuity for segment in made.segments) == 2
    assert status(rig).notes[-1].message == "Viewers were switched to the primary: it is steady again."
    again.packager.close("disconnected")
    assert on_air(rig) == "backup"
    await rig.play_together(3, backup)
    names = {segment.uri.split("-")[1] for segment in history.add(rig.text()).segments}
    assert names == {"001", "002", "003", "002t2"}, "a second turn on air never reuses an address"
    for each in ("video", "audio"):
        check_media_playlist(rig.text(each))


async def test_a_primary_that_falters_is_not_returned_to(rig: Rig) -> None:
    primary, backup = await both(rig)
    primary.packager.close("disconnected")
    again = rig.publish()
    for _ in range(4):
        await rig.play_together(6, backup, again)
        await rig.play_together(1.5, backup)
        again.sent_s += 1.5
        assert on_air(rig) == "backup"


async def test_frames_meet_where_both_have_one_clock(rig: Rig) -> None:
    """The return waits for the keyframe's date, so what viewers get twice or not at all is less than a part."""
    primary, backup = await both(rig)
    primary.packager.close("disconnected")
    again = rig.publish()
    await rig.play_together(13, backup, again)
    assert on_air(rig) == "primary"
    made = check_media_playlist(rig.text())
    change = next(i for i, segment in enumerate(made.segments) if segment.uri.split("-")[1] == "003")
    before, after = made.segments[change - 1], made.segments[change]
    overlap_s = before.date + before.duration - after.date
    assert -0.05 < overlap_s < 0.25


async def test_an_operator_switches_and_it_stays(rig: Rig) -> None:
    primary, backup = await both(rig)
    assert rig.origin.switch("demo", None) == "backup"
    assert on_air(rig) == "primary", "at the next keyframe"
    await rig.play_together(2, primary, backup)
    assert on_air(rig) == "backup"
    await rig.play_together(25, primary, backup)
    assert on_air(rig) == "backup", "the primary is steady, but an operator chose"
    assert rig.origin.switch("demo", "backup") == "backup"
    assert rig.origin.switch("demo", "primary") == "primary"
    await rig.play_together(2, primary, backup)
    assert on_air(rig) == "primary"
    rig.origin.switch("demo", "backup")
    await rig.play_together(2, primary, backup)
    backup.packager.close("disconnected")
    assert on_air(rig) == "primary"
    again = rig.publish(role="backup")
    await rig.play_together(25, primary, again)
    assert on_air(rig) == "primary", "the operator's choice ended with the publisher it was for"


async def test_switching_to_nobody_is_a_sentence(rig: Rig) -> None:
    with pytest.raises(ConflictError, match="Nobody is publishing"):
        rig.origin.switch("demo", None)
    primary = rig.publish()
    await rig.play_together(3, primary)
    with pytest.raises(ConflictError, match="no backup publisher"):
        rig.origin.switch("demo", "backup")
    rig.publish(role="backup")
    with pytest.raises(ConflictError, match="no standby publisher"):
        rig.origin.switch("demo", None)


async def test_a_backup_alone_is_on_air(rig: Rig) -> None:
    backup = rig.publish(role="backup")
    await rig.play_together(3, backup)
    assert (rig.state(), on_air(rig)) == ("live", "backup")
    primary = rig.publish()
    await rig.play_together(13, backup, primary)
    assert on_air(rig) == "primary"


async def test_a_standby_without_a_keyframe_takes_over_when_it_has_one(rig: Rig) -> None:
    primary = rig.publish()
    await rig.play_together(3, primary)
    backup = rig.publish(role="backup")
    primary.packager.close("disconnected")
    assert rig.state() == "interrupted"
    await rig.play_together(0.5, backup)
    assert (rig.state(), on_air(rig)) == ("live", "backup")


async def test_two_that_never_sent_leave_no_trace(rig: Rig) -> None:
    primary, backup = rig.publish(), rig.publish(role="backup")
    primary.packager.close("disconnected")
    assert rig.state() == "starting"
    backup.packager.close("disconnected")
    rig.origin.sweep()
    assert rig.state() is None


async def test_kicking_hangs_up_on_both(rig: Rig) -> None:
    primary, backup = await both(rig)
    assert rig.origin.kick("demo") is True
    assert (primary.fenced, backup.fenced) == (["kicked"], ["kicked"])
    assert rig.state() == "interrupted"
    assert status(rig).publishers == ()
    assert rig.origin.kick("demo") is False


async def test_a_newer_backup_takes_over_from_an_older_backup_alone(rig: Rig) -> None:
    primary, backup = await both(rig)
    newer = rig.publish(role="backup")
    assert (primary.fenced, backup.fenced) == ([], ["taken-over"])
    await rig.play_together(2, primary, newer)
    assert publisher(rig, "backup").publisher.session == "ses_local_003"
    assert status(rig).discontinuities == 0


async def test_two_encoders_on_one_key_do_not_play_ping_pong(rig: Rig) -> None:
    first = rig.publish(encoder="one")
    await rig.play_together(3, first)
    second = rig.publish(encoder="two")
    assert first.fenced == ["taken-over"]
    for _ in range(10):
        await rig.play_together(4, second)
        with pytest.raises(ConflictError, match="took this stream over") as refusal:
            rig.publish(encoder="one")
        assert "rotate the key" in refusal.value.hint
    assert second.fenced == []
    assert status(rig).discontinuities == 1
    third = rig.publish(encoder="three")
    assert second.fenced == ["taken-over"], "a new encoder may always take over"
    await rig.play_together(2, third)
    rig.clock.advance(1.5)
    rig.publish(encoder="two")
    assert third.fenced == ["taken-over"], "one that delivers nothing is no rival"


async def test_after_keeping_still_an_encoder_may_take_over_again(rig: Rig) -> None:
    rig.publish(encoder="one")
    second = rig.publish(encoder="two")
    await rig.play_together(16, second)
    rig.publish(encoder="one")
    assert second.fenced == ["taken-over"]


async def test_a_restart_knows_nothing_of_standbys_and_goes_on(rig: Rig) -> None:
    await both(rig)
    await rig.kill_and_restart()
    assert rig.state() == "interrupted"
    backup = rig.publish(role="backup")
    await rig.play_together(3, backup)
    assert (rig.state(), on_air(rig)) == ("live", "backup")
    check_media_playlist(rig.text())


VIDEO = Track("video", "video", "avc1.64001f", 90_000, b"", 0.2)
AUDIO = Track("audio", "audio", "mp4a.40.2", 48_000, b"", 0.2)


def chunk(track: str, segment: int, *, key: bool = False, size: int = 10) -> Chunk:
    return Chunk(track, 0, 1, key, segment, 0.0, 1, bytes(size))


def test_a_hold_begins_with_its_newest_keyframe() -> None:
    held = Hold()
    held.track(VIDEO)
    held.track(AUDIO)
    assert not held.add(chunk("video", 0))
    assert not held.add(chunk("audio", 0, key=True))
    assert not held.ready
    assert held.add(chunk("video", 1, key=True))
    assert not held.add(chunk("video", 1, key=True)), "a keyframe within a segment begins none"
    held.add(chunk("audio", 1, key=True))
    held.add(chunk("audio", 2, key=True))
    assert held.add(chunk("video", 2, key=True))
    assert [(each.track, each.segment) for each in held.release()] == [("audio", 2), ("video", 2)]
    assert not held.ready


def test_a_hold_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold, "HOLD_BYTES_MAX", 1000)
    held = Hold()
    held.track(VIDEO)
    held.add(chunk("video", 0, key=True))
    for _ in range(1000):
        held.add(chunk("video", 0, size=100))
        assert len(held.chunks) < 20
    assert not held.ready
    assert held.add(chunk("video", 1, key=True))
