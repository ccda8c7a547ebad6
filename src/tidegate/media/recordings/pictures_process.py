"""Draws pictures of a recording, in a process of its own: decoding outside bytes must not be able to hurt the server.

In, on standard input: one JSON line (`Wish`), then keyframes, each a CMAF header and a fragment, with their length before them.
Out, on standard output: the storyboard and the poster as JPEG, each with its length before it; an empty one where nothing could be
decoded. Decodes one frame a keyframe, at the lowest priority, within limits of time and memory.
"""

import io
import os
import resource
import sys
from fractions import Fraction
from typing import Any

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from tidegate.media.recordings.pictures_types import LENGTH, Wish

CPU_S = 120
MEMORY_BYTES = 2 << 30


def main() -> None:
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    source = sys.stdin.buffer
    wish = msgspec.json.decode(source.readline(), type=Wish)
    rows = -(-wish.count // wish.columns)
    board = np.zeros((rows * wish.height, wish.columns * wish.width, 3), dtype=np.uint8)
    poster, drawn = b"", 0
    for number in range(wish.count):
        data = source.read(LENGTH.unpack(source.read(LENGTH.size))[0])
        frame = _first_frame(data)
        if frame is None:
            continue
        row, column = divmod(number, wish.columns)
        tile = frame.reformat(wish.width, wish.height, "rgb24").to_ndarray()
        board[
            row * wish.height : (row + 1) * wish.height, column * wish.width : (column + 1) * wish.width
        ] = tile
        drawn += 1
        if number == wish.poster or not poster:
            height = max(2, round(wish.poster_width * frame.height / frame.width / 2) * 2)
            poster = _jpeg(frame.reformat(wish.poster_width, height, "rgb24").to_ndarray())
    for picture in (_jpeg(board) if drawn else b"", poster):
        sys.stdout.buffer.write(LENGTH.pack(len(picture)) + picture)
    sys.stdout.buffer.flush()


def _first_frame(data: bytes) -> Any:
    try:
        container: Any
        with av.open(io.BytesIO(data), format="mp4") as container:
            container.streams.video[0].thread_count = 1
            return next(container.decode(video=0), None)
    except (av.error.FFmpegError, IndexError, ValueError):
        return None


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    codec: Any = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt = pixels.shape[1], pixels.shape[0], "yuvj420p"
    codec.time_base = Fraction(1, 1)
    codec.options = {"qmin": "4", "qmax": "4"}
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuvj420p")
    packets = [*codec.encode(frame), *codec.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


if __name__ == "__main__":
    main()
