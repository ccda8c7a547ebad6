"""Loops that players decode: whatever the codec, the rate and the picture, repeated without a hole."""

import io
import itertools
from fractions import Fraction

import av
import pytest

from tidegate.core.chunks import Chunk, LoopTrack, Track
from tidegate.media.origin.retime import retimed
from tidegate.media.slate import card, encode
from tidegate.media.slate.plan import plans
from tidegate.media.slate.types import AudioPlan, PictureError, SlateJob, VideoPlan
from tidegate.media.testcard.canvas import Canvas
from tidegate.media.testcard.colour import Ycc
from tidegate.media.testcard.png import to_png


def job(*plan: VideoPlan | AudioPlan, picture: bytes = b"") -> SlateJob:
    return SlateJob(
        "Friday", "We will be right back", picture,
        tuple(each for each in plan if isinstance(each, VideoPlan)),
        tuple(each for each in plan if isinstance(each, AudioPlan)),
    )  # fmt: skip


def three_times(looped: LoopTrack) -> bytes:
    """The loop, three times over, as the origin lists it."""
    data, dts = looped.track.init, 0
    for number, chunk in enumerate(looped.chunks * 3):
        data += retimed(chunk.data, dts, number + 1)
        dts += chunk.duration
    return data


@pytest.mark.parametrize(
    ("fourcc", "fps", "frames", "each"),
    [("avc1", 30.0, 60, 6), ("avc1", 29.97, 54, 6), ("avc1", 24.0, 45, 5), ("hvc1", 25.0, 50, 5), ("av01", 30.0, 60, 6)],
)  # fmt: skip
def test_a_picture_decodes_over_and_over(fourcc, fps, frames, each) -> None:
    plan = VideoPlan("video", fourcc, 320, 180, fps, each / fps)
    (looped,) = encode.make_loop(job(plan)).tracks
    assert looped.track.codec.startswith(fourcc)
    assert (looped.track.width, looped.track.height) == (320, 180)
    assert [chunk.independent for chunk in looped.chunks] == [True] + [False] * (len(looped.chunks) - 1)
    assert {chunk.samples for chunk in looped.chunks} == {each}
    length_s = sum(chunk.duration for chunk in looped.chunks) / 90_000
    assert 1.5 < length_s <= 2.0 + 1e-6
    with av.open(io.BytesIO(three_times(looped))) as source:
        shown = [
            (frame.pts * frame.time_base, frame.to_ndarray(format="gray")) for frame in source.decode(video=0)
        ]
    assert len(shown) == 3 * each * len(looped.chunks) >= 3 * frames - 3 * each
    steps = {after[0] - before[0] for before, after in itertools.pairwise(shown)}
    assert max(steps) - min(steps) < Fraction(1, 10_000)
    drawn = card.draw(320, 180, "We will be right back", "Friday").y
    for _, luma in (shown[0], shown[-1]):
        assert abs(luma.astype(int) - drawn.astype(int)).mean() < 12


@pytest.mark.parametrize(
    ("fourcc", "rate", "channels"), [("mp4a", 48_000, 2), ("mp4a", 44_100, 1), ("mp4a", 48_000, 6), ("Opus", 48_000, 2)]
)  # fmt: skip
def test_silence_decodes_over_and_over(fourcc, rate, channels) -> None:
    (looped,) = encode.make_loop(job(AudioPlan("audio", fourcc, rate, channels, 0.2))).tracks
    assert (looped.track.sample_rate, looped.track.channels) == (rate, channels)
    with av.open(io.BytesIO(three_times(looped))) as source:
        sound = [frame.to_ndarray() for frame in source.decode(audio=0)]
    assert sum(frame.shape[-1] for frame in sound) >= 3 * looped.chunks[0].duration * 0.8
    assert max(float(abs(frame).max()) for frame in sound) < 0.01


def test_an_owners_picture_is_shown_whole() -> None:
    square = Canvas(200, 200)
    square.fill(0, 0, 200, 200, Ycc(200, 128, 128))
    shown = encode.picture_of(job(picture=to_png(square)), 640, 360)
    assert shown.y[180, 320] == pytest.approx(200, abs=3)
    assert shown.y[2, 320] == pytest.approx(200, abs=3), "as high as the picture"
    assert shown.y[180, 20] == 16, "black beside it"
    assert encode.make_preview(job(picture=to_png(square))).startswith(b"\x89PNG")


@pytest.mark.parametrize("damage", [slice(0, 60), slice(0, 30)])
def test_a_picture_that_cannot_be_decoded_is_refused(damage: slice) -> None:
    whole = to_png(Canvas(200, 200))
    with pytest.raises(PictureError, match="cannot be decoded"):
        encode.make_preview(job(picture=whole[damage]))


@pytest.mark.parametrize("title", ["", "x" * 500, "字幕", "Größe & Ähnliches"])
def test_any_title_can_be_drawn(title: str) -> None:
    for width, height in ((32, 32), (320, 180), (720, 1280)):
        assert card.draw(width, height, title, title).y.shape == (height, width)


def test_a_plan_follows_the_tracks() -> None:
    video = Track("video", "video", "avc1.64001f", 90_000, b"", 0.2, width=1279, height=720, fps=0.0)
    tiny = Track("tiny", "video", "avc1.64001f", 90_000, b"", 0.2, width=16, height=16, fps=30.0)
    audio = Track("audio", "audio", "mp4a.40.2", 48_000, b"", 0.2, sample_rate=48_000, channels=2)
    other = Track("other", "audio", "ac-3", 48_000, b"", 0.2, sample_rate=48_000, channels=2)
    pictures, sounds = plans((video, tiny, audio, other))
    assert pictures == (VideoPlan("video", "avc1", 1278, 720, 30.0, 0.2),)
    assert sounds == (AudioPlan("audio", "mp4a", 48_000, 2, 0.2),)


def test_chunks_are_the_currency() -> None:
    (looped,) = encode.make_loop(job(AudioPlan("audio", "mp4a", 48_000, 2, 0.2))).tracks
    assert isinstance(looped.chunks[0], Chunk)
