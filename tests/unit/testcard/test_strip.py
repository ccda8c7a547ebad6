"""The machine-readable strip: what is drawn is read back, through scaling and a real encoder, and damage is noticed."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.testcard import strip
from tidegate.media.testcard.card import Card
from tidegate.media.testcard.strip import Stamp

START_S = 1_763_643_123.0
FPS = 30


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**32 - 1))
def test_every_stamp_comes_back(wall_ms: int, frame: int) -> None:
    luma = np.full((360, 640), 90, np.uint8)
    strip.draw(luma, Stamp(wall_ms, frame), strip.column_map(640))
    assert strip.decode(luma) == Stamp(wall_ms, frame)


@given(st.integers(0, 1), st.integers(1, strip.COLUMNS - 2))
def test_one_wrong_block_is_noticed(row: int, column: int) -> None:
    blocks = strip.encode(Stamp(1_763_643_123_456, 99)).astype(float)
    assert strip.decode_blocks(blocks) is not None
    blocks[row, column] = strip.WHITE + strip.BLACK - blocks[row, column]
    assert strip.decode_blocks(blocks) is None


@given(st.integers(0, 2**32 - 1))
def test_a_picture_without_a_strip_has_no_stamp(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 255, (72, 128), np.uint8)
    assert strip.decode(noise) is None


@pytest.mark.parametrize("shape", [(10, 640), (360, 20), (360,)])
def test_too_small_a_picture_has_no_stamp(shape: tuple[int, ...]) -> None:
    assert strip.decode(np.zeros(shape, np.uint8)) is None


@pytest.mark.parametrize(("width", "height"), [(640, 360), (426, 240), (320, 180), (1920, 1080)])
def test_it_survives_the_encoder_at_500_kbps_and_scaling(width: int, height: int) -> None:
    """Frame-exact: each of 60 decoded frames carries the stamp it was drawn with."""
    encoded = io.BytesIO()
    card = Card(640, 360, FPS, "demo")
    drawn = []
    with av.open(encoded, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.bit_rate = 500_000
        stream.options = {
            "preset": "veryfast", "tune": "zerolatency", "g": str(FPS),
            "maxrate": "500k", "bufsize": "500k",
        }  # fmt: skip
        for number in range(60):
            card.draw(START_S + number / FPS, number)
            drawn.append(Stamp(int((START_S + number / FPS) * 1000), number))
            frame = av.VideoFrame.from_ndarray(card.picture.data.reshape(540, 640), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    encoded.seek(0)
    with av.open(encoded) as source:
        read = [
            strip.decode(frame.reformat(width, height, "gray").to_ndarray())
            for frame in source.decode(video=0)
        ]
    assert read == drawn
