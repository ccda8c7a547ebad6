"""Players on a loop: their playheads moved while they play, for as long as was asked."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

PROGRESS_S = 0.5
"""How often progress is told."""


async def follow(tick_s: float, tick: Callable[[], None], tell: Callable[[], None]) -> None:
    """Call `tick` every `tick_s`, and `tell` now and then."""
    untold_s = PROGRESS_S
    while True:
        tick()
        untold_s += tick_s
        if untold_s >= PROGRESS_S:
            tell()
            untold_s = 0.0
        await asyncio.sleep(tick_s)


async def play_for(
    seconds: float | None, play: Coroutine[None, None, None], beside: Coroutine[None, None, None]
) -> None:
    """Run `play` until it ends or the time is over, None for as long as it takes, with `beside` beside it."""
    side = asyncio.create_task(beside)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await play
    finally:
        side.cancel()
        (ended,) = await asyncio.gather(side, return_exceptions=True)
    if isinstance(ended, Exception):
        raise ended
