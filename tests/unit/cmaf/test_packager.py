"""Packets in, chunks out: cuts, clocks and promises, over frame rates, GOPs, B-frames and encoders' accidents."""

import itertools
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthetic_publisher import AAC, AVC, RecordingIngest, audio_packets, interleaved, video_packets
from tidegate.core.chunks import Chunk
from tidegate.core.clock import ManualClock
from tidegate.media.cmaf.boxes import read_fragments
from tidegate.media.cmaf.packager import Packager, PackagerSettings
from tidegate.media.cmaf.video import VideoTrack
from tidegate.media.types import AudioConfig, Packet, VideoConfig

FPS = [10, 15, 24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60]
LEAST_SHARE = 0.85


def publish(
    packets: Iterable[Packet],
    *,
    video: VideoConfig | None = AVC,
    audio: AudioConfig | None = AAC,
    expect: tuple[bool, bool] | None = None,
    start_s: float = 0.0,
    close: bool = True,
) -> RecordingIngest:
    """Run packets through a packager; `now` of the ingest is each packet's arrival."""
    ingest = RecordingIngest(start_s)
    packager = Packager(ingest, PackagerSettings(), ManualClock())
    if expect is not None:
        packager.expect(video=expect[0], audio=expect[1])
    if video is not None:
        packager.video_config(video)
    if audio is not None:
        packager.audio_config(audio)
    for packet in packets:
        ingest.now = packet.arrived_at
        packager.packet(packet)
    if close:
        packager.close("unpublished")
    return ingest


def at_fps(fps: float) -> VideoConfig:
    return msgspec.structs.replace(AVC, fps=fps)


def media(chunks: list[Chunk]) -> bytes:
    return b"".join(sample.data for c in chunks for each in read_fragments(c.data) for sample in each.samples)


def shown_at(ingest: RecordingIngest, name: str) -> list[float]:
    """Presentation time of every sample in decode order, seconds."""
    scale = ingest.last_track(name).timescale
    return [
        (sample.dts + sample.cts) / scale
        for chunk in ingest.of(name)
        for each in read_fragments(chunk.data)
        for sample in each.samples
    ]


def check(ingest: RecordingIngest, *, floor: float = LEAST_SHARE) -> None:
    """What holds of every session, whatever came in."""
    for name in {track.name for track in ingest.tracks}:
        chunks = ingest.of(name)
        track = ingest.last_track(name)
        longest = track.part_target_s * track.timescale
        lengths: dict[int, int] = {}
        for chunk, after in itertools.zip_longest(chunks, chunks[1:]):
            (each,) = read_fragments(chunk.data)
            assert (each.dts, each.duration, len(each.samples)) == (chunk.dts, chunk.duration, chunk.samples)
            assert all(sample.duration > 0 for sample in each.samples)
            assert chunk.duration <= longest + 0.01
            if name == "video":
                assert each.samples[0].sync is chunk.independent or not chunk.independent
            lengths[chunk.segment] = lengths.get(chunk.segment, 0) + chunk.duration
            if after is None:
                continue
            assert after.segment >= chunk.segment
            assert after.dts >= chunk.dts + chunk.duration
            if after.segment == chunk.segment and not chunk.independent:
                assert chunk.duration >= floor * longest - 2
        for length in lengths.values():
            assert round(length / track.timescale) <= 2


@pytest.mark.parametrize("fps", FPS)
@pytest.mark.parametrize("gop_s", [0.5, 1.0, 2.0, 10.0])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_constant_rates_make_equal_parts(fps: float, gop_s: float, b_frames: int) -> None:
    packets = interleaved(video_packets(fps, 12, gop_s=gop_s, b_frames=b_frames), audio_packets(12))
    ingest = publish(packets, video=at_fps(fps))
    check(ingest)
    video = ingest.of("video")
    frames = max(1, round(0.2 * fps))
    assert media(video) == b"".join(packet.data for packet in packets if packet.kind == "video")
    audio = [packet.data for packet in packets if packet.kind == "audio"]
    assert media(ingest.of("audio")) == b"".join(audio)
    for chunk, after in itertools.pairwise(video):
        assert after.dts == chunk.dts + chunk.duration
        if after.segment == chunk.segment:
            assert chunk.samples == frames
            assert abs(chunk.duration - frames * 90_000 / fps) < 1
    times = shown_at(ingest, "video")
    assert min(times) == times[0] == pytest.approx(packets[0].cts_us / 1e6, abs=0.001)
    expected = sorted((p.dts_us + p.cts_us) / 1e6 for p in packets if p.kind == "video")
    assert max(abs(a - b) for a, b in zip(sorted(times), expected, strict=True)) < 0.0021
    assert ("b-frames" in ingest.notes) is (b_frames > 0)
    assert ("long-gop" in ingest.notes) is (gop_s > 2)


def test_thirty_frames_a_second_are_exact() -> None:
    ingest = publish(interleaved(video_packets(30, 5), audio_packets(5)))
    samples = [s for c in ingest.of("video") for each in read_fragments(c.data) for s in each.samples]
    assert {sample.duration for sample in samples} == {3000}
    assert {chunk.duration for chunk in ingest.of("video")} == {18_000}
    assert {chunk.duration for chunk in ingest.of("audio")[:-1]} == {9 * 1024}
    assert ingest.last_track("video").part_target_s == 0.2
    assert ingest.notes == []


@pytest.mark.parametrize("fps", FPS)
def test_a_part_leaves_with_its_last_frame(fps: float) -> None:
    frames = max(1, round(0.2 * fps))
    packets = interleaved(video_packets(fps, 3, gop_s=5 * frames / fps), audio_packets(3))
    ingest = publish(packets, video=at_fps(fps), expect=(True, True), close=False)
    emitted = [
        at for chunk, at in zip(ingest.chunks, ingest.emitted_at, strict=True) if chunk.track == "video"
    ]
    for index, at in enumerate(emitted):
        assert at == pytest.approx(((index + 1) * frames - 1) / fps, abs=1e-6)
    assert emitted[0] <= 0.3, "playable within one part and 0.1 s"


@pytest.mark.parametrize("fps", FPS)
def test_without_a_claim_the_rate_is_found_in_time(fps: float) -> None:
    ingest = publish(interleaved(video_packets(fps, 8), audio_packets(8)), video=at_fps(0.0))
    check(ingest)
    assert ingest.emitted_at[0] <= max(0.31, 3 / fps)
    assert abs(ingest.last_track("video").fps / fps - 1) < 0.002
    ends = ingest.of("video")[-1]
    assert (ends.dts + ends.duration) / 90_000 == pytest.approx(8, abs=0.005 * 8)


@pytest.mark.parametrize("gop_s", [0.5, 0.6, 1.0, 1.9, 2.0, 2.5, 4.0, 10.0])
def test_segments_begin_at_keyframes_and_never_exceed_two_seconds(gop_s: float) -> None:
    ingest = publish(interleaved(video_packets(30, 21, gop_s=gop_s), audio_packets(21)))
    check(ingest)
    first = {}
    for chunk in ingest.of("video"):
        first.setdefault(chunk.segment, chunk)
    begins = [chunk.dts / 90_000 for chunk in first.values()]
    keyframes = [index * gop_s for index in range(100) if index * gop_s < 20.99]
    if gop_s >= 1.0:
        assert {round(at, 3) for at in keyframes} <= {round(at, 3) for at in begins}, (
            "every keyframe begins a segment"
        )
    for chunk in first.values():
        assert chunk.independent is any(abs(chunk.dts / 90_000 - at) < 0.001 for at in keyframes)
    assert all(b - a <= 2.1 for a, b in itertools.pairwise(begins))
    assert all(b - a >= 1.0 or gop_s > 2 for a, b in itertools.pairwise(begins))


def test_audio_follows_the_video_cuts_with_the_same_numbers() -> None:
    ingest = publish(interleaved(video_packets(30, 20, gop_s=1.3), audio_packets(20)))
    begins = {name: {} for name in ("video", "audio")}
    for chunk in ingest.chunks:
        scale = ingest.last_track(chunk.track).timescale
        begins[chunk.track].setdefault(chunk.segment, chunk.dts / scale)
    assert begins["audio"].keys() == begins["video"].keys()
    for number, at in begins["audio"].items():
        assert abs(at - begins["video"][number]) <= 0.2


def test_dates_map_to_media_times_alike_on_both_tracks() -> None:
    ingest = publish(interleaved(video_packets(30, 20), audio_packets(20)))
    offsets = {}
    for chunk in ingest.chunks:
        offset = chunk.arrived_at - chunk.dts / ingest.last_track(chunk.track).timescale
        offsets.setdefault(chunk.segment, []).append(offset)
    assert all(max(each) - min(each) < 1e-6 for each in offsets.values())


def test_the_timeline_goes_on_where_the_broadcast_is() -> None:
    packets = interleaved(
        video_packets(30, 3, start_us=7_777_000, b_frames=2), audio_packets(3, start_us=7_777_000)
    )
    ingest = publish(packets, start_s=123.4)
    check(ingest)
    assert ingest.of("video")[0].dts == pytest.approx(123.4 * 90_000, abs=1)
    assert ingest.of("audio")[0].dts / 48_000 == pytest.approx(123.4, abs=0.001)


def test_sound_stays_with_the_picture() -> None:
    """A clap is heard when it is seen: whatever the reordering, the distance between the tracks is the source's."""
    for b_frames in (0, 2):
        packets = interleaved(video_packets(30, 5, b_frames=b_frames), audio_packets(5))
        ingest = publish(packets)
        shift = {}
        for name in ("video", "audio"):
            source = [(p.dts_us + p.cts_us) / 1e6 for p in packets if p.kind == name]
            placed = shown_at(ingest, name)
            shift[name] = placed[-1] - source[len(source) - 1]
        assert shift["video"] == pytest.approx(shift["audio"], abs=0.003)


def test_audio_only_and_video_only() -> None:
    audio = publish(audio_packets(10), video=None)
    check(audio)
    assert [track.name for track in audio.tracks] == ["audio"]
    assert audio.is_ready
    assert audio.emitted_at[0] <= 0.35
    begins = {}
    for chunk in audio.chunks:
        begins.setdefault(chunk.segment, chunk.dts / 48_000)
    assert [b - a for a, b in itertools.pairwise(begins.values())] == pytest.approx([1.92] * 5, abs=0.2)

    video = publish(video_packets(30, 5), audio=None)
    check(video)
    assert [track.name for track in video.tracks] == ["video"]
    assert video.emitted_at[0] <= 0.31


def test_promised_sound_that_never_comes_delays_only_a_while() -> None:
    ingest = publish(video_packets(30, 5), audio=None, expect=(True, True))
    assert ingest.is_ready
    assert "no-audio" in ingest.notes
    assert ingest.emitted_at[0] == pytest.approx(2.0, abs=0.05)
    ingest = publish(audio_packets(5), video=None, expect=(True, True))
    assert "no-video" in ingest.notes
    assert ingest.is_ready


def test_promised_video_alone_does_not_wait_for_sound() -> None:
    ingest = publish(video_packets(30, 1), audio=None, expect=(True, False))
    assert ingest.emitted_at[0] == pytest.approx(5 / 30, abs=1e-6)


def test_frames_before_the_first_keyframe_are_dropped() -> None:
    packets = video_packets(30, 4, gop_s=1.0)[10:]
    ingest = publish(interleaved(packets, audio_packets(4)))
    check(ingest)
    assert ingest.of("video")[0].independent
    assert media(ingest.of("video")).startswith(packets[20].data)
    assert ingest.of("video")[0].dts == 0
    assert ingest.of("audio")[0].dts / 48_000 < 0.03, "sound from before the picture is dropped with it"


def test_video_without_any_keyframe_is_told() -> None:
    packets = [msgspec.structs.replace(packet, keyframe=False) for packet in video_packets(30, 12)]
    ingest = publish(interleaved(packets, audio_packets(12)))
    assert "no-keyframe" in ingest.notes
    assert ingest.of("video") == []


@pytest.mark.parametrize("jump_s", [-3600.0, -5.0, 5.0, 3600.0, 4_294_967.296])
def test_a_jump_of_both_clocks_is_taken_out(jump_s: float) -> None:
    def jumped(packets: list[Packet]) -> list[Packet]:
        return [
            msgspec.structs.replace(p, dts_us=p.dts_us + round(jump_s * 1e6)) if p.arrived_at >= 4.0 else p
            for p in packets
        ]

    video, audio = video_packets(30, 8), audio_packets(8)
    ingest = publish(interleaved(jumped(video), jumped(audio)))
    check(ingest)
    assert "timestamp-jump" in ingest.notes
    steady = publish(interleaved(video, audio))
    for name, tolerance in (("video", 0.002), ("audio", 0.03)):
        a, b = shown_at(ingest, name), shown_at(steady, name)
        assert abs(len(a) - len(b)) <= 2
        assert abs(a[-1] - b[-1]) < tolerance + 0.03


def test_frames_that_were_dropped_while_the_network_stood_still_leave_their_gap() -> None:
    """Timestamps and arrivals both go on 5 s later: time has passed, no clock has jumped."""

    def late(packets: list[Packet]) -> list[Packet]:
        return [p for p in packets if not 3.0 <= p.arrived_at < 8.0]

    ingest = publish(interleaved(late(video_packets(30, 12)), late(audio_packets(12))))
    check(ingest)
    assert "timestamp-jump" not in ingest.notes
    assert "video-gap" in ingest.notes
    last = ingest.of("video")[-1]
    assert (last.dts + last.duration) / 90_000 == pytest.approx(12, abs=0.01)


def test_video_stalls_while_sound_goes_on() -> None:
    video = [p for p in video_packets(30, 20, gop_s=2) if not 5.0 <= p.arrived_at < 12.0]
    ingest = publish(interleaved(video, audio_packets(20)))
    check(ingest)
    assert {"video-stalled", "video-gap"} <= set(ingest.notes)
    audio = ingest.of("audio")
    for a, b in itertools.pairwise(audio):
        assert b.dts == a.dts + a.duration
    per_segment: dict[int, int] = {}
    for chunk in audio:
        per_segment[chunk.segment] = per_segment.get(chunk.segment, 0) + chunk.duration
    assert max(per_segment.values()) / 48_000 < 4.1, "sound went on being cut"
    last = ingest.of("video")[-1]
    assert (last.dts + last.duration) / 90_000 == pytest.approx(20, abs=0.01)


def test_a_short_stall_inside_a_group_of_pictures_leaves_no_hole_in_decode_times() -> None:
    video = [p for p in video_packets(30, 8, gop_s=4) if not 1.0 <= p.arrived_at < 1.8]
    ingest = publish(interleaved(video, audio_packets(8)))
    check(ingest)
    chunks = ingest.of("video")
    for a, b in itertools.pairwise(chunks):
        if not b.independent:
            assert b.dts == a.dts + a.duration
    source = [p.dts_us / 1e6 for p in video]
    assert max(abs(a - b) for a, b in zip(shown_at(ingest, "video"), source, strict=True)) < 0.003


def test_configuration_changes_become_new_tracks_at_a_new_segment() -> None:
    ingest = RecordingIngest()
    packager = Packager(ingest, PackagerSettings(), ManualClock())
    packager.video_config(AVC)
    packager.audio_config(AAC)
    wide = msgspec.structs.replace(AVC, width=1920, height=1080, record=b"other")
    for packet in interleaved(video_packets(30, 6), audio_packets(6)):
        if packet.kind == "video" and packet.dts_us == 3_000_000:
            packager.video_config(AVC)  # repeated headers mean nothing
            packager.video_config(wide)
        packager.packet(packet)
    packager.close("unpublished")
    check(ingest)
    assert [track.width for track in ingest.tracks if track.kind == "video"] == [1280, 1920]
    assert "video-changed" in ingest.notes
    changed = next(chunk for chunk in ingest.of("video") if chunk.dts >= 3 * 90_000)
    assert changed.independent
    assert changed.segment > max(chunk.segment for chunk in ingest.of("video") if chunk.dts < 3 * 90_000)
    assert media(ingest.of("video")) == b"".join(p.data for p in video_packets(30, 6))


def test_sound_that_comes_late_joins() -> None:
    ingest = RecordingIngest()
    packager = Packager(ingest, PackagerSettings(), ManualClock())
    packager.expect(video=True, audio=False)
    packager.video_config(AVC)
    for packet in interleaved(video_packets(30, 9), audio_packets(9)):
        if packet.kind == "audio" and packet.arrived_at < 4:
            continue
        if packet.kind == "audio":
            packager.audio_config(AAC)
        packager.packet(packet)
    check(ingest)
    first = ingest.of("audio")[0]
    assert first.dts / 48_000 == pytest.approx(4.0, abs=0.03)
    at_that_time = [c.segment for c in ingest.of("video") if c.dts / 90_000 <= 4.1][-1]
    assert abs(first.segment - at_that_time) <= 1


def test_picture_that_comes_late_joins_and_leads() -> None:
    ingest = RecordingIngest()
    packager = Packager(ingest, PackagerSettings(), ManualClock())
    packager.expect(video=False, audio=True)
    packager.audio_config(AAC)
    for packet in interleaved(video_packets(30, 12, gop_s=1.5), audio_packets(12)):
        if packet.kind == "video" and packet.arrived_at < 4.5:
            continue
        if packet.kind == "video":
            packager.video_config(AVC)
        packager.packet(packet)
    packager.close("unpublished")
    check(ingest)
    first = ingest.of("video")[0]
    assert first.independent
    assert first.dts / 90_000 == pytest.approx(4.5, abs=0.001)
    begins: dict[str, dict[int, float]] = {"video": {}, "audio": {}}
    for chunk in ingest.chunks:
        if chunk.segment > first.segment:
            scale = ingest.last_track(chunk.track).timescale
            begins[chunk.track].setdefault(chunk.segment, chunk.dts / scale)
    assert begins["video"].keys() == begins["audio"].keys()
    assert all(abs(at - begins["audio"][number]) <= 0.2 for number, at in begins["video"].items())


def test_a_burst_without_time_is_not_held_for_ever() -> None:
    frozen = [msgspec.structs.replace(p, dts_us=0, arrived_at=0.0) for p in video_packets(30, 40)]
    ingest = publish(frozen, audio=None, expect=(True, True), close=False)
    assert ingest.chunks
    check(ingest, floor=0.0)


def test_a_source_that_is_not_real_time_moves_the_anchor_rarely_and_says_so() -> None:
    fast = [
        msgspec.structs.replace(p, arrived_at=p.arrived_at / 1.5)
        for p in interleaved(video_packets(30, 90), audio_packets(90))
    ]
    ingest = publish(fast)
    check(ingest)
    steps = ingest.notes.count("not-real-time")
    assert 1 <= steps <= 6
    assert len([t for t in ingest.tracks if t.name == "video"]) == 1 + steps


def test_skew_between_the_tracks_is_told_once() -> None:
    audio = [msgspec.structs.replace(p, arrived_at=p.arrived_at + 1.5) for p in audio_packets(8)]
    ingest = publish(interleaved(video_packets(30, 8), audio))
    check(ingest)
    assert ingest.notes.count("av-skew") == 1


def test_sound_slower_than_its_clock_is_resynchronised() -> None:
    """48 kHz that are really 47 760 Hz: 0.5 % more time than samples, 15 gaps in a minute instead of 0.3 s of skew."""
    audio = [msgspec.structs.replace(p, dts_us=round(p.dts_us * 1.005)) for p in audio_packets(60)]
    ingest = publish(interleaved(video_packets(30, 60), audio))
    check(ingest)
    source = [p.dts_us / 1e6 for p in audio]
    assert max(abs(a - b) for a, b in zip(shown_at(ingest, "audio"), source, strict=True)) < 0.065


def test_sound_faster_than_its_clock_loses_frames_not_sync() -> None:
    audio = [msgspec.structs.replace(p, dts_us=round(p.dts_us * 0.995)) for p in audio_packets(60)]
    ingest = publish(interleaved(video_packets(30, 60), audio))
    check(ingest)
    assert "audio-overlap" in ingest.notes
    assert shown_at(ingest, "audio")[-1] == pytest.approx(audio[-1].dts_us / 1e6, abs=0.065)


def test_opus_frames_are_as_long_as_they_say() -> None:
    opus = AudioConfig("Opus", "opus", bytes(11), 48_000, 2)
    config_of_20_ms = bytes([31 << 3])
    audio = [
        Packet("audio", index * 20_000, 0, True, config_of_20_ms + bytes(9), index * 0.02)
        for index in range(250)
    ]
    ingest = publish(audio, video=None, audio=opus)
    check(ingest)
    assert {chunk.duration for chunk in ingest.chunks} == {9600}


def test_frames_that_come_at_random_are_cut_before_a_part_is_too_long() -> None:
    steps = itertools.cycle([20, 33, 41, 25, 37, 30, 22])
    packets, now = [], 0
    for index in range(400):
        packets.append(Packet("video", now * 1000, 0, index % 50 == 0, bytes(8), now / 1000))
        now += next(steps)
    ingest = publish(packets, audio=None)
    check(ingest)
    assert "irregular-frames" in ingest.notes
    assert ingest.last_track("video").part_target_s == pytest.approx(0.25)


class Accident(msgspec.Struct, frozen=True):
    at: int
    kind: str
    amount: int


accidents = st.lists(
    st.builds(
        Accident,
        at=st.integers(0, 299),
        kind=st.sampled_from(["drop", "repeat", "shift", "swap", "cts"]),
        amount=st.integers(-(2**33), 2**33),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FPS), st.integers(0, 3), accidents, st.booleans())
def test_whatever_an_encoder_does_chunks_stay_well_formed(
    fps: float, b_frames: int, mishaps: list[Accident], audio: bool
) -> None:
    packets = interleaved(video_packets(fps, 6, b_frames=b_frames), audio_packets(6) if audio else [])
    for mishap in mishaps:
        index = mishap.at % len(packets)
        packet = packets[index]
        if mishap.kind == "drop":
            del packets[index : index + abs(mishap.amount) % 40]
        elif mishap.kind == "repeat":
            packets[index:index] = [packet] * (abs(mishap.amount) % 20)
        elif mishap.kind == "shift":
            packets[index:] = [
                msgspec.structs.replace(p, dts_us=p.dts_us + mishap.amount) for p in packets[index:]
            ]
        elif mishap.kind == "swap" and index:
            packets[index - 1], packets[index] = packets[index], packets[index - 1]
        else:
            packets[index] = msgspec.structs.replace(packet, cts_us=mishap.amount)
        if not packets:
            return
    check(publish(packets, video=at_fps(fps), audio=AAC if audio else None), floor=0.0)


def test_the_end_is_passed_on() -> None:
    ingest = publish(interleaved(video_packets(30, 2), audio_packets(2)))
    assert ingest.closed == "unpublished"


def test_what_is_held_is_sent_at_the_end_even_before_the_start() -> None:
    ingest = publish(video_packets(30, 0.1), audio=None, expect=(True, True))
    assert media(ingest.of("video")) == b"".join(packet.data for packet in video_packets(30, 0.1))


restless = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 17, 33, 33, 33, 33, 33, 34, 34, 40, 66, 150, 700, 1500, -40]),
        st.integers(0, 40).map(lambda pick: pick == 0),
        st.sampled_from([0, 0, 0, 33, 66, -33]),
    ),
    max_size=120,
)


@given(restless, st.sampled_from([0.0, 30.0, 30000 / 1001]))
@settings(max_examples=300, deadline=None)
def test_an_inner_frame_is_packaged_as_any_other_would_be(
    steps: list[tuple[int, bool, int]], claimed: float
) -> None:
    """The short way that most frames take gives the same chunks and notes as the long one."""
    packets = video_packets(30, 1)
    now = packets[-1].dts_us
    for step, key, cts in steps:
        now = max(0, now + step * 1000)
        packets.append(Packet("video", now, cts * 1000, key, bytes(8), now / 1e6))
    short = publish(packets, video=at_fps(claimed), audio=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VideoTrack, "_is_inner", lambda *_args, **_named: False)
        long = publish(packets, video=at_fps(claimed), audio=None)
    assert short.chunks == long.chunks
    assert short.notes == long.notes
