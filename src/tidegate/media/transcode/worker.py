"""The transcoding process: reads the source from the door, pushes renditions back, says how it goes.

In: a `Job` on standard input, whose end is this process's too. Out: `Progress` lines on standard output; its last words
on standard error. Runs at a lower priority than the platform: viewers of the source come first.
"""

import os
import resource
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import msgspec

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.media.cmaf.chunk_reader import ChunkReader
from tidegate.media.cmaf.reader import Header
from tidegate.media.transcode.door import RungStream, SourceStream
from tidegate.media.transcode.engine import Engine
from tidegate.media.transcode.types import Job, Progress, RungProgress

TELL_S = 0.25
NICENESS = 5
PAGE_BYTES = resource.getpagesize()


def main(clock: Clock) -> int:
    """Run one job. Returns the exit code: 0 when the source has ended."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    with suppress(OSError):
        os.nice(NICENESS)
    try:
        transcode(job, clock, _tell)
    except (TidegateError, OSError) as error:
        print(str(error), file=sys.stderr)  # noqa: T201 - the supervisor reads it
        return 1
    return 0


def transcode(job: Job, clock: Clock, tell: Callable[[Progress], None]) -> None:
    """Make renditions until the source ends.

    Raises:
        TidegateError: the source cannot be read or decoded, or an encoder does not work.
        OSError: the door is gone.
    """
    source = SourceStream(job)
    reader = ChunkReader()
    engine: Engine | None = None
    streams: dict[str, RungStream] = {}
    told_s = -TELL_S
    for piece in source.pieces():
        for event in reader.feed(piece):
            if isinstance(event, Header):
                if engine is not None:  # another picture: another process
                    return
                engine = Engine(event.tracks[0], job.fps, job.rungs, job.encoder, job.preset)
                for each in engine.rungs:
                    streams[each.rung.name] = RungStream(job, each.rung.name)
                    streams[each.rung.name].send(each.header)
            elif engine is not None:
                for rung, chunk in engine.feed(event):
                    streams[rung.name].send(chunk)
                told_s = _tell_now_and_then(engine, clock, told_s, tell)
        told_s = _tell_now_and_then(engine, clock, told_s, tell)


def _tell_now_and_then(
    engine: Engine | None, clock: Clock, told_s: float, tell: Callable[[Progress], None]
) -> float:
    now = clock.monotonic()
    if now - told_s < TELL_S:
        return told_s
    rungs = engine.rungs if engine is not None else []
    tell(
        Progress(
            frames=engine.frames if engine is not None else 0,
            cpu_s=sum(os.times()[:2]),
            rss_bytes=_rss_bytes(),
            rungs=tuple(RungProgress(each.rung.name, each.frames, each.bytes) for each in rungs),
        )
    )
    return now


def _rss_bytes() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - twice a second
            return int(file.read().split()[1]) * PAGE_BYTES
    except OSError:  # not Linux: the peak is all there is
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _tell(progress: Progress) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(progress) + b"\n")
    sys.stdout.buffer.flush()


def _end_with(lifeline: BinaryIO) -> None:
    lifeline.read()
    os._exit(0)
