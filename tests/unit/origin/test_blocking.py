"""Blocking reloads and hinted parts (RFC 8216bis 6.2.5.2, 6.2.6): who waits, until when, and who is refused."""

import asyncio
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hls_conformance import check_media_playlist
from origin_rig import Rig
from synthetic_publisher import audio_packets, interleaved, video_packets
from tidegate.core.delivery import LiveResponse
from tidegate.media.origin.service import OriginConfig


async def test_a_reload_waits_for_exactly_its_part(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(3.25)
    msn, part = check_media_playlist(rig.text()).last
    waiting = rig.later(f"demo/video/index.m3u8?_HLS_msn={msn}&_HLS_part={part + 1}")
    further = rig.later(f"demo/video/index.m3u8?_HLS_msn={msn}&_HLS_part={part + 3}")
    assert not waiting.done()
    await publisher.play(0.25, start=3.25)
    made = check_media_playlist((await waiting).body.decode())
    assert made.last == (msn, part + 1)
    assert not further.done()
    await publisher.play(0.5, start=3.5)
    assert (await further).status == 200


async def test_without_part_the_whole_segment_is_waited_for(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(3.25)
    msn, _ = check_media_playlist(rig.text()).last
    waiting = rig.later(f"demo/video/index.m3u8?_HLS_msn={msn}")
    await publisher.play(0.6, start=3.25)
    assert not waiting.done()
    await publisher.play(0.5, start=3.85)
    made = check_media_playlist((await waiting).body.decode())
    assert made.segments[-1].msn == msn


async def test_a_part_beyond_a_segments_last_is_the_next_segments_first(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(3.25)
    made = check_media_playlist(rig.text())
    whole = made.segments[-1]
    assert rig.now(f"demo/video/index.m3u8?_HLS_msn={whole.msn}&_HLS_part={len(whole.parts)}").status == 200
    waiting = rig.later(f"demo/video/index.m3u8?_HLS_msn={made.last[0]}&_HLS_part=7")
    await publisher.play(1.1, start=3.25)
    assert check_media_playlist((await waiting).body.decode()).last == (made.last[0] + 1, 0)


async def test_what_is_there_already_is_answered_at_once(rig: Rig) -> None:
    await rig.publish().play(5)
    for query in (
        "?_HLS_msn=0",
        "?_HLS_msn=0&_HLS_part=0",
        "?_HLS_msn=2&_HLS_part=99",
        "?_HLS_msn=3&_HLS_part=4",
    ):
        assert rig.now(f"demo/video/index.m3u8{query}").status == 200


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("_HLS_part=1", "without _HLS_msn"),
        ("_HLS_msn=x", "not a decimal integer"),
        ("_HLS_msn=-1", "not a decimal integer"),
        ("_HLS_msn=1.5", "not a decimal integer"),
        ("_HLS_msn=", "not a decimal integer"),
        ("_HLS_msn=1&_HLS_part=-1", "not a decimal integer"),
        ("_HLS_msn=9999999999999999999", "not a decimal integer"),
        ("_HLS_msn=8", "more than 2 beyond"),
        ("_HLS_msn=5&_HLS_part=30", "more than any segment holds"),
        ("_HLS_msn=6&_HLS_part=16", "more than any segment holds"),
    ],
)
async def test_wrong_directives_get_a_plain_sentence(rig: Rig, query: str, sentence: str) -> None:
    await rig.publish().play(5.2)
    assert check_media_playlist(rig.text()).last[0] == 5
    answer = rig.now(f"demo/video/index.m3u8?{query}")
    assert answer.status == 400
    assert sentence in answer.body.decode()
    assert answer.max_age_s <= 1


async def test_the_hinted_part_waits_and_no_other(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(3.25)
    hint = check_media_playlist(rig.text()).hint
    waiting = rig.later(f"demo/video/{hint}")
    number = int(hint.rpartition("-")[2].split(".")[0])
    assert rig.now(f"demo/video/part-001-{number + 1}.m4s").status == 404
    assert rig.now(f"demo/video/part-other-{number}.m4s").status == 404
    await publisher.play(0.25, start=3.25)
    answer = await waiting
    assert answer.status == 200
    assert answer is rig.now(f"demo/video/{hint}"), "one object for all viewers"


async def test_the_hint_is_always_right(rig: Rig) -> None:
    publisher = rig.publish()
    hinted: list[asyncio.Future[LiveResponse]] = []
    last = ""

    def look() -> None:
        nonlocal last
        if rig.state() == "live" and (hint := check_media_playlist(rig.text()).hint) != last:
            last = hint
            hinted.append(rig.later(f"demo/video/{hint}"))

    await publisher.play(8, gop_s=1.3, each=look)
    assert len(hinted) > 35
    assert {each.result().status for each in hinted[:-1]} == {200}
    publisher.packager.close("disconnected")
    assert (await hinted[-1]).status == 404, "the hinted part of a session that is over will never come"


async def test_a_wait_ends_after_three_target_durations(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(3.25)
    msn, part = check_media_playlist(rig.text()).last
    target = f"demo/video/index.m3u8?_HLS_msn={msn}&_HLS_part={part + 1}"
    waiting = rig.later(target)
    rig.clock.advance(5.9)
    rig.origin.sweep()
    assert not waiting.done()
    rig.clock.advance(0.2)
    rig.origin.sweep()
    # nothing has come for as long: the publisher counts as away, and players are kept with the playlist as it is
    assert rig.state() == "interrupted"
    answer = await waiting
    assert answer.status == 200
    assert answer.max_age_s == 0


async def test_one_late_track_of_a_live_stream_is_503(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(3.25)
    msn, part = check_media_playlist(rig.text()).last
    waiting = rig.later(f"demo/video/index.m3u8?_HLS_msn={msn}&_HLS_part={part + 1}")
    await publisher.send(packet for packet in audio_packets(12) if packet.arrived_at >= 3.25)
    answer = await waiting
    assert answer.status == 503
    assert dict(answer.headers)[b"retry-after"] == b"1"
    assert rig.origin.counters.late == 1


async def test_too_many_waiters_are_refused_and_counted(make_rig: Callable[[OriginConfig], Rig]) -> None:
    rig = make_rig(OriginConfig(waiters_max=10))
    publisher = rig.publish()
    await publisher.play(3.25)
    msn, part = check_media_playlist(rig.text()).last
    target = f"demo/video/index.m3u8?_HLS_msn={msn}&_HLS_part={part + 1}"
    waiting = [rig.later(target) for _ in range(10)]
    refused = rig.now(target)
    assert refused.status == 503
    assert rig.origin.counters.refused_waiters == 1
    waiting[0].cancel()
    await publisher.play(0.25, start=3.25)
    assert {(await each).status for each in waiting[1:]} == {200}
    assert len({id((await each).body) for each in waiting[1:]}) == 1
    await rig.stop()


async def test_a_viewer_who_comes_before_the_first_picture_waits_for_it(rig: Rig) -> None:
    assert rig.now("demo/index.m3u8").status == 404
    publisher = rig.publish()
    assert rig.state() == "starting"
    early = rig.later("demo/index.m3u8")
    playlist = rig.later("demo/video/index.m3u8")
    await publisher.play(0.5)
    assert (await early).status == 200
    assert (await playlist).status == 200


async def test_playable_soon_after_the_first_keyframe(rig: Rig) -> None:
    await rig.publish().play(1)
    status = rig.origin.status("demo")
    assert status is not None
    assert 0 < status.playable_after_s <= 0.3


async def test_an_ended_playlist_ignores_directives(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(3)
    waiting = rig.later("demo/video/index.m3u8?_HLS_msn=4&_HLS_part=0")
    publisher.packager.close("unpublished")
    for _ in range(2):
        rig.clock.advance(5.5)
        rig.origin.sweep()
    assert rig.state() == "ended"
    assert (await waiting).status == 200
    text = rig.text(query="?_HLS_msn=99&_HLS_part=0&_HLS_skip=YES")
    made = check_media_playlist(text)
    assert made.ended
    assert not made.hint
    assert not made.skipped


PIECES = st.sampled_from(
    ["demo", "video", "audio", "index.m3u8", "/", "..", "%2e%2e", "?", "&", "=", "_HLS_msn", "_HLS_part", "_HLS_skip",
     "YES", "v2", "0", "1", "3", "-1", "99999999999999999999", "init-001-0.mp4", "part-001-", ".m4s", "seg-001-1.m4s",
     "é", "\x00", "%", "+", "#"]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join)))
@example("demo/video/index.m3u8?" + "_HLS_msn=1&" * 150)
@example("demo/video/index.m3u8?_HLS_msn=%31")
@example("demo/video/seg-001-0.m4s/../../x")
def test_any_target_is_answered_or_waits(target: str) -> None:
    async def ask() -> None:
        for path in (target, f"demo/{target}", f"demo/video/{target}", f"demo/video/index.m3u8?{target}"):
            answer = fuzzed.origin.get(path)
            if isinstance(answer, LiveResponse):
                assert answer.status in (200, 304, 400, 404)
                if answer.status >= 400:
                    assert re.fullmatch(r"[^\n]+\n", answer.body.decode()), answer.body
            elif isinstance(answer, asyncio.Future):
                answer.cancel()
            else:
                assert (await answer).status in (200, 404)

    fuzzed = FUZZED[0]
    LOOP[0].run_until_complete(ask())


FUZZED: list[Rig] = []
LOOP: list[asyncio.AbstractEventLoop] = []


@pytest.fixture(autouse=True, scope="module")
def stream_to_fuzz(tmp_path_factory: pytest.TempPathFactory) -> object:
    """One live stream for all examples, on a loop of its own."""
    loop = asyncio.new_event_loop()

    async def make() -> Rig:
        rig = Rig(tmp_path_factory.mktemp("fuzz"), OriginConfig())
        await rig.publish().send(interleaved(video_packets(30, 4), audio_packets(4)))
        return rig

    FUZZED.append(loop.run_until_complete(make()))
    LOOP.append(loop)
    yield
    loop.run_until_complete(FUZZED[0].stop())
    loop.close()
