"""What may be a slate's picture, and the sentence where it may not."""

import contextlib
import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.slate.images import BYTES_MAX, checked
from tidegate.media.slate.types import PictureError
from tidegate.media.testcard.canvas import Canvas
from tidegate.media.testcard.colour import Ycc
from tidegate.media.testcard.png import to_png


def png(width: int, height: int) -> bytes:
    picture = Canvas(width, height)
    picture.fill(0, 0, width, height, Ycc(90, 128, 128))
    return to_png(picture)


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="image2pipe") as out:
        stream = out.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 90, np.uint8), format="rgb24")
        out.mux(stream.encode(frame.reformat(format="yuvj420p")))
        out.mux(stream.encode(None))
    return file.getvalue()


def test_png_and_jpeg_are_known_by_their_content() -> None:
    assert checked(png(640, 360)) == (640, 360)
    assert checked(jpeg(322, 182)) == (322, 182)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "neither a PNG nor a JPEG"),
        (b"GIF89a" + bytes(100), "neither a PNG nor a JPEG"),
        (b"\x89PNG\r\n\x1a\n", "cut off"),
        (b"\xff\xd8\xff\xe0\x00\x10", "cut off"),
        (png(640, 360)[:20], "cut off"),
        (png(32, 32), "32 x 32 pixels"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (5000).to_bytes(4, "big") + (9).to_bytes(4, "big"), "5000 x 9 pixels"),
        (bytes(BYTES_MAX + 1), "larger than 4 MiB"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(PictureError, match=words) as refusal:
        checked(data)
    assert refusal.value.hint


@given(st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"]), st.binary(max_size=300))
def test_noise_is_refused_and_nothing_else(start: bytes, noise: bytes) -> None:
    with contextlib.suppress(PictureError):
        width, height = checked(start + noise)
        assert 64 <= min(width, height) <= max(width, height) <= 4096
