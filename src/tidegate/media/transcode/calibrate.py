"""Measures what a million pixels cost on this machine: decoded, and scaled and encoded. Takes about half a core-second.

In: encoder and preset. Out: a `Calibration`. The picture is drawn: moving edges and noise, as hard as a lively camera.
"""

import os
from fractions import Fraction
from typing import Any

import av
import numpy as np

from tidegate.media.transcode.encoders import ENCODERS, open_encoder
from tidegate.media.transcode.types import Calibration, Rung

WIDTH, HEIGHT, FRAMES = 1280, 720, 24
_NOISE = 24
_MPX = WIDTH * HEIGHT * FRAMES / 1e6


def calibrate(encoder: str, preset: str) -> Calibration:
    """Encode the drawn picture, then decode it.

    Raises:
        EncoderError: the encoder does not work here.
    """
    frames = [_frame(index) for index in range(FRAMES)]
    pixels = ENCODERS[encoder].pixels
    context = open_encoder(encoder, preset, Rung("check", WIDTH, HEIGHT, 2500), 90_000, 30.0)
    began_s = _cpu_s()
    packets: list[Any] = []
    for frame in frames:
        packets += context.encode(frame.reformat(WIDTH, HEIGHT, pixels))
    packets += context.encode(None)
    encoded_s = _cpu_s() - began_s
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.extradata = context.extradata
    decoder.thread_count = 1
    began_s = _cpu_s()
    for packet in packets:
        decoder.decode(packet)
    return Calibration(decode_s=(_cpu_s() - began_s) / _MPX, encode_s=encoded_s / _MPX)


def _frame(index: int) -> Any:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    edges = ((columns + index * 7) // 40 + (rows + index * 3) // 30) % 2 * 120 + 60
    noise = np.random.default_rng(index).integers(0, _NOISE, (HEIGHT, WIDTH))
    luma = (edges + noise).astype(np.uint8)
    chroma = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
    frame.pts = index * 3000
    frame.time_base = Fraction(1, 90_000)
    return frame


def _cpu_s() -> float:
    return sum(os.times()[:2])
