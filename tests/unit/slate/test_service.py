"""Slates made beforehand in a process of their own, kept, and made anew when what they show has changed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tidegate.core.chunks import Track
from tidegate.core.clock import ManualClock
from tidegate.core.settings import SettingsBook, SettingState
from tidegate.media.slate import service
from tidegate.media.slate.pictures import Pictures
from tidegate.media.slate.service import SlateMaker
from tidegate.media.slate.types import PictureError, SlateError
from tidegate.media.testcard.canvas import Canvas
from tidegate.media.testcard.colour import Ycc
from tidegate.media.testcard.png import to_png
from tidegate.objects.local import LocalObjects

TRACKS = (
    Track("video", "video", "avc1.64001f", 90_000, b"", 0.2, width=160, height=90, fps=30.0),
    Track("audio", "audio", "mp4a.40.2", 48_000, b"", 0.2, sample_rate=48_000, channels=2),
)


class Desk:
    def __init__(self, folder: Path) -> None:
        self.objects = LocalObjects(folder)
        self.book = SettingsBook()
        self.clock = ManualClock()
        self.titles = {"demo": "Demo", "other": "Demo"}
        self.maker = SlateMaker(
            Pictures(self.objects), self.book, self.clock, lambda name: self.titles.get(name, "")
        )

    async def made(self, channel: str = "demo") -> None:
        while channel in self.maker._tasks:
            await asyncio.sleep(0.01)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    yield made
    await made.maker.stop()
    await made.objects.close()


def picture() -> bytes:
    canvas = Canvas(128, 72)
    canvas.fill(0, 0, 128, 72, Ycc(120, 90, 200))
    return to_png(canvas)


async def test_a_slate_is_made_once_for_channels_that_look_the_same(desk: Desk) -> None:
    assert desk.maker.loop("demo", TRACKS) is None
    for _ in range(3):
        desk.maker.prepare("demo", TRACKS)
    await desk.made()
    loop = desk.maker.loop("demo", TRACKS)
    assert loop is not None
    assert [track.track.name for track in loop.tracks] == ["video", "audio"]
    desk.maker.prepare("other", TRACKS)
    await desk.made("other")
    assert desk.maker.loop("other", TRACKS) is loop
    assert desk.maker.made == 1
    assert desk.maker.loop("demo", TRACKS[:1]) is None, "of another layout"


async def test_settings_and_uploads_make_it_anew(desk: Desk) -> None:
    desk.maker.prepare("demo", TRACKS)
    await desk.made()
    drawn = desk.maker.loop("demo", TRACKS)
    await desk.maker.upload("demo", picture())
    await desk.made()
    own = desk.maker.loop("demo", TRACKS)
    assert own is not None
    assert own != drawn
    assert await desk.maker.has_picture("demo")
    desk.book.apply(SettingState("continuity.slate", 1, None, {"channel": {"demo": "generated"}}))
    await desk.made()
    assert desk.maker.loop("demo", TRACKS) is drawn
    desk.book.apply(SettingState("continuity.slate", 2, "off"))
    assert desk.maker.loop("demo", TRACKS) is None
    assert not desk.maker.shown("demo")
    desk.book.apply(SettingState("continuity.slate", 3, None))
    await desk.made()
    assert desk.maker.loop("demo", TRACKS) is own
    await desk.maker.remove_picture("demo")
    await desk.made()
    assert desk.maker.loop("demo", TRACKS) is drawn
    assert (await desk.maker.preview("demo")).startswith(b"\x89PNG")


async def test_a_damaged_upload_is_refused_and_changes_nothing(desk: Desk) -> None:
    for data in (b"no picture", picture()[:60]):
        with pytest.raises(PictureError):
            await desk.maker.upload("demo", data)
    assert not await desk.maker.has_picture("demo")


async def test_a_channel_takes_its_picture_with_it(desk: Desk) -> None:
    await desk.maker.upload("demo", picture())
    await desk.maker.forget("demo")
    assert not await desk.maker.has_picture("demo")
    assert await desk.objects.list_prefix("slates") == []


async def test_what_takes_too_long_is_given_up_and_not_tried_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "JOB_S", 0.0)
    with pytest.raises(SlateError, match="not made within"):
        await desk.maker.preview("demo")
    desk.maker.prepare("demo", TRACKS)
    await desk.made()
    assert desk.maker.loop("demo", TRACKS) is None
    assert desk.maker.failed == 1
    monkeypatch.setattr(service, "JOB_S", 60.0)
    desk.maker.prepare("demo", TRACKS)
    await desk.made()
    assert desk.maker.loop("demo", TRACKS) is None
    desk.clock.advance(service.RETRY_S + 1)
    desk.maker.prepare("demo", TRACKS)
    await desk.made()
    assert desk.maker.loop("demo", TRACKS) is not None


async def test_loops_in_memory_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LOOPS_MAX", 1)
    for channel, title in (("demo", "One"), ("other", "Two")):
        desk.titles[channel] = title
        desk.maker.prepare(channel, TRACKS[1:])
        await desk.made(channel)
    assert desk.maker.loop("demo", TRACKS[1:]) is None
    assert desk.maker.loop("other", TRACKS[1:]) is not None
