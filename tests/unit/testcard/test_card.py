"""The card: deterministic, cheap to redraw, right wherever it is not redrawn; its timetable; its arguments."""

import struct
import time
import zlib

import numpy as np
import pytest

from tidegate.media.publish.target import Target
from tidegate.media.testcard import font
from tidegate.media.testcard.canvas import Canvas
from tidegate.media.testcard.card import Card
from tidegate.media.testcard.colour import Ycc, ycc
from tidegate.media.testcard.feed import arguments
from tidegate.media.testcard.pace import FAR_BEHIND_S, Pace
from tidegate.media.testcard.png import to_png
from tidegate.media.testcard.types import CardOptions

START_S = 1_763_643_123.0


@pytest.mark.parametrize(
    ("width", "height"), [(1280, 720), (640, 360), (1920, 1080), (720, 576), (320, 180), (360, 640)]
)
def test_redrawing_in_place_is_the_same_as_drawing_anew(width: int, height: int) -> None:
    worn, fresh = Card(width, height, 30, "demo"), Card(width, height, 30, "demo")
    for number in range(90):
        worn.draw(START_S + number / 30, number)
    fresh.draw(START_S + 89 / 30, 89)
    assert np.array_equal(worn.picture.data, fresh.picture.data)


def test_each_frame_differs_from_the_one_before() -> None:
    card = Card(640, 360, 30, "demo")
    seen = set()
    for number in range(30):
        card.draw(START_S + number / 30, number)
        seen.add(card.picture.data.tobytes())
    assert len(seen) == 30


def test_the_longest_channel_name_fits() -> None:
    card = Card(1280, 720, 30, "w" * 63)
    card.draw(START_S, 0)
    assert card.picture.y.max() <= 235


@pytest.mark.serial
def test_drawing_720p30_takes_less_than_a_twelfth_of_a_core() -> None:
    card = Card(1280, 720, 30, "demo")
    card.draw(START_S, 0)
    began = time.process_time()
    for number in range(150):
        card.draw(START_S + number / 30, number)
    assert (time.process_time() - began) / 5 < 0.08


def test_odd_sides_are_refused() -> None:
    with pytest.raises(ValueError, match="even sides"):
        Canvas(641, 360)


def test_colours_are_limited_range_bt709() -> None:
    assert ycc("#ffffff") == Ycc(235, 128, 128)
    assert ycc("#000000") == Ycc(16, 128, 128)
    assert ycc("#0000ff").cb == 240
    assert ycc("#ff0000").cr == 240


def test_every_letter_of_a_channel_name_has_a_glyph() -> None:
    for letter in "abcdefghijklmnopqrstuvwxyz0123456789-_:.":
        assert font.glyph(letter, 40, 5).max() == 1.0, letter
    assert font.glyph("字", 40, 5).max() == 0.0
    assert font.text("", 40, 5).shape == (40, 0)


def test_digits_are_told_apart() -> None:
    shapes = {font.glyph(digit, 24, 3).tobytes() for digit in "0123456789"}
    assert len(shapes) == 10


def test_the_still_is_a_valid_png_with_the_cards_colours() -> None:
    picture = Canvas(4, 2)
    picture.fill(0, 0, 4, 2, ycc("#bf0000"))
    data = to_png(picture)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (4, 2)
    start = data.index(b"IDAT") + 4
    row = zlib.decompress(data[start : data.index(b"IEND") - 8])[1:13]
    assert np.allclose(np.frombuffer(row, np.uint8).reshape(4, 3), [0xBF, 0, 0], atol=2)


def test_frames_are_due_one_after_the_other() -> None:
    pace = Pace(30, 100.0, 1_763_643_123.0)
    assert pace.wait_s(100.0) == 0.0
    pace.sent()
    assert pace.wait_s(100.01) == pytest.approx(1 / 30 - 0.01)
    assert pace.wait_s(100.2) == 0.0
    for _ in range(5):
        pace.sent()
    assert pace.wait_s(100.1) == pytest.approx(0.1)


def test_cards_drawn_at_one_moment_carry_one_number() -> None:
    early, late = Pace(30, 100.0, 1_763_643_123.0), Pace(30, 7.0, 1_763_643_123.51)
    for _ in range(16):
        early.sent()
    assert early.number == late.number == 1_763_643_123 * 30 + 16
    assert early.wait_s(100.0) == pytest.approx(16 / 30)
    assert late.wait_s(7.0) == pytest.approx(16 / 30 - 0.51)


def test_far_behind_the_timetable_moves_instead_of_a_burst() -> None:
    pace = Pace(30, 100.0, 1_763_643_123.0)
    pace.sent()
    late = 100.0 + 1 / 30 + FAR_BEHIND_S + 5
    assert pace.wait_s(late) == 0.0
    pace.sent()
    assert pace.wait_s(late) == pytest.approx(1 / 30)


def test_the_tone_meets_the_clocks_seconds() -> None:
    line = " ".join(arguments(CardOptions(), Target("rtmp://h/live", "key"), 1_763_643_123.25))
    assert "mod(t+0.2500,1)" in line
    assert "-g 30" in line
    assert line.endswith("-rtmp_playpath key -f flv rtmp://h/live")
