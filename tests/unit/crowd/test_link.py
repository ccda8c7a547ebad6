"""A viewer's network: answers come in their turn, as late as it makes them, and a throttle counts at once."""

import asyncio
from math import inf
from random import Random

import pytest

from tidegate.core.clock import SystemClock
from tidegate.media.crowd.link import Link, Throttle
from tidegate.media.crowd.networks import Trace
from tidegate.media.player.address import Address
from tidegate.media.player.exchange import Response
from tidegate.media.player.types import RequestError

CLOCK = SystemClock()
SLACK_S = 0.05
"""Of timers, on a machine with other things to do."""


def answer(size: int, took_s: float = 0.0) -> Response:
    return Response(200, {}, b"", size, took_s, CLOCK.monotonic(), Address("http", "127.0.0.1", 80, "/"))


def link(bps: float, rtt_s: float = 0.0, throttle: Throttle | None = None, distance_s: float = 0.0) -> Link:
    return Link(Trace((bps,), 1.0, rtt_s), throttle or Throttle(), CLOCK, Random(1), distance_s=distance_s)


async def deliver(
    line: Link, size: int, *, fresh: bool = False, patience_s: float = 10.0
) -> tuple[Response, float]:
    now = CLOCK.monotonic()
    waiter = asyncio.get_running_loop().create_future()
    line.deliver(answer(size), now, now + patience_s, waiter, fresh=fresh)
    try:
        response = await waiter
    except asyncio.CancelledError:
        line.forget(waiter)
        raise
    return response, CLOCK.monotonic() - now


async def test_a_body_takes_the_time_its_network_needs() -> None:
    response, took_s = await deliver(link(1e6), 25_000)
    assert 0.199 <= took_s < 0.2 + SLACK_S
    assert response.transfer_s == pytest.approx(0.2, abs=0.001)
    assert response.size == 25_000


async def test_a_round_trip_is_waited_for_and_a_new_connection_takes_one_more() -> None:
    _, took_s = await deliver(link(inf, 0.1), 0)
    assert 0.099 <= took_s < 0.1 + SLACK_S
    _, took_s = await deliver(link(inf, 0.06, distance_s=0.04), 0, fresh=True)
    assert 0.199 <= took_s < 0.2 + SLACK_S


async def test_what_was_long_waited_for_comes_half_a_round_trip_late() -> None:
    now = CLOCK.monotonic()
    waiter = asyncio.get_running_loop().create_future()
    link(inf, 0.2).deliver(answer(0), now - 5.0, now + 5.0, waiter, fresh=False)
    await waiter
    assert 0.099 <= CLOCK.monotonic() - now < 0.1 + SLACK_S


async def test_answers_share_the_line_one_after_the_other() -> None:
    line, now = link(1e6), CLOCK.monotonic()
    ends = [
        response.at - now for response, _ in await asyncio.gather(*(deliver(line, 12_500) for _ in range(3)))
    ]
    assert ends == pytest.approx([0.1, 0.2, 0.3], abs=SLACK_S)


async def test_who_waits_no_longer_makes_room() -> None:
    line = link(1e6)
    first = asyncio.create_task(deliver(line, 125_000))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(deliver(line, 12_500))
    await asyncio.sleep(0.01)
    first.cancel()
    _, took_s = await second
    assert took_s < 0.1 + 2 * SLACK_S


async def test_too_slow_a_network_fails_the_request_in_time() -> None:
    began_s = CLOCK.monotonic()
    with pytest.raises(RequestError):
        await deliver(link(1e3), 100_000, patience_s=0.1)
    assert CLOCK.monotonic() - began_s < 0.1 + SLACK_S


async def test_a_throttle_counts_from_the_moment_it_is_set_and_taken_off() -> None:
    throttle = Throttle()
    line = link(1e6, throttle=throttle)
    began_s = CLOCK.monotonic()
    going = asyncio.create_task(deliver(line, 25_000))  # 0.2 s of it
    await asyncio.sleep(0.1)
    throttle.set(1e4)  # of the other half, a hundredth comes in each tenth of a second
    await asyncio.sleep(0.1)
    assert not going.done()
    throttle.set(inf)
    response, _ = await going
    assert CLOCK.monotonic() - began_s == pytest.approx(0.3, abs=SLACK_S)
    assert response.transfer_s == pytest.approx(0.3, abs=SLACK_S)


async def test_a_closed_line_is_no_longer_throttled() -> None:
    throttle = Throttle()
    line = link(1e6, throttle=throttle)
    line.close()
    throttle.set(1.0)
    assert not throttle._links
