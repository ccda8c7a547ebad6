"""The entry: publish the test card."""

import sys
from collections.abc import Callable
from random import Random

import msgspec

from tidegate.core.clock import Clock
from tidegate.media.publish.ffmpeg import ffmpeg_path
from tidegate.media.publish.supervisor import Supervisor
from tidegate.media.publish.target import parse_target
from tidegate.media.publish.types import Launch, PublishStatus
from tidegate.media.testcard.types import CardJob, CardOptions


def card_supervisor(
    url: str,
    name: str,
    clock: Clock,
    *,
    options: CardOptions = CardOptions(),  # noqa: B008 - immutable
    on_progress: Callable[[PublishStatus], None] = lambda _status: None,
    ffmpeg: str = "",
) -> Supervisor:
    """Draws the card of channel `name` and publishes it to `url` while it runs; whatever fails is started anew. Its `status` and
    `pid` may be read meanwhile.

    `url` is `rtmp(s)://host/app/key`, whose key is kept out of logs and messages; `ffmpeg` is a path or name, the bundled one where
    empty.

    Raises:
        PublishError: the address is none, or there is no ffmpeg.
    """
    target = parse_target(url)
    job = CardJob(url, name, options, ffmpeg_path(ffmpeg))
    launch = Launch(
        (sys.executable, "-m", "tidegate.media.testcard"),
        stdin=msgspec.json.encode(job) + b"\n",
        secrets=(target.key,),
    )
    chance = Random()  # noqa: S311 - jitter of delays
    return Supervisor(f"testcard-{name}", lambda _status: launch, clock, chance, on_progress)
