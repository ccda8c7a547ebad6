"""What is written is what is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.cmaf.boxes import BoxError, read_boxes, read_fragments
from tidegate.media.cmaf.fragment import SEGMENT_TYPE, fragment
from tidegate.media.cmaf.header import audio_header, video_header
from tidegate.media.types import AudioConfig, VideoConfig

samples = st.lists(
    st.tuples(
        st.integers(1, 90_000),
        st.booleans(),
        st.integers(-(2**31), 2**31 - 1),
        st.binary(max_size=30),
    ),
    min_size=1,
    max_size=40,
)


@given(samples, st.integers(0, 2**62), st.integers(0, 2**32 - 1), st.booleans())
def test_a_fragment_is_read_back_as_it_was_written(
    rows: list[tuple[int, bool, int, bytes]], dts: int, sequence: int, starts: bool
) -> None:
    durations, syncs, offsets, payloads = (list(column) for column in zip(*rows, strict=True))
    data = fragment(
        sequence, dts, durations, syncs,
        offsets if any(offsets) else None, payloads, starts_segment=starts,
    )  # fmt: skip
    assert data.startswith(SEGMENT_TYPE) is starts
    (read,) = read_fragments(data)
    assert (read.sequence, read.dts, read.duration) == (sequence, dts, sum(durations))
    assert [sample.data for sample in read.samples] == payloads
    assert [sample.duration for sample in read.samples] == durations
    assert [sample.cts for sample in read.samples] == offsets
    # where no sample is a sync sample the track's default says so, which the reader of a fragment cannot see
    if any(syncs):
        flags = [sample.sync for sample in read.samples]
        assert flags == syncs or (flags[0] and syncs == [True] + [False] * (len(syncs) - 1))


@given(st.binary(max_size=200))
def test_reading_noise_ends_in_boxes_or_a_box_error(noise: bytes) -> None:
    try:
        read_fragments(noise)
    except BoxError:
        return
    assert sum(8 + len(each.payload) for each in read_boxes(noise)) == len(noise)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_fragment_never_yields_more_than_it_holds(position: int, value: int) -> None:
    good = fragment(
        1,
        0,
        [3000] * 6,
        [True] + [False] * 5,
        [0, 6000, 0, 0, 9, 0],
        [b"x" * 10] * 6,
        starts_segment=True,
    )
    damaged = bytearray(good)
    damaged[position % len(good)] = value
    try:
        fragments = read_fragments(bytes(damaged))
    except BoxError:
        return
    assert sum(len(sample.data) for each in fragments for sample in each.samples) <= len(good)


def test_a_cut_off_fragment_is_an_error() -> None:
    good = fragment(1, 0, [1024], None, None, [b"hello"], starts_segment=False)
    for length in range(1, len(good)):
        with pytest.raises(BoxError):
            read_fragments(good[:length])


def test_equal_durations_and_a_leading_keyframe_cost_no_table() -> None:
    small = fragment(1, 0, [3000] * 6, [True] + [False] * 5, None, [b"x"] * 6, starts_segment=False)
    large = fragment(1, 0, [3000] * 5 + [1], [True] * 6, [1] * 6, [b"x"] * 6, starts_segment=False)
    assert len(large) - len(small) == 6 * 3 * 4 - 8


@pytest.mark.parametrize(("fourcc", "box"), [("avc1", b"avcC"), ("hvc1", b"hvcC"), ("av01", b"av1C")])
def test_a_video_header_carries_its_configuration(fourcc: str, box: bytes) -> None:
    data = video_header(VideoConfig(fourcc, "x", b"record", 1920, 1080), 90_000)
    ftyp, moov = read_boxes(data)
    assert ftyp.kind == b"ftyp"
    assert {b"cmfc", b"cmf2"} <= {ftyp.payload[i : i + 4] for i in range(8, len(ftyp.payload), 4)}
    stsd = moov.child(b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    (entry,) = read_boxes(stsd.payload[8:])
    assert entry.kind == fourcc.encode()
    inner = {each.kind: each.payload for each in read_boxes(entry.payload[78:])}
    assert inner[box] == b"record"
    assert int.from_bytes(entry.payload[24:26], "big") == 1920
    assert moov.child(b"mvex", b"trex").payload[-4:] == b"\x01\x01\x00\x00"


def test_an_audio_header_carries_its_configuration() -> None:
    data = audio_header(AudioConfig("mp4a", "mp4a.40.2", b"\x11\x90", 48_000, 2, 1024), 48_000)
    stsd = list(read_boxes(data))[1].child(b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    (entry,) = read_boxes(stsd.payload[8:])
    (esds,) = read_boxes(entry.payload[28:])
    assert esds.kind == b"esds"
    assert b"\x05\x80\x80\x80\x02\x11\x90" in esds.payload
