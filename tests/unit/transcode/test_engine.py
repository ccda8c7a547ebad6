"""The real encoder: renditions that begin, end and key where the source does, and go on where another stopped."""

import subprocess

import msgspec
import pytest

from live import video_file
from synthetic_publisher import RecordingIngest
from tidegate.core.clock import ManualClock
from tidegate.media.cmaf.chunk_reader import ChunkReader, ReadChunk
from tidegate.media.cmaf.packager import Packager, PackagerSettings
from tidegate.media.cmaf.reader import Header
from tidegate.media.gateway.cmaf.session import Session
from tidegate.media.transcode.calibrate import calibrate
from tidegate.media.transcode.encoders import EncoderError, check_encoder, open_encoder
from tidegate.media.transcode.engine import Engine
from tidegate.media.transcode.types import LadderError, Rung

RUNGS = (Rung("120p", 214, 120, 150), Rung("90p", 160, 90, 100))


def packaged(*encode: str) -> tuple[Header, list[ReadChunk]]:
    """The test file's picture, cut into chunks as the origin has them."""
    pushed = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(video_file()), "-map", "0:v", "-t", "4", *(encode or ("-c", "copy")),
         "-f", "mp4", "-movflags", "cmaf", "-"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    ingest = RecordingIngest()
    session = Session(Packager(ingest, PackagerSettings(), ManualClock()), 8)
    upload = session.upload("video")
    upload.feed(pushed, 0.0)
    session.look(9.0)
    upload.end()
    header, *chunks = ChunkReader().feed(ingest.data("video"))
    assert isinstance(header, Header)
    return header, [each for each in chunks if isinstance(each, ReadChunk)]


def made(engine: Engine, chunks: list[ReadChunk]) -> dict[str, list[ReadChunk]]:
    readers = {rung.rung.name: ChunkReader() for rung in engine.rungs}
    out: dict[str, list[ReadChunk]] = {name: [] for name in readers}
    for rung in engine.rungs:
        readers[rung.rung.name].feed(rung.header)
    for source in chunks:
        for rung, data in engine.feed(source):
            out[rung.name] += [each for each in readers[rung.name].feed(data) if isinstance(each, ReadChunk)]
    return out


def shape(chunk: ReadChunk) -> tuple[int, int, int, bool, bool]:
    return chunk.dts, chunk.duration, chunk.samples, chunk.opens, chunk.independent


def shown(chunks: list[ReadChunk]) -> list[int]:
    return sorted(sample.dts + sample.cts for chunk in chunks for sample in chunk.parts)


def test_parts_are_those_of_the_source() -> None:
    header, chunks = packaged()
    engine = Engine(header.tracks[0], 30.0, RUNGS, "x264", "ultrafast")
    for name, rendition in made(engine, chunks).items():
        assert [shape(each) for each in rendition] == [shape(each) for each in chunks], name
        assert shown(rendition) == shown(chunks)
    assert engine.lost == 0


def test_a_source_that_reorders_frames_keeps_its_times() -> None:
    header, chunks = packaged("-c:v", "libx264", "-bf", "2", "-g", "30", "-b:v", "400k")
    engine = Engine(header.tracks[0], 30.0, RUNGS, "x264", "ultrafast")
    for rendition in made(engine, chunks).values():
        count = len(rendition)
        assert count >= len(chunks) - 2, "only what the decoder holds at the end is missing"
        assert [shape(each)[:4] for each in rendition] == [shape(each)[:4] for each in chunks[:count]]
        assert all(each.independent for each in rendition if each.opens)
        ours, theirs = shown(rendition), shown(chunks)
        assert ours == theirs[: len(ours)]


def test_a_damaged_source_costs_frames_and_no_part() -> None:
    header, chunks = packaged()
    hurt = [
        msgspec.structs.replace(
            each,
            parts=tuple(
                msgspec.structs.replace(sample, data=b"\0\0\0\5junk!") if index == 2 else sample
                for index, sample in enumerate(each.parts)
            ),
        )
        for each in chunks
    ]
    engine = Engine(header.tracks[0], 30.0, RUNGS[:1], "x264", "ultrafast")
    (rendition,) = made(engine, hurt).values()
    assert [(each.dts, each.duration) for each in rendition] == [(each.dts, each.duration) for each in chunks]


def test_another_process_goes_on_where_one_stopped() -> None:
    header, chunks = packaged()
    resume = chunks[7].dts
    first = made(Engine(header.tracks[0], 30.0, RUNGS[:1], "x264", "ultrafast"), chunks[:7])["120p"]
    later = Engine(
        header.tracks[0],
        30.0,
        (msgspec.structs.replace(RUNGS[0], resume_dts=resume),),
        "x264",
        "ultrafast",
    )
    assert (
        later.rungs[0].header
        == Engine(header.tracks[0], 30.0, RUNGS[:1], "x264", "ultrafast").rungs[0].header
    ), "so that no new header is needed"
    second = made(later, chunks[5:])["120p"]
    assert [each.dts for each in first + second] == [each.dts for each in chunks]
    assert second[0].independent, "it begins with a keyframe of its own"


def test_encoders_that_are_not_there_say_so() -> None:
    assert check_encoder("x264") == ""
    assert "does not work here" in check_encoder("vaapi")
    with pytest.raises(EncoderError, match="nvenc"):
        open_encoder("nvenc", "veryfast", RUNGS[0], 90_000, 30.0)


def test_a_source_that_cannot_be_decoded_is_refused() -> None:
    header, _ = packaged()
    track = msgspec.structs.replace(header.tracks[0], video=None)
    with pytest.raises(LadderError, match="cannot be decoded"):
        Engine(track, 30.0, RUNGS, "x264", "ultrafast")


def test_calibration_measures_something() -> None:
    measured = calibrate("x264", "ultrafast")
    assert 0 < measured.decode_s < 0.1
    assert 0 < measured.encode_s < 0.2
