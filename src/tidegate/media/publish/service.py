"""The entry: publish a file in real time, as an encoder would."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

from tidegate.core.clock import Clock
from tidegate.media.publish.ffmpeg import Streams, ffmpeg_path, file_arguments, parse_streams
from tidegate.media.publish.supervisor import Supervisor
from tidegate.media.publish.target import parse_target
from tidegate.media.publish.types import Launch, PublishError, PublishStatus

PROBE_S = 20.0
ATTEMPTS = 4
"""Starts in a row that send nothing before a file's publishing is given up: a person waits for it."""


async def publish_file(
    path: Path,
    url: str,
    clock: Clock,
    *,
    loop: bool = False,
    on_progress: Callable[[PublishStatus], None] = lambda _status: None,
    ffmpeg: str = "",
) -> None:
    """Publish `path` to `url` in real time until its end, or for ever with `loop`.

    H.264 with AAC is sent as it is, everything else is encoded. A lost connection is made anew, and the file goes on
    where it was. Cancel to stop. `url` is `rtmp(s)://host/app/key`, whose key is kept out of logs and messages;
    `ffmpeg` is a path or name, the bundled one where empty.

    Raises:
        PublishError: the file cannot be read, the address is none, or the server refuses; says what to do.
    """
    target = parse_target(url)
    program = ffmpeg_path(ffmpeg)
    streams = await probe(path, program)

    start_s = 0.0

    def launch(status: PublishStatus) -> Launch:
        nonlocal start_s
        if not loop:  # each run counts from its own beginning
            start_s += status.position_s
        arguments = file_arguments(path, streams, target, loop=loop, start_s=start_s)
        return Launch((program, *arguments), secrets=(target.key,))

    chance = Random()  # noqa: S311 - jitter of delays
    await Supervisor(path.name, launch, clock, chance, on_progress).run(attempts=ATTEMPTS)


async def probe(path: Path, program: str) -> Streams:
    """What is in a media file.

    Raises:
        PublishError: it is not there, or ffmpeg finds neither video nor audio in it.
    """
    if not await asyncio.to_thread(path.is_file):
        raise PublishError(f"There is no file {path}.", hint="Check the path.")
    process = await asyncio.create_subprocess_exec(
        program, "-nostdin", "-i", f"file:{path}",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PROBE_S):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise PublishError(f"ffmpeg cannot make out what {path} is within {PROBE_S:.0f} s.") from None
    streams = parse_streams(said.decode("utf-8", "replace"))
    if not streams.video and not streams.audio:
        raise PublishError(
            f"{path} holds no video and no audio that ffmpeg can read.", hint="Try another file."
        )
    return streams
