"""Settings reach running streams: nothing drops, and everything is stamped with the change it runs under."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hls_conformance import check_media_playlist
from origin_rig import Rig
from tidegate.core.chunks import Chunk
from tidegate.core.settings import (
    Catalogue,
    Change,
    Setting,
    SettingsBook,
    SettingState,
    Subject,
    Value,
    in_share,
)
from tidegate.media.cmaf import settings as cmaf
from tidegate.media.origin import settings as origin
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.config import OriginConfig
from tidegate.media.origin.settings import GRACE_S, LINGER_S, WINDOW_S


class Book(SettingsBook):
    """A book in which a test sets one value after the other."""

    def set(self, setting: Setting, value: Value | None, **own: Value) -> None:
        version = self.state(setting.name).version + 1
        self.apply(SettingState(setting.name, version, value, {"channel": own} if own else {}))

    def release(self, setting: Setting, value: Value, share: float, change: str = "chg_a") -> None:
        version = self.state(setting.name).version + 1
        self.apply(SettingState(setting.name, version, changes=(Change(change, value, share, "salt"),)))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    book = Book(Catalogue([*cmaf.SETTINGS, *origin.SETTINGS]), here=Subject(node="n1"))
    made = Rig(tmp_path / "objects", OriginConfig(), book)
    await made.origin.start()
    yield made
    await made.stop()


@pytest.fixture
def stamped(monkeypatch: pytest.MonkeyPatch) -> list[Chunk]:
    """Every chunk that a broadcast takes in."""
    seen: list[Chunk] = []
    add = Broadcast.add
    monkeypatch.setattr(
        Broadcast, "add", lambda self, session, chunk: (seen.append(chunk), add(self, session, chunk))
    )
    return seen


def pass_time(rig: Rig, seconds: float) -> None:
    for _ in range(round(seconds * 4)):
        rig.clock.advance(0.25)
        rig.origin.sweep()


def length(rig: Rig) -> float:
    return sum(segment.duration for segment in check_media_playlist(rig.text()).segments)


async def test_a_shorter_grace_ends_a_wait_that_has_begun(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(3)
    publisher.packager.close("disconnected")
    pass_time(rig, 4)
    assert rig.state() == "interrupted"
    rig.book.set(GRACE_S, 5.0)
    pass_time(rig, 0.5)
    assert rig.state() == "interrupted"
    pass_time(rig, 1)
    assert rig.state() == "ended"


async def test_a_longer_grace_saves_a_stream_that_waits(rig: Rig) -> None:
    rig.book.set(GRACE_S, 5.0)
    publisher = rig.publish()
    await publisher.play(3)
    publisher.packager.close("disconnected")
    pass_time(rig, 4)
    rig.book.set(GRACE_S, 30.0)
    pass_time(rig, 20)
    assert rig.state() == "interrupted"
    await rig.publish().play(2)
    assert rig.state() == "live"


async def test_a_goodbye_waits_as_long_as_is_set_for_goodbyes(rig: Rig) -> None:
    rig.book.set(LINGER_S, 2.0)
    publisher = rig.publish()
    await publisher.play(3)
    publisher.packager.close("unpublished")
    rig.book.set(GRACE_S, 30.0)  # another kind of wait
    pass_time(rig, 2.5)
    assert rig.state() == "ended"


async def test_a_channels_own_value_is_its_alone(rig: Rig) -> None:
    rig.book.set(GRACE_S, None, other=5.0)
    one, other = rig.publish("demo"), rig.publish("other")
    await one.play(3)
    await other.play(3)
    one.packager.close("disconnected")
    other.packager.close("disconnected")
    pass_time(rig, 6)
    assert (rig.state("demo"), rig.state("other")) == ("interrupted", "ended")


async def test_the_window_of_a_running_stream_follows(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(40)
    assert length(rig) > 38
    rig.book.set(WINDOW_S, 15.0)
    await publisher.play(2, start=40)
    shrunk = length(rig)
    assert 15 <= shrunk < 18
    rig.book.set(WINDOW_S, 20.0)
    await publisher.play(10, start=42)
    assert 20 <= length(rig) < 23


async def test_segments_are_as_long_as_is_set_from_the_next_one_on(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(6, gop_s=0.5)
    rig.book.set(cmaf.SEGMENT_MIN_S, 0.5)
    await publisher.play(6, start=6, gop_s=0.5)
    rig.book.set(cmaf.SEGMENT_MIN_S, 2.0)
    await publisher.play(7, start=12, gop_s=0.5)
    made = check_media_playlist(rig.text())
    lengths = [round(segment.duration, 1) for segment in made.segments]
    assert lengths[:5] == [1.0] * 5
    assert lengths[8:15] == [0.5] * 7
    assert lengths[-2:] == [2.0] * 2
    assert not any(segment.starts_discontinuity for segment in made.segments)


async def test_longest_segments_follow_too(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(6, gop_s=20)
    rig.book.set(cmaf.SEGMENT_MAX_S, 1.0)
    await publisher.play(6, start=6, gop_s=20)
    lengths = [segment.duration for segment in check_media_playlist(rig.text()).segments]
    assert lengths[0] == pytest.approx(2.0, abs=0.21)
    assert lengths[-2] == pytest.approx(1.0, abs=0.21)


async def test_parts_are_as_long_as_is_set_for_the_next_stream(rig: Rig) -> None:
    first = rig.publish()
    await first.play(2)
    rig.book.set(cmaf.PART_TARGET_S, 0.5)
    await first.play(2, start=2)
    assert "PART-TARGET=0.2" in rig.text()
    first.packager.close("disconnected")
    await rig.publish().play(2)
    assert "PART-TARGET=0.5" in rig.text()


async def test_every_chunk_and_the_stream_tell_their_arms(rig: Rig, stamped: list[Chunk]) -> None:
    publisher = rig.publish()
    await publisher.play(1)
    assert {chunk.arms for chunk in stamped} == {()}
    rig.book.release(GRACE_S, 5.0, 1.0)
    stamped.clear()
    await publisher.play(1, start=1)
    assert {chunk.arms for chunk in stamped} == {("chg_a:treatment",)}
    assert rig.origin.status("demo").arms == ("chg_a:treatment",)
    stamped.clear()
    rig.book.set(GRACE_S, 5.0)
    await publisher.play(1, start=2)
    assert {chunk.arms for chunk in stamped} == {()}


async def test_a_change_by_session_or_stream_finds_them(tmp_path: Path) -> None:
    by_session = Setting(name="x.by_session", default=1, owner="x", sentence="x", gray_unit="session")
    by_stream = Setting(name="x.by_stream", default=1, owner="x", sentence="x", gray_unit="stream")
    book = Book(Catalogue([by_session, by_stream]))
    book.release(by_session, 2, 1.0, "chg_s")
    book.release(by_stream, 2, 1.0, "chg_b")
    rig = Rig(tmp_path, OriginConfig(), book)
    await rig.origin.start()
    await rig.publish().play(1)
    assert rig.origin.status("demo").arms == ("chg_s:treatment", "chg_b:treatment")
    await rig.stop()


async def test_of_two_publishers_each_is_stamped_as_its_own(tmp_path: Path, stamped: list[Chunk]) -> None:
    by_session = Setting(name="x.by_session", default=1, owner="x", sentence="x", gray_unit="session")
    book = Book(Catalogue([by_session]))
    book.release(by_session, 2, 0.5, "chg_s")
    chosen = next(name for name in (f"ses_local_{n}" for n in range(50)) if in_share("salt", name, 0.5))
    spared = next(name for name in (f"ses_local_{n}" for n in range(50)) if not in_share("salt", name, 0.5))
    rig = Rig(tmp_path, OriginConfig(), book)
    await rig.origin.start()
    primary, backup = rig.publish(session=chosen), rig.publish(session=spared, role="backup")
    await primary.play(2)
    assert rig.origin.status("demo").arms == ("chg_s:treatment",)
    await backup.play(2)
    primary.packager.close("disconnected")
    stamped.clear()
    await backup.play(2, start=2)
    assert rig.origin.status("demo").arms == ("chg_s:control",)
    assert {chunk.arms for chunk in stamped} == {("chg_s:control",)}
    await rig.stop()


async def test_a_setting_outlives_a_restart_of_the_stream(rig: Rig) -> None:
    rig.book.set(GRACE_S, 5.0)
    await rig.publish().play(3)
    await rig.kill_and_restart()
    assert rig.state() == "interrupted"
    pass_time(rig, 4)
    assert rig.state() == "interrupted"
    pass_time(rig, 2)
    assert rig.state() == "ended"
