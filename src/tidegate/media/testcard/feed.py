"""Draws the card and feeds it to ffmpeg, frame by frame in real time; runs as a process of its own.

Flows in: a `CardJob` as one line of JSON on standard input, which must stay open: its end means stop. Flows out: raw
pictures into ffmpeg, whose progress and warnings pass through to this process's own outputs. A tone sounds at the
beginning of each second of the clock.
"""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO

import msgspec

from tidegate.core.clock import Clock
from tidegate.media.publish.ffmpeg import AAC, QUIET, ffmpeg_path, to_rtmp, x264
from tidegate.media.publish.target import Target, parse_target
from tidegate.media.publish.types import PublishError
from tidegate.media.testcard.card import Card
from tidegate.media.testcard.pace import Pace
from tidegate.media.testcard.types import CardJob, CardOptions

PIPE_BYTES = 1024 * 1024
"""The largest pipe Linux gives without privilege: a frame goes through in two turns instead of twenty."""

STOP_S = 2.0
FAILED = 1
BEEP_HZ, BEEP_S, BEEP_LEVEL = 1000, 0.08, 0.25


def arguments(options: CardOptions, target: Target, began_s: float) -> tuple[str, ...]:
    """Ffmpeg's arguments; `began_s` is the wall time of the first frame, by which the tone meets the clock's seconds."""
    tone = f"aevalsrc='{BEEP_LEVEL}*sin(2*PI*{BEEP_HZ}*t)*lt(mod(t+{began_s % 1.0:.4f},1),{BEEP_S})':s=48000:c=mono"
    return (
        *QUIET, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{options.width}x{options.height}",
        "-framerate", str(options.fps), "-i", "pipe:0", "-f", "lavfi", "-i", tone, "-map", "0:v", "-map", "1:a",
        # without -shortest the endless tone would go on alone when this process is killed
        "-shortest", *x264(options.bitrate_kbps, options.fps), "-color_range", "tv", "-colorspace", "bt709",
        "-color_primaries", "bt709", "-color_trc", "bt709", *AAC, *to_rtmp(target),
    )  # fmt: skip


def main(clock: Clock, sleep: Callable[[float], None] = time.sleep) -> int:
    """Read the job, publish until standard input ends. Returns ffmpeg's exit code, 0 where it was asked to stop."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=CardJob)
    try:
        target = parse_target(job.url)
        program = ffmpeg_path(job.ffmpeg)
        card = Card(job.options.width, job.options.height, job.options.fps, job.name)
    except (PublishError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    encoder = _start(program, job.options, target, clock.wall())
    assert encoder.stdin is not None  # noqa: S101 - it is a pipe
    stopping = threading.Event()
    threading.Thread(target=_await_end, args=(stopping, encoder), daemon=True).start()
    with suppress(BrokenPipeError):
        _draw(card, job.options.fps, encoder.stdin, clock, sleep, stopping)
    return _finish(encoder, asked=stopping.is_set())


def _start(program: str, options: CardOptions, target: Target, began_s: float) -> subprocess.Popen[bytes]:
    argv = [program, *arguments(options, target, began_s)]
    encoder = subprocess.Popen(argv, stdin=subprocess.PIPE, bufsize=0)  # noqa: S603 - our own arguments
    assert encoder.stdin is not None  # noqa: S101 - it is a pipe
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(encoder.stdin, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return encoder


def _draw(
    card: Card,
    fps: int,
    sink: IO[bytes],
    clock: Clock,
    sleep: Callable[[float], None],
    stopping: threading.Event,
) -> None:
    pace = Pace(fps, clock.monotonic(), clock.wall())
    picture = card.picture.data.data
    while not stopping.is_set():
        if wait_s := pace.wait_s(clock.monotonic()):
            sleep(wait_s)
        card.draw(clock.wall(), pace.number)
        written = 0
        while written < len(picture):
            written += sink.write(picture[written:])
        pace.sent()


def _finish(encoder: subprocess.Popen[bytes], *, asked: bool) -> int:
    """Let ffmpeg say goodbye to the server, then make sure that it is gone."""
    if encoder.stdin is not None:
        with suppress(BrokenPipeError):
            encoder.stdin.close()
    encoder.terminate()  # the end of the pictures alone would not do: the tone has none
    try:
        code = encoder.wait(STOP_S)
    except subprocess.TimeoutExpired:
        encoder.kill()
        code = encoder.wait()
    return 0 if asked else code or FAILED


def _await_end(stopping: threading.Event, encoder: subprocess.Popen[bytes]) -> None:
    """Standard input is a lifeline: it ends when whoever started this process stops it, or dies."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stopping.set()
    with suppress(subprocess.TimeoutExpired):
        encoder.wait(STOP_S)
    encoder.kill()  # it hangs on the network: drawing waits for it, and must not wait for ever
