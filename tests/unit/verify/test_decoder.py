"""Pieces of real video in, frame numbers out: whatever the parts, the reordering and the scale."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cut_video import CutVideo, cut_video
from tidegate.media.player.types import Place
from tidegate.media.testcard.card import Card
from tidegate.media.verify.decoder import Decoder
from tidegate.media.verify.ledger import Ledger

FPS = 30


@cache
def video(first: int, count: int, b_frames: int, width: int = 640, height: int = 360) -> CutVideo:
    """The test card, frames `first` on, encoded and cut into parts as the platform does; drawn at 640 x 360."""

    def frames() -> Iterator[av.VideoFrame]:
        card = Card(640, 360, FPS, "demo")
        for number in range(first, first + count):
            card.draw(1_763_643_123.0 + number / FPS, number)
            frame = av.VideoFrame.from_ndarray(card.picture.data.reshape(540, 640), format="yuv420p")
            yield frame.reformat(width, height)

    return cut_video(frames(), width, height, Fraction(FPS), b_frames=b_frames)


def decoded(*steps: tuple[CutVideo, Iterator[int] | range, Place]) -> Ledger:
    ledger = Ledger()
    decoder = Decoder(ledger)
    header = b""
    for made, parts, place in steps:
        if made.header != header:
            decoder.header(made.header)
            header = made.header
        for part in parts:
            decoder.media(made.parts[part], place)
    decoder.finish()
    return ledger


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize(("width", "height"), [(640, 360), (426, 240)])
def test_every_frame_is_read_part_by_part(b_frames: int, width: int, height: int) -> None:
    made = video(500, 60, b_frames, width, height)
    report = decoded((made, range(len(made.parts)), Place(0, 0, 0, ""))).report()
    assert report.continuous
    assert (report.frames, report.first, report.last, report.unreadable) == (60, 500, 559, 0)


def test_a_lost_part_is_missing_frames() -> None:
    made = video(500, 60, 0)
    last = len(made.parts) - 1
    # a keyframe begins the part after the lost one, so that the rest decodes cleanly
    lost = next(index for index in range(1, last) if made.independent[index + 1])
    report = decoded(
        (made, range(lost), Place(0, 0, 0, "")), (made, range(lost + 1, last + 1), Place(1, 0, 0, ""))
    ).report()
    assert not report.continuous
    assert report.unexplained_missing == 6
    assert (report.faults[0].segment, report.faults[0].count) == (1, 6)


def test_another_encoder_after_a_discontinuity() -> None:
    one, two = video(500, 60, 0), video(550, 60, 2, 426, 240)
    report = decoded(
        (one, range(len(one.parts)), Place(0, 0, 0, "")), (two, range(len(two.parts)), Place(9, 0, 1, ""))
    ).report()
    assert report.continuous
    assert (report.repeated, report.discontinuities, report.last) == (10, 1, 609)


@settings(max_examples=50)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_bytes_that_are_no_media_are_counted_and_harm_nothing(noise: bytes, at: int) -> None:
    made = video(500, 60, 0)
    ledger = Ledger()
    decoder = Decoder(ledger)
    decoder.header(made.header)
    decoder.media(made.parts[0][:at] + noise, Place(0, 0, 0, ""))
    decoder.header(noise)
    decoder.media(noise, Place(0, 1, 0, ""))
    decoder.header(made.header)
    decoder.media(made.parts[0], Place(1, 0, 1, ""))
    decoder.finish()
    assert ledger.report().last == 505
