"""A crowd in a process of its own, led over its standard streams.

In: the plan as one line of JSON, then `Order`s, a line each; the end of input ends the crowd. Out: a `CrowdState` a line. Whoever
leads it reads what it says: a full pipe would hold the crowd up.
"""

import asyncio
import os
import sys
from contextlib import suppress
from math import inf

import msgspec
import uvloop

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.media.crowd.plan import CrowdPlan
from tidegate.media.crowd.service import PATIENT, Crowd, check_reach
from tidegate.media.crowd.types import CrowdState, Order

LINE_BYTES = 1 << 20
"""Of a plan, which may hold measured networks."""

NICENESS = 5
"""Viewers who are not real give way to whatever serves those who are."""


def main(clock: Clock) -> int:
    """Until standard input ends. Returns 1 where the plan makes no crowd, which is said on standard error."""
    os.nice(NICENESS)
    try:
        uvloop.run(_lead(clock))
    except TidegateError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _lead(clock: Clock) -> None:
    orders = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    plan = msgspec.json.decode(await orders.readline(), type=CrowdPlan)
    await check_reach(plan)
    crowd = Crowd(plan, clock, PATIENT)
    playing = asyncio.create_task(crowd.play(_say))
    obeying = asyncio.create_task(_obey(orders, crowd))
    await asyncio.wait({playing, obeying}, return_when=asyncio.FIRST_COMPLETED)
    for task in (playing, obeying):
        task.cancel()
    for task in (playing, obeying):
        with suppress(asyncio.CancelledError):
            await task


def _say(state: CrowdState) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(state) + b"\n")
    sys.stdout.buffer.flush()


async def _obey(orders: asyncio.StreamReader, crowd: Crowd) -> None:
    while line := await orders.readline():
        order = msgspec.json.decode(line, type=Order)
        crowd.run.throttle(order.region, order.cap_bps or inf)
