"""What a channel's viewers may ask of an edge together."""

from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.core.delivery import Visitor
from tidegate.media.edge.answers import CHANNEL_BUSY, CHANNEL_CONNECTIONS_TAKEN, Answer
from tidegate.media.edge.channel_limits import CHANNELS_MAX, ChannelLimits, Seat
from tidegate.media.edge.service import Edge
from unit.access.door import VIEWER, Door
from unit.edge.scripted import ScriptedSource

TARGET = "demo/video/index.m3u8"


def status(answer: object) -> int:
    assert isinstance(answer, Answer)
    return answer.status


def edge_of(door: Door) -> tuple[Edge, ManualClock]:
    source, clock = ScriptedSource(), ManualClock()
    source.publish()
    return Edge(source, clock, gate=door.gate), clock


def test_a_channel_answers_twice_its_rate_at_once_and_then_its_rate() -> None:
    limits = ChannelLimits()
    assert sum(limits.spend("demo", 10, 0.0) for _ in range(100)) == 20
    assert sum(limits.spend("demo", 10, 1.0) for _ in range(100)) == 10
    assert sum(limits.spend("demo", 10, 100.0) for _ in range(100)) == 20
    assert limits.spend("other", 10, 0.0)


@given(st.lists(st.floats(0, 2), max_size=200), st.floats(0.1, 50))
def test_no_order_of_requests_gets_more_than_burst_and_rate(pauses: list[float], per_s: float) -> None:
    limits, now, got = ChannelLimits(), 0.0, 0
    for pause in pauses:
        now += pause
        got += limits.spend("demo", per_s, now)
    assert got <= 2 * per_s + now * per_s + 1e-6


def test_channels_that_nobody_asks_for_are_forgotten() -> None:
    limits = ChannelLimits()
    for number in range(CHANNELS_MAX + 10):
        limits.spend(f"channel-{number}", 1, 0.0)
    assert len(limits._budgets) == CHANNELS_MAX


def test_a_seat_is_given_back() -> None:
    limits, seats = ChannelLimits(), [Seat(), Seat(), Seat()]
    assert [limits.sit(seat, "demo", 2) for seat in seats] == [True, True, False]
    assert limits.sit(seats[0], "demo", 1), "who has a seat keeps it"
    assert limits.sit(seats[0], "other", 1)
    assert limits.sit(seats[2], "demo", 2)
    for seat in (*seats, seats[0]):
        limits.stand(seat)
    assert (limits.seated("demo"), limits.seated("other")) == (0, 0)


async def test_a_channel_asked_too_often_says_so_and_others_do_not_notice(door: Door) -> None:
    edge, clock = edge_of(door)
    door.set("playback.requests_per_s", 0.0, demo=5.0)
    answers = [edge.handle(TARGET, visitor=VIEWER) for _ in range(12)]
    assert [status(answer) for answer in answers] == [200] * 10 + [429] * 2
    assert answers[-1].head == CHANNEL_BUSY.head
    assert (b"retry-after", b"1") in CHANNEL_BUSY.headers
    assert edge.counters.limited_by_channel == 2
    assert status(edge.handle(TARGET, visitor=Visitor("203.0.113.9", peer=True))) == 200
    assert status(edge.handle("other/video/index.m3u8", visitor=VIEWER)) == 404
    clock.advance(1)
    assert status(edge.handle(TARGET, visitor=VIEWER)) == 200
    door.set("playback.requests_per_s", 0.0)
    assert all(status(edge.handle(TARGET, visitor=VIEWER)) == 200 for _ in range(50))


async def test_whom_a_private_channel_refuses_takes_nothing_of_its_rate(door: Door) -> None:
    edge, _ = edge_of(door)
    door.set("playback.requests_per_s", 1.0)
    assert {status(edge.handle("private/video/index.m3u8", visitor=VIEWER)) for _ in range(20)} == {401}
    assert edge.counters.limited_by_channel == 0


async def test_connections_of_a_channel_are_bounded(door: Door) -> None:
    edge, _ = edge_of(door)
    door.set("playback.max_connections", 0, demo=2)
    seats = [Seat() for _ in range(3)]
    answers = [edge.handle(TARGET, visitor=VIEWER, seat=seat) for seat in (*seats, *seats)]
    assert [status(answer) for answer in answers] == [200, 200, 429] * 2
    assert answers[2].head == CHANNEL_CONNECTIONS_TAKEN.head
    assert edge.counters.refused_seats == 2
    assert status(edge.handle(TARGET, visitor=VIEWER)) == 200, "a front's connection is not counted"
    edge.channel_limits.stand(seats[0])
    assert status(edge.handle(TARGET, visitor=VIEWER, seat=seats[2])) == 200
