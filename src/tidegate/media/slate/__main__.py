"""`python -m tidegate.media.slate`: a `SlateJob` as MessagePack on standard input, a `Loop` or a PNG on standard output."""

import os
import resource
import sys

import av
import msgspec

from tidegate.core.errors import TidegateError
from tidegate.media.slate.encode import make_loop, make_preview
from tidegate.media.slate.types import SlateJob

NICE = 15
"""Live media goes before what is only made in advance."""

CPU_S_MAX = 60
"""A picture made to take for ever ends here."""

MEMORY_BYTES_MAX = 2 << 30
REFUSED = 3


def _run() -> int:
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    av.logging.set_level(av.logging.PANIC)
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=SlateJob)
    try:
        made = make_preview(job) if job.preview else msgspec.msgpack.encode(make_loop(job))
    except TidegateError as error:
        sys.stderr.write(f"{error.message}\n")
        return REFUSED
    sys.stdout.buffer.write(made)
    return 0


sys.exit(_run())
