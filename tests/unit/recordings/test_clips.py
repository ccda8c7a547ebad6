"""Clips: cut at keyframes, whole in themselves, outliving what they were cut from."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hls_conformance import parse_media_playlist
from recordings_rig import Studio
from tidegate.core.chunks import Track
from tidegate.core.errors import InvalidError
from tidegate.media.origin.manifest import Init, Manifest, Run, encode_lines
from tidegate.media.recordings.clips import WAITING_MAX, ClipsBusyError, NothingRecordedError, clip_range
from tidegate.media.recordings.types import Recording


async def cut(studio: Studio, source: str, begin_s: float, end_s: float) -> Recording:
    begun = await studio.clips.cut(source, begin_s, end_s, "Best of")
    assert begun.state == "making"
    while studio.clips._task is not None:
        await asyncio.sleep(0.005)
    return await studio.recordings.get(begun.id)


async def test_a_clip_is_a_recording_of_its_own(studio: Studio) -> None:
    source = await studio.record(30, gop_s=2.0)
    clip = await cut(studio, source.id, 5.2, 12.1)
    assert (clip.state, clip.source, clip.title, clip.channel) == ("ready", source.id, "Best of", "demo")
    assert clip.duration_s == pytest.approx(10.0, abs=0.1)  # from the keyframe at 4 s to that at 14 s
    assert clip.started_at == pytest.approx(source.started_at + 4, abs=0.6)
    whole = parse_media_playlist((await studio.fetch(f"demo/{source.id}/video/index.m3u8")).body.decode())
    answer = await studio.fetch(f"demo/{clip.id}/video/index.m3u8")
    listed = parse_media_playlist(answer.body.decode())
    assert listed.ended
    uris = [segment.uri for segment in whole.segments]
    assert [segment.uri for segment in listed.segments] == uris[4:14] or len(listed.segments) == 5
    for segment in listed.segments:
        copy = await studio.fetch(f"demo/{clip.id}/video/{segment.uri}")
        assert copy.body == (await studio.fetch(f"demo/{source.id}/video/{segment.uri}")).body
    head, mp4 = await studio.recordings.mp4(clip)
    assert mp4.size > clip.bytes
    await studio.recordings.delete(source.id)
    assert (await studio.fetch(f"demo/{clip.id}/video/{listed.segments[0].uri}")).status == 200
    assert [event["change"] for event in await studio.told()][-3:] == ["started", "ready", "deleted"]
    assert head.recorded


async def test_the_last_seconds_of_a_running_broadcast(studio: Studio) -> None:
    publisher = studio.publish()
    await publisher.play(30)
    await studio.recordings.reconcile()
    with pytest.raises(NothingRecordedError):
        await studio.clips.cut_last("other", 10)
    begun = await studio.clips.cut_last("demo", 10)
    await publisher.play(20, start=30)
    while studio.clips._task is not None:
        await asyncio.sleep(0.05)
    clip = await studio.recordings.get(begun.id)
    assert clip.state == "ready"
    assert 10 <= clip.duration_s <= 13


async def test_times_that_make_no_clip_are_refused(studio: Studio) -> None:
    source = await studio.record(10)
    for begin_s, end_s in ((-1, 5), (5, 5), (6, 5), (0, 4000), (11, 15), (float("nan"), 5)):
        with pytest.raises(InvalidError):
            await studio.clips.cut(source.id, begin_s, end_s)
    assert len(await studio.recordings.recent()) == 1


async def test_a_clip_that_cannot_be_stored_fails_with_a_reason(studio: Studio) -> None:
    source = await studio.record(10)
    studio.objects.full = True
    clip = await cut(studio, source.id, 2, 6)
    studio.objects.full = False
    assert clip.state == "failed"
    assert "No space" in clip.reason
    assert not list((studio.folder / "media" / "demo" / clip.broadcast).rglob("*.m4s"))


async def test_clips_in_the_making_fail_with_their_server(studio: Studio) -> None:
    source = await studio.record(10)
    begun = await studio.clips.cut(source.id, 2, 6)
    await studio.clips.stop()
    await studio.kill_and_restart()
    await studio.clips.start()
    clip = await studio.recordings.get(begun.id)
    assert clip.state in ("failed", "ready")


async def test_more_than_can_wait_are_refused(studio: Studio) -> None:
    source = await studio.record(10)
    for _ in range(WAITING_MAX):
        await studio.clips.cut(source.id, 2, 6)
    waiting = len(studio.clips._jobs)
    studio.clips._jobs.extend([studio.clips._jobs[-1]] * (WAITING_MAX - waiting))
    with pytest.raises(ClipsBusyError):
        await studio.clips.cut(source.id, 2, 6)
    await studio.clips.stop()


@given(
    st.lists(st.tuples(st.floats(0.2, 2.0), st.booleans()), min_size=1, max_size=40),
    st.floats(0, 60),
    st.floats(0.1, 30),
)
def test_a_clip_begins_with_a_keyframe_and_holds_what_was_asked_for(
    segments: list[tuple[float, bool]], begin_s: float, length_s: float
) -> None:
    made = Manifest()
    segments[0] = (segments[0][0], True)
    track = Track("video", "video", "avc1", 90_000, b"", 0.2)
    durations = [duration for duration, _ in segments]
    flags = [2 if independent else 0 for _, independent in segments]
    run = Run("video", "a", "i", "r", 7, 0, 1.0, durations, [1] * len(segments), flags)
    made.feed(encode_lines([Init("i", track), run]))
    first, end = clip_range(made, begin_s, begin_s + length_s)
    if begin_s >= sum(durations):
        assert (first, end) == (0, 0)
        return
    assert 7 <= first < end <= 7 + len(segments)
    assert flags[first - 7] == 2
    assert sum(durations[: first - 7]) <= begin_s + 1e-9
    assert end == 7 + len(segments) or sum(durations[: end - 7]) >= begin_s + length_s - 1e-9
