"""Renditions beside the publisher: numbered and dated like the source, through every kind of death."""

from collections.abc import Callable
from itertools import pairwise

import msgspec

from hls_conformance import check_media_playlist, parse_media_playlist
from origin_rig import Rig
from tidegate.core.chunks import Chunk, Track
from tidegate.media.cmaf.chunk_reader import ChunkReader
from tidegate.media.cmaf.reader import Header
from tidegate.media.origin.renditions import RenditionSide
from unit.cmaf.test_reader import CONFIG

RUNG = "720p"


class Transcoder:
    """Hands every chunk of the source on as a rendition, as if it had made one of it."""

    def __init__(self, rig: Rig, *, audio_only: bool = False) -> None:
        self.ended = 0
        self.took = 0
        self.deaf = False
        side = rig.origin.attach("demo", self._end, audio_only=audio_only)
        assert side is not None
        self.side: RenditionSide = side
        self.resumed = side.resume_dts(RUNG)
        self._reader = ChunkReader()
        self.stop: Callable[[], None] = side.follow(self._take, lambda: None)

    def _end(self) -> None:
        self.ended += 1

    def _take(self, data: bytes) -> None:
        for event in self._reader.feed(data):
            if isinstance(event, Header):
                source = self.side.source
                track = Track(
                    RUNG,
                    "video",
                    source.codec,
                    source.timescale,
                    event.data,
                    source.part_target_s,
                    width=640,
                    height=360,
                )
                self.side.track(track)
            elif not self.deaf and event.dts >= self.resumed:
                self.took += 1
                chunk = Chunk(
                    RUNG, event.dts, event.duration, event.independent, 0, 0.0, event.samples, event.data
                )
                self.side.chunk(chunk, opens=event.opens)

    def die(self) -> None:
        self.stop()
        self.side.end()


def gaps(rig: Rig, track: str = RUNG) -> int:
    return rig.text(track).count("#EXT-X-GAP")


async def test_a_rendition_is_numbered_and_dated_like_its_source(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    transcoder = Transcoder(rig, audio_only=True)
    await publisher.play(5.0, start=1.3)
    source, rung = check_media_playlist(rig.text()), check_media_playlist(rig.text(RUNG))
    assert rung.segments[0].msn == 1, "from the beginning of the segment that was growing"
    ours = {segment.uri: segment for segment in rung.segments}
    theirs = {segment.uri: segment for segment in source.segments}
    for uri, segment in ours.items():
        assert (segment.duration, segment.date) == (theirs[uri].duration, theirs[uri].date)
        assert len(segment.parts) == len(theirs[uri].parts)
    master = rig.now("demo/index.m3u8").body.decode()
    assert master.count("#EXT-X-STREAM-INF") == 3
    assert master.count("#EXT-X-MEDIA:") == 1
    assert f"\n{RUNG}/index.m3u8" in master
    assert master.rstrip().endswith("\naudio/index.m3u8")
    assert f'URI="../{RUNG}/index.m3u8"' in rig.text()
    assert 'URI="../video/index.m3u8"' in rig.text(RUNG)
    assert transcoder.side.dropped == 0
    assert {track.name for track in rig.origin.status("demo").tracks} == {"video", "audio", RUNG}


async def test_a_transcoder_that_dies_goes_on_where_it_was(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    first = Transcoder(rig)
    await publisher.play(3.1, start=1.3)
    first.die()
    await publisher.play(1.2, start=4.4)
    second = Transcoder(rig)
    assert second.resumed > 0
    await publisher.play(3.0, start=5.6)
    assert second.side.dropped == 0
    assert gaps(rig) == 0
    text = rig.text(RUNG)
    assert "DISCONTINUITY\n" not in text
    assert text.count("#EXT-X-MAP") == 1
    made = check_media_playlist(text)
    source = check_media_playlist(rig.text())
    assert [s.uri for s in made.segments] == [s.uri for s in source.segments][-len(made.segments) :]
    assert [s.duration for s in made.segments] == [s.duration for s in source.segments][-len(made.segments) :]


async def test_a_transcoder_that_stays_away_leaves_gaps_and_the_list(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    first = Transcoder(rig)
    await publisher.play(2.7, start=1.3)
    assert RUNG in rig.now("demo/index.m3u8").body.decode()
    first.die()
    await publisher.play(9.0, start=4.0)
    assert gaps(rig) > 3
    assert RUNG not in rig.now("demo/index.m3u8").body.decode()
    assert f"../{RUNG}/" not in rig.text()
    check_media_playlist(rig.text())
    second = Transcoder(rig)
    await publisher.play(3.2, start=13.0)
    made = check_media_playlist(rig.text(RUNG))
    assert made.segments[-1].uri == check_media_playlist(rig.text()).segments[-1].uri
    assert RUNG in rig.now("demo/index.m3u8").body.decode()
    assert second.took


async def test_chunks_that_fit_nowhere_are_dropped(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    transcoder = Transcoder(rig)
    await publisher.play(1.0, start=1.3)
    transcoder.deaf = True
    await publisher.play(0.4, start=2.3)
    transcoder.deaf = False
    await publisher.play(3.0, start=2.7)
    assert 0 < transcoder.side.dropped < 6, "until the next segment begins"
    segments = parse_media_playlist(rig.text(RUNG)).segments
    for before, after in pairwise(segments):
        assert before.date is not None
        assert after.date is not None
        assert abs(before.date + before.duration - after.date) < 0.01, "a lost end leaves dates even"
    side = transcoder.side
    count = side.dropped
    side.chunk(Chunk(RUNG, 90_000 * 500, 18_000, True, 0, 0.0, 6, b"x"), opens=True)
    side.chunk(Chunk(RUNG, 0, 18_000, True, 0, 0.0, 6, b"x"), opens=True)
    assert side.dropped == count + 2
    side.track(msgspec.structs.replace(side.source, name="audio"))
    side.track(msgspec.structs.replace(side.source, name="../x"))
    assert set(rig.origin.status("demo") and {t.name for t in rig.origin.status("demo").tracks}) == {
        "video", "audio", RUNG,
    }  # fmt: skip


async def test_a_new_session_ends_the_transcoder_and_takes_another(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    first = Transcoder(rig)
    await publisher.play(2.0, start=1.3)
    publisher.packager.close("disconnected")
    assert first.ended == 1
    assert first.side.over
    assert rig.origin.renditions("demo", first.side.token) is None
    again = rig.publish(video=CONFIG)
    await again.play(1.2)
    second = Transcoder(rig)
    assert second.resumed == 0
    await again.play(3.0, start=1.2)
    text = rig.text(RUNG)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    made, source = check_media_playlist(text), check_media_playlist(rig.text())
    assert made.segments[-1].uri == source.segments[-1].uri


async def test_renditions_are_recovered_with_the_stream(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    Transcoder(rig)
    await publisher.play(4.2, start=1.3)
    before = check_media_playlist(rig.text(RUNG))
    await rig.kill_and_restart()
    made = check_media_playlist(rig.text(RUNG))
    assert [s.uri for s in made.segments[: len(before.segments)]] == [s.uri for s in before.segments]
    segment = await rig.read(f"demo/{RUNG}/{before.segments[-1].uri}")
    assert segment.status == 200
    again = rig.publish(video=CONFIG)
    await again.play(1.2)
    Transcoder(rig)
    await again.play(3.0, start=1.2)
    made = check_media_playlist(rig.text(RUNG))
    assert made.segments[-1].uri == check_media_playlist(rig.text()).segments[-1].uri


async def test_the_source_is_listed_first_whatever_came_first(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    Transcoder(rig)
    await publisher.play(3.0, start=1.3)

    def variants() -> list[str]:
        lines = rig.now("demo/index.m3u8").body.decode().splitlines()
        return [line for line in lines if line.endswith("/index.m3u8") and line[0] != "#"]

    assert variants() == ["video/index.m3u8", f"{RUNG}/index.m3u8"]
    windows = rig.origin._streams["demo"].broadcast.windows
    windows["video"] = windows.pop(
        "video"
    )  # as announced later, by an encoder that names its picture otherwise
    assert variants() == ["video/index.m3u8", f"{RUNG}/index.m3u8"]
    await rig.kill_and_restart()
    assert variants() == ["video/index.m3u8", f"{RUNG}/index.m3u8"]


async def test_renditions_that_are_not_wanted_any_more_go(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    transcoder = Transcoder(rig)
    await publisher.play(3.0, start=1.3)
    waits = rig.later(f"demo/{RUNG}/index.m3u8?_HLS_msn=5&_HLS_part=0")
    transcoder.die()
    rig.origin.drop_renditions("demo")
    assert (await waits).status == 404
    assert rig.now(f"demo/{RUNG}/index.m3u8").status == 404
    assert RUNG not in rig.now("demo/index.m3u8").body.decode()
    rig.clock.advance(rig.config.window_s + 1)
    rig.origin.sweep()
    await rig.settle()
    rig.origin.sweep()
    await rig.settle()
    assert not [info.key for info in await rig.objects.list_prefix("live") if f"/{RUNG}/" in info.key]


async def test_a_rendition_lags_only_once_it_has_begun(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(7.3)
    transcoder = Transcoder(rig)
    transcoder.deaf = True
    transcoder.side.track(msgspec.structs.replace(transcoder.side.source, name=RUNG))
    assert rig.origin.lag_s("demo") == 0.0, "announced is not begun"
    transcoder.deaf = False
    await publisher.play(1.5, start=7.3)
    assert rig.origin.lag_s("demo") < 0.3
    transcoder.die()
    await publisher.play(2.0, start=8.8)
    assert 1.5 < rig.origin.lag_s("demo") < 2.5
    assert rig.origin.lag_s("nobody") == 0.0


async def test_only_the_token_opens_the_side_door(rig: Rig) -> None:
    publisher = rig.publish(video=CONFIG)
    await publisher.play(1.3)
    side = Transcoder(rig).side
    assert rig.origin.renditions("demo", side.token) is side
    assert rig.origin.renditions("demo", "") is None
    assert rig.origin.renditions("demo", "schlüssel") is None
    assert rig.origin.renditions("other", side.token) is None
    assert rig.origin.attach("nobody", lambda: None) is None
