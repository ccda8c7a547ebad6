"""A recording as one MP4 file, read by ffmpeg's own demuxer: every frame, at its time, from any range."""

import io
import random
from itertools import pairwise

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings_rig import Studio
from tidegate.media.recordings.download import Downloads
from tidegate.media.recordings.mp4_types import Mp4
from tidegate.media.recordings.samples import Defaults, SampleError, SampleTable
from tidegate.media.recordings.types import Recording, RecordingNotFoundError


async def file_of(studio: Studio, recording: Recording) -> bytes:
    head, mp4 = await studio.recordings.mp4(recording)
    data = b"".join([piece async for piece in studio.recordings.downloads.read(head, mp4, 0, mp4.size)])
    assert len(data) == mp4.size
    return data


def packets(data: bytes, kind: str) -> list[tuple[float, int]]:
    """Decode time in seconds and size of each packet that a demuxer finds."""
    with av.open(io.BytesIO(data)) as container:
        stream = getattr(container.streams, kind)[0]
        return [
            (float(packet.dts * packet.time_base), packet.size)
            for packet in container.demux(stream)
            if packet.dts is not None
        ]


async def test_the_file_has_every_sample_at_its_time(studio: Studio) -> None:
    made = await studio.record(20)
    data = await file_of(studio, made)
    assert data[4:8] == b"ftyp"
    assert data.index(b"moov") < data.index(b"mdat")
    video, audio = packets(data, "video"), packets(data, "audio")
    assert len(video) == pytest.approx(600, abs=6)
    assert video[0][0] == 0
    assert [round(later[0] - earlier[0], 3) for earlier, later in pairwise(video)] == [
        pytest.approx(1 / 30, abs=0.002)
    ] * (len(video) - 1)
    table = SampleTable.unpack((studio.media() / "video" / "samples.bin").read_bytes())
    assert sum(table.syncs) == 20
    assert len(audio) == pytest.approx(20 * 48000 / 1024, abs=10)
    assert abs(audio[0][0]) < 0.1
    with av.open(io.BytesIO(data)) as container:
        assert container.duration / 1e6 == pytest.approx(made.duration_s, abs=0.1)


async def test_any_range_is_that_part_of_the_file(studio: Studio) -> None:
    made = await studio.record(12)
    data = await file_of(studio, made)
    head, mp4 = await studio.recordings.mp4(made)
    chance = random.Random(4)
    for _ in range(60):
        start = chance.randrange(mp4.size)
        end = min(mp4.size, start + chance.choice([1, 7, 1000, 200_000, mp4.size]))
        part = [piece async for piece in studio.recordings.downloads.read(head, mp4, start, end)]
        assert b"".join(part) == data[start:end], (start, end)


async def test_a_drop_and_a_kill_keep_the_times_of_what_follows(studio: Studio) -> None:
    await studio.publish().play(10)
    await studio.kill_and_restart()
    publisher = studio.publish()
    await publisher.play(10)
    publisher.packager.close("unpublished")
    await studio.end()
    (made,) = await studio.recordings.recent()
    data = await file_of(studio, made)
    video, audio = packets(data, "video"), packets(data, "audio")
    for track in (video, audio):
        times = [time for time, _ in track]
        assert times == sorted(times)
        longest, at = max((later - earlier, earlier) for earlier, later in pairwise(times))
        assert 1.5 < longest < 6
        assert 8 < at < 10.5
    assert video[-1][0] == pytest.approx(made.duration_s, abs=2.0)
    assert audio[-1][0] == pytest.approx(video[-1][0], abs=0.2)


async def test_a_growing_recording_is_a_file_of_what_is_there(studio: Studio) -> None:
    await studio.publish().play(20)
    await studio.recordings.reconcile()
    studio.clock.advance(1)
    (made,) = await studio.recordings.recent()
    assert made.state == "growing"
    video = packets(await file_of(studio, made), "video")
    assert len(video) == pytest.approx(made.duration_s * 30, abs=31)


async def test_the_index_is_made_once_and_made_anew_where_it_is_damaged(studio: Studio) -> None:
    made = await studio.record(10)
    data = await file_of(studio, made)
    path = studio.media() / "video" / "samples.bin"
    stored = path.read_bytes()
    reads = studio.objects.bytes_read
    await studio.recordings.mp4(made)
    assert studio.objects.bytes_read - reads < made.bytes / 4
    path.write_bytes(stored[: len(stored) // 2])
    assert await file_of(studio, made) == data
    assert path.read_bytes() == stored


async def test_memory_while_sending_is_a_few_pieces(studio: Studio) -> None:
    made = await studio.record(12)
    head, mp4 = await studio.recordings.mp4(made)
    sizes = [len(piece) async for piece in Downloads(studio.objects).read(head, mp4, len(mp4.head), mp4.size)]
    assert max(sizes) <= 1 << 20


async def test_nothing_to_play_is_no_file(studio: Studio) -> None:
    made = await studio.record(8)
    for reel in studio.media().rglob("*.m4s"):
        reel.write_bytes(bytes(reel.stat().st_size))
    for samples in studio.media().rglob("samples.bin"):
        samples.unlink()
    with pytest.raises(RecordingNotFoundError):
        await studio.recordings.mp4(made)


def test_pieces_never_overlap_and_never_miss() -> None:
    from tidegate.media.recordings.mp4_types import Span  # noqa: PLC0415

    spans = [Span(0, "v", "r", 5, 10), Span(10, "a", "q", 0, 3), Span(13, "v", "r", 15, 7)]
    mp4 = Mp4(b"head", spans, 24)
    for start in range(24):
        for end in range(start + 1, 25):
            total = sum(
                len(each) if isinstance(each, bytes) else each.size for each in mp4.pieces(start, end)
            )
            assert total == end - start


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    table = SampleTable()
    try:
        table.add(data, Defaults(1, 2, 3))
    except SampleError:
        assert (len(table.chunks), len(table.counts), len(table.sizes)) == (0, 0, 0)
    try:
        SampleTable.unpack(data)
    except SampleError:
        return


@given(st.data())
def test_a_damaged_segment_is_refused_and_leaves_the_table_as_it_was(data: st.DataObject) -> None:
    from tidegate.media.cmaf.fragment import fragment  # noqa: PLC0415

    whole = fragment(1, 90, [3, 4], [True, False], [0, -2], [b"abc", b"de"], starts_segment=True)
    table = SampleTable()
    table.add(whole, Defaults(flags=0x10000))
    assert (list(table.sizes), list(table.durations), list(table.offsets), list(table.syncs)) == (
        [3, 2], [3, 4], [0, -2], [1, 0],
    )  # fmt: skip
    assert whole[table.places[0] :] == b"abcde"
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    before = len(table.sizes)
    try:
        table.add(bytes(damaged), Defaults())
    except SampleError:
        assert len(table.sizes) == before
