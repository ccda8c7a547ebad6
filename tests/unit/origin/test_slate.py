"""What viewers see while nobody publishes: when a slate begins, how it goes on, and how it gives way."""

import pytest

from hls_conformance import PlaylistHistory, check_media_playlist
from origin_rig import Rig
from tidegate.core.chunks import Chunk, Loop, LoopTrack, Track
from tidegate.core.streams import StreamStatus
from tidegate.media.cmaf.boxes import read_boxes
from tidegate.media.cmaf.fragment import fragment
from tidegate.media.origin.slate import LEAD_S


class ReadySlates:
    """Slates of any stream, made at once: ten video parts of 0.2 s, audio parts of 9 AAC frames."""

    def __init__(self) -> None:
        self.prepared: list[tuple[str, tuple[str, ...]]] = []
        self.off = False

    def prepare(self, channel: str, tracks: tuple[Track, ...]) -> None:
        self.prepared.append((channel, tuple(track.name for track in tracks)))

    def loop(self, channel: str, tracks: tuple[Track, ...]) -> Loop | None:
        del channel
        made = tuple(LoopTrack(track, _chunks(track)) for track in tracks)
        return None if self.off or not made else Loop(made)


def _chunks(track: Track) -> tuple[Chunk, ...]:
    ticks, count, samples = (18_000, 10, 6) if track.kind == "video" else (9 * 1024, 1, 9)
    return tuple(
        Chunk(
            track.name, index * ticks, ticks, index == 0 or track.kind == "audio", 0, 0.0, samples,
            fragment(1, 0, [ticks // samples] * samples, None, None, [b"still"] * samples, starts_segment=False),
        )
        for index in range(count)
    )  # fmt: skip


@pytest.fixture
def slates(rig: Rig) -> ReadySlates:
    made = ReadySlates()
    rig.origin._slates = made
    return made


def status(rig: Rig) -> StreamStatus:
    found = rig.origin.status("demo")
    assert found is not None
    return found


async def pass_time(rig: Rig, seconds: float, *histories: tuple[str, PlaylistHistory]) -> None:
    for _ in range(round(seconds * 10)):
        rig.clock.advance(0.1)
        rig.origin.sweep()
        for track, history in histories:
            history.add(rig.text(track))
    await rig.settle()


async def test_a_lost_publisher_leaves_a_slate_that_goes_on_in_real_time(
    rig: Rig, slates: ReadySlates
) -> None:
    histories = [(track, PlaylistHistory()) for track in ("video", "audio")]
    first = rig.publish()
    await first.play(5.3)
    assert slates.prepared == [("demo", ("video", "audio"))]
    assert status(rig).slate == "ready"
    first.packager.close("disconnected")
    await pass_time(rig, 1.8, *histories)
    assert (rig.state(), status(rig).slate) == ("interrupted", "ready")
    await pass_time(rig, 0.4, *histories)
    assert (rig.state(), status(rig).slate) == ("interrupted", "on air")
    began_s = rig.clock.wall()
    for _ in range(20):
        await pass_time(rig, 1, *histories)
        for track in ("video", "audio"):
            made = check_media_playlist(rig.text(track))
            last = made.open or made.segments[-1]
            listed = last.date + (sum(part.duration for part in last.parts) if made.open else last.duration)
            assert rig.clock.wall() - listed < 0.45, "at the live edge"
    made = check_media_playlist(rig.text())
    slate = [segment for segment in made.segments if "slate" in segment.uri]
    assert [segment.starts_discontinuity for segment in slate] == [True] + [False] * (len(slate) - 1)
    assert {segment.duration for segment in slate} == {2.0}
    assert slate[0].date == pytest.approx(began_s - LEAD_S, abs=0.5)
    assert made.hint.startswith("part-slate")
    assert status(rig).discontinuities == 1
    assert [event.reason for event in rig.events][-1] == "slate"


async def test_a_hinted_part_of_a_slate_is_waited_for(rig: Rig, slates: ReadySlates) -> None:
    first = rig.publish()
    await first.play(3)
    first.packager.close("disconnected")
    await pass_time(rig, 3)
    waiting = rig.later(f"demo/video/{check_media_playlist(rig.text()).hint}")
    await pass_time(rig, 0.3)
    body = (await waiting).body
    moof = next(box for box in read_boxes(body) if box.kind == b"moof")
    tfdt = moof.child(b"traf", b"tfdt")
    assert tfdt is not None
    assert int.from_bytes(tfdt.payload[4:], "big") / 90_000 > 3.0


async def test_the_publisher_comes_back_from_a_slate_at_its_first_keyframe(
    rig: Rig, slates: ReadySlates
) -> None:
    history = PlaylistHistory()
    first = rig.publish()
    await first.play(5)
    first.packager.close("disconnected")
    await pass_time(rig, 8, ("video", history))
    second = rig.publish()
    assert status(rig).slate == "on air", "until there is something better"
    await second.play(3, each=lambda: history.add(rig.text()) and None)
    assert (rig.state(), status(rig).slate) == ("live", "ready")
    made = check_media_playlist(rig.text())
    kinds = ["slate" if "slate" in segment.uri else segment.uri.split("-")[1] for segment in made.segments]
    assert kinds == sorted(kinds, key=["001", "slate", "002"].index)
    assert sum(segment.starts_discontinuity for segment in made.segments) == 2
    assert [note.code for note in status(rig).notes] == []
    assert status(rig).bytes_in == sum(
        segment.size for window in rig.origin._streams["demo"].broadcast.windows.values()
        for segment in (*window.segments, *filter(None, [window.open])) if "slate" not in segment.session
    )  # fmt: skip


async def test_a_silent_publisher_gives_way_and_returns(rig: Rig, slates: ReadySlates) -> None:
    publisher = rig.publish()
    await publisher.play(4)
    await pass_time(rig, 3)
    assert (rig.state(), status(rig).slate, status(rig).publisher) == ("interrupted", "on air", None)
    assert [each.place for each in status(rig).publishers] == ["standby"]
    await publisher.play(2, start=7)
    assert (rig.state(), status(rig).slate) == ("live", "ready")
    assert publisher.fenced == []
    check_media_playlist(rig.text())


async def test_a_slate_ends_with_the_grace(rig: Rig, slates: ReadySlates) -> None:
    publisher = rig.publish()
    await publisher.play(4)
    publisher.packager.close("disconnected")
    await pass_time(rig, 59)
    assert status(rig).slate == "on air"
    await pass_time(rig, 2)
    assert rig.state() == "ended"
    assert check_media_playlist(rig.text()).ended
    await pass_time(rig, 5)
    assert status(rig).slate != "on air"


async def test_a_channel_without_a_slate_waits_as_ever(rig: Rig, slates: ReadySlates) -> None:
    slates.off = True
    publisher = rig.publish()
    await publisher.play(4)
    publisher.packager.close("disconnected")
    await pass_time(rig, 20)
    assert (rig.state(), status(rig).slate, status(rig).discontinuities) == ("interrupted", "none", 0)


async def test_a_standby_goes_before_a_slate(rig: Rig, slates: ReadySlates) -> None:
    primary = rig.publish()
    backup = rig.publish(role="backup")
    await rig.play_together(5, primary, backup)
    await rig.play_together(5, backup)
    assert (rig.state(), status(rig).slate) == ("live", "ready")
    backup.packager.close("disconnected")
    await pass_time(rig, 3)
    assert status(rig).slate == "on air"
    primary.packager.close("disconnected")
    again = rig.publish(role="backup")
    await rig.play_together(2, again)
    assert (rig.state(), status(rig).slate) == ("live", "ready")


async def test_a_slate_survives_a_restart(rig: Rig, slates: ReadySlates) -> None:
    history = PlaylistHistory()
    publisher = rig.publish()
    await publisher.play(4)
    publisher.packager.close("disconnected")
    await pass_time(rig, 9, ("video", history))
    await rig.kill_and_restart()
    rig.origin._slates = slates
    rig.origin._streams["demo"].broadcast.fallback._slates = slates
    rig.origin._streams["demo"].broadcast.fallback.prepare()
    await pass_time(rig, 6, ("video", history))
    assert status(rig).slate == "on air"
    await rig.publish().play(3, each=lambda: history.add(rig.text()) and None)
    assert rig.state() == "live"
