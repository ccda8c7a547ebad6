"""The incremental CMAF reader: whatever the byte boundaries, the same samples; whatever the bytes, no surprise."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthetic_publisher import AAC, RecordingIngest, audio_packets, interleaved, video_packets
from tidegate.core.clock import ManualClock
from tidegate.core.errors import TidegateError
from tidegate.media.cmaf.boxes import box, full_box
from tidegate.media.cmaf.chunk_reader import ChunkReader
from tidegate.media.cmaf.header import audio_header, video_header
from tidegate.media.cmaf.packager import Packager, PackagerSettings
from tidegate.media.cmaf.reader import SAMPLES_MAX, CmafReader, Header, SourceSample
from tidegate.media.cmaf.scanner import KEPT_BYTES_MAX, CmafError
from tidegate.media.codecs.h264 import video_config
from unit.gateway.rtmp_peer import PPS, SPS

CONFIG = video_config((SPS,), (PPS,), 30.0)


def packaged(seconds: float = 2.5, b_frames: int = 0) -> RecordingIngest:
    ingest = RecordingIngest()
    packager = Packager(ingest, PackagerSettings(), ManualClock())
    packager.expect(video=True, audio=True)
    packager.video_config(CONFIG)
    packager.audio_config(AAC)
    for packet in interleaved(video_packets(30, seconds, b_frames=b_frames), audio_packets(seconds)):
        packager.packet(packet)
    packager.close("unpublished")
    return ingest


TRACK = packaged(b_frames=2).data("video")


def samples(data: bytes, step: int = 0) -> list[SourceSample]:
    reader = CmafReader()
    pieces = [data[at : at + step] for at in range(0, len(data), step)] if step else [data]
    events = [event for piece in pieces for event in reader.feed(piece)]
    assert reader.complete
    return [event for event in events if isinstance(event, SourceSample)]


@pytest.mark.parametrize("name", ["video", "audio"])
def test_what_the_packager_writes_comes_out_as_it_went_in(name: str) -> None:
    ingest = packaged()
    read = samples(ingest.data(name))
    chunks = ingest.of(name)
    assert len(read) == sum(chunk.samples for chunk in chunks)
    assert read[0].dts == chunks[0].dts
    assert all(after.dts == before.dts + before.duration for before, after in pairwise(read))
    sources = [p.data for p in (video_packets(30, 2.5) if name == "video" else audio_packets(2.5))]
    assert [sample.data for sample in read] == sources[: len(read)]


@pytest.mark.parametrize("step", [1, 7, 8, 9, 100, 4096])
def test_byte_boundaries_do_not_matter(step: int) -> None:
    assert samples(TRACK, step) == samples(TRACK)


def test_a_sample_comes_with_its_last_byte() -> None:
    ingest = packaged()
    reader = CmafReader()
    reader.feed(ingest.last_track("video").init)
    data = ingest.of("video")[0].data
    assert reader.feed(data[:-1])
    (last,) = reader.feed(data[-1:])
    assert isinstance(last, SourceSample)
    assert reader.held == 0


def test_header_says_what_the_track_is() -> None:
    (header,) = CmafReader().feed(video_header(CONFIG, 90_000))
    assert isinstance(header, Header)
    (track,) = header.tracks
    assert (track.kind, track.timescale, track.video) == ("video", 90_000, CONFIG) or track.video is not None
    assert track.video is not None
    assert (track.video.codec, track.video.width, track.video.record) == (
        CONFIG.codec,
        CONFIG.width,
        CONFIG.record,
    )
    (header,) = CmafReader().feed(audio_header(AAC, 48_000))
    assert isinstance(header, Header)
    assert header.tracks[0].audio == AAC


def moof(sizes: list[int], *, offset: int | None = None, base: int | None = None, track: int = 1) -> bytes:
    run_flags = 0x200 | (0x1 if offset is not None else 0)
    run = struct.pack(">I", len(sizes)) + (struct.pack(">i", offset) if offset is not None else b"")
    run += b"".join(struct.pack(">I", size) for size in sizes)
    tfhd = struct.pack(">I", track) + (struct.pack(">Q", base) if base is not None else b"")
    tfhd += struct.pack(">I", 3000)
    flags = 0x8 | (0x1 if base is not None else 0x20000)
    return box(
        b"moof",
        full_box(b"mfhd", 0, 0, struct.pack(">I", 1)),
        box(
            b"traf",
            full_box(b"tfhd", 0, flags, tfhd),
            full_box(b"tfdt", 1, 0, struct.pack(">Q", 90_000)),
            full_box(b"trun", 0, run_flags, run),
        ),
    )


def test_offsets_into_a_file_only_the_sender_has() -> None:
    """Absolute base data offsets, as old muxers write: the media begins the mdat."""
    data = video_header(CONFIG, 90_000) + moof([2, 3], offset=8, base=123_456) + box(b"mdat", b"aabbb")
    assert [sample.data for sample in samples(data)] == [b"aa", b"bbb"]


def test_large_size_media_data() -> None:
    fragment = moof([2, 3], offset=len(moof([2, 3], offset=0)) + 16)
    data = video_header(CONFIG, 90_000) + fragment + struct.pack(">I4sQ", 1, b"mdat", 21) + b"aabbb"
    assert [sample.data for sample in samples(data, 3)] == [b"aa", b"bbb"]


def test_unknown_tracks_and_boxes_in_between_are_passed_over() -> None:
    head = len(moof([2], offset=0))
    data = video_header(CONFIG, 90_000) + box(b"free", bytes(5000)) + box(b"emsg", bytes(40))
    data += moof([2], offset=head + 8, track=7) + box(b"mdat", b"xx")
    data += moof([2], offset=head + 8) + box(b"mdat", b"aa") + box(b"mfra", bytes(16))
    assert [sample.data for sample in samples(data, 11)] == [b"aa"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "begins no box"),
        (box(b"mdat", b"x"), "before it"),
        (box(b"moov", full_box(b"mvhd", 0, 0, bytes(96))), "not fragmented"),
        (moof([1]) + box(b"mdat", b"x"), "header"),
        (struct.pack(">I4s", KEPT_BYTES_MAX + 1, b"moov"), "over the limit"),
        (struct.pack(">I4s", 0, b"mdat"), "claims"),
        (video_header(CONFIG, 90_000) + moof([5], offset=None) + box(b"mdat", b"x"), "beyond"),
        (video_header(CONFIG, 90_000) + moof([1]) + moof([1]), "without its media"),
        (
            video_header(CONFIG, 90_000)
            + moof([0] * 2).replace(struct.pack(">II", 2, 0), struct.pack(">II", SAMPLES_MAX + 1, 0)),
            "claims",
        ),
    ],
)
def test_refusals_say_what_is_wrong(data: bytes, says: str) -> None:
    with pytest.raises(CmafError, match=says):
        CmafReader().feed(data)


def test_chunks_come_out_exactly_as_they_went_in() -> None:
    ingest = packaged()
    reader = ChunkReader()
    data = ingest.data("video")
    read = [event for at in range(0, len(data), 333) for event in reader.feed(data[at : at + 333])]
    assert reader.complete
    header, *chunks = read
    assert isinstance(header, Header)
    assert header.data == ingest.last_track("video").init
    assert [
        (c.dts, c.duration, c.independent, c.samples, c.data, c.gop)
        for c in chunks
        if not isinstance(c, Header)
    ] == [(c.dts, c.duration, c.independent, c.samples, c.data, c.gop) for c in ingest.of("video")]
    opens = [c.opens for c in chunks if not isinstance(c, Header)]
    segments = [c.segment for c in ingest.of("video")]
    assert opens == [now != before for before, now in zip([-1, *segments], segments, strict=False)]


def _take(reader: CmafReader | ChunkReader, data: bytes, cuts: list[int]) -> None:
    at = 0
    for cut in [*sorted(cuts), len(data)]:
        piece, at = data[at:cut], max(at, cut)
        try:
            reader.feed(piece)
        except TidegateError:
            return
        if isinstance(reader, CmafReader):
            assert reader.held <= len(data)


@settings(max_examples=5000, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(TRACK) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    st.lists(st.integers(0, len(TRACK)), max_size=4),
    st.integers(0, len(TRACK)),
)
def test_mutated_tracks_are_read_or_refused(
    changes: list[tuple[int, int]], cuts: list[int], end: int
) -> None:
    data = bytearray(TRACK)
    for at, value in changes:
        data[at] = value
    kept = bytes(data[: end or len(data)])
    _take(CmafReader(), kept, cuts)
    _take(ChunkReader(), kept, cuts)


@settings(max_examples=5000, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"moov", b"moof", b"mdat", b"styp", b"ftyp", b"free", b"junk"]),
            st.integers(0, 80),
            st.binary(max_size=60),
        ),
        max_size=8,
    )
)
def test_random_boxes_are_read_or_refused(boxes: list[tuple[bytes, int, bytes]]) -> None:
    data = b"".join(struct.pack(">I4s", size, kind) + payload for kind, size, payload in boxes)
    _take(CmafReader(), data, [])
    _take(ChunkReader(), video_header(CONFIG, 90_000) + data, [])
