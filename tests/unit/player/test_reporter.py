"""The bounds of a player's reports: a queue that is full, a server that is away or lies, values of any size."""

import asyncio
import math
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.media.beacons.cmcd import BODY_MAX, parse_beacon
from tidegate.media.player.address import Address, parse_address
from tidegate.media.player.exchange import Response
from tidegate.media.player.http import HttpClient
from tidegate.media.player.reporter import (
    BEACONS_MAX,
    DRAIN_S,
    FLIGHTS_MAX,
    LINES_MAX,
    BeaconSender,
    Reporter,
    Snapshot,
)
from tidegate.media.player.types import ReportOptions, RequestError

SID = "3c3d1f0e-7a44-4f0d-9a55-0d7a2b0c9a11"
PLAYLIST = parse_address("http://127.0.0.1:1/live/demo/index.m3u8")
INVITATION = {"session": SID, "report_to": "beacon?ticket=T", "interval_s": 5, "expires_at": 2_000_000_000}


class Client(HttpClient):
    """Answers as it is told to, over no network; `open` lets answers out."""

    def __init__(self, status: int = 204, invitation: object = INVITATION) -> None:
        super().__init__(time.monotonic, {})
        self.status = status
        self.invitation = invitation
        self.open = asyncio.Event()
        self.open.set()
        self.under_way = self.most = 0
        self.bodies: list[bytes] = []

    async def get(self, address: Address, **_how: object) -> Response:
        return Response(200, {}, msgspec.json.encode(self.invitation), 0, 0.0, 0.0, address)

    async def post(self, address: Address, body: bytes, content_type: str) -> Response:
        assert content_type == "application/cmcd"
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.bodies.append(body)
        await self.open.wait()
        self.under_way -= 1
        if not self.status:
            raise RequestError("The server is away.")
        return Response(self.status, {}, b"", 0, 0.0, 0.0, address)

    def numbers(self) -> list[list[int | None]]:
        return [[report.seq for report in parse_beacon(body).reports] for body in self.bodies]


class Viewer:
    def __init__(self, client: HttpClient) -> None:
        self.clock = ManualClock()
        self.sender = BeaconSender(client)
        self.reporter = Reporter(self.sender, SID, ReportOptions(), self.clock)
        self._states = 0

    async def invited(self) -> "Viewer":
        self.reporter.found(PLAYLIST)
        await self.settled()
        return self

    async def change(self, times: int = 1) -> None:
        """Play and stall in turns, each of which is a report."""
        for _ in range(times):
            self._states += 1
            state = "playing" if self._states % 2 else "stalled"
            self.reporter.look(state, self.clock.monotonic(), Snapshot)
        await self.settled()

    @staticmethod
    async def settled() -> None:
        for _ in range(10):
            await asyncio.sleep(0)


async def test_a_sender_that_is_full_drops_the_oldest_and_says_how_many() -> None:
    client = Client()
    client.open.clear()
    sender = BeaconSender(client)
    statuses: list[int] = []
    for number in range(BEACONS_MAX + FLIGHTS_MAX):
        sender.send(PLAYLIST, b"%d" % number, statuses.append)
        if number < FLIGHTS_MAX:
            await Viewer.settled()
    assert sender.dropped == 0
    for number in range(10):
        sender.send(PLAYLIST, b"late%d" % number, statuses.append)
    assert sender.dropped == 10
    client.open.set()
    await asyncio.wait_for(sender.close(), DRAIN_S + 1)
    assert (len(statuses), sender.sent) == (BEACONS_MAX + FLIGHTS_MAX, BEACONS_MAX + FLIGHTS_MAX)
    assert client.most == FLIGHTS_MAX
    assert client.bodies[FLIGHTS_MAX] == b"%d" % (FLIGHTS_MAX + 10)
    assert client.bodies[-1] == b"late9"


async def test_what_is_said_before_there_is_an_address_is_held_within_a_bound() -> None:
    client = Client()
    viewer = Viewer(client)
    await viewer.change(LINES_MAX + 20)
    assert viewer.sender.unsaid == 20
    await viewer.invited()
    assert client.numbers() == [list(range(20, LINES_MAX + 20))]
    assert len(client.bodies[0]) < BODY_MAX
    await viewer.sender.close()


@pytest.mark.parametrize("status", [0, 429, 503])
async def test_while_the_server_is_away_reports_wait_in_order_within_a_bound(status: int) -> None:
    client = Client()
    viewer = await Viewer(client).invited()
    client.status = status
    for _ in range(3):
        await viewer.change()
    assert client.numbers() == [[0], [0, 1], [0, 1, 2]]
    for _ in range(LINES_MAX):
        await viewer.change()
    assert viewer.sender.unsaid == 3
    client.status = 204
    await viewer.change()
    assert client.numbers()[-1] == list(range(4, LINES_MAX + 4))
    await viewer.change()
    assert client.numbers()[-1] == [LINES_MAX + 4]
    assert (viewer.sender.sent, viewer.sender.unanswered + viewer.sender.refused) == (2, LINES_MAX + 3)
    await viewer.sender.close()


async def test_a_server_that_wants_no_more_is_left_alone() -> None:
    client = Client(status=410)
    viewer = await Viewer(client).invited()
    await viewer.change(2)
    said = len(client.bodies)
    await viewer.change(10)
    viewer.reporter.close(viewer.clock.monotonic(), Snapshot)
    await viewer.sender.close()
    assert len(client.bodies) == said <= 2
    assert viewer.sender.refused == said


@pytest.mark.parametrize(
    "wrong",
    [
        {"session": "x" * 65},
        {"session": 'a"\ne=t,sid="b'},
        {"session": ""},
        {"report_to": "beacon?" + "x" * 5000},
        {"report_to": 5},
        {"interval_s": -1},
        {"interval_s": 1e300},
        {"report_to": ""},
    ],
)
async def test_an_invitation_that_cannot_be_is_not_followed(wrong: dict[str, object]) -> None:
    client = Client(invitation=INVITATION | wrong)
    viewer = await Viewer(client).invited()
    await viewer.change(5)
    await viewer.sender.close()
    assert client.bodies == []


async def test_a_server_that_never_answers_holds_nobody_up() -> None:
    client = Client()
    viewer = await Viewer(client).invited()
    client.open.clear()
    await viewer.change(5)
    began = time.monotonic()
    viewer.reporter.close(viewer.clock.monotonic(), Snapshot)
    await viewer.sender.close()
    assert time.monotonic() - began < DRAIN_S + 1
    assert client.under_way <= FLIGHTS_MAX


async def test_where_nobody_listens_a_viewer_plays_on() -> None:
    viewer = await Viewer(HttpClient(time.monotonic, {}, timeout_s=2)).invited()  # nothing listens on port 1
    async with asyncio.timeout(5):
        while not viewer.reporter._over:
            await asyncio.sleep(0.01)
    await viewer.change(5)
    await viewer.sender.close()
    assert (viewer.sender.sent, viewer.sender.dropped) == (0, 0)


amounts = st.floats(0, 1e7, allow_nan=False)


@given(
    amounts,
    amounts,
    st.none() | amounts,
    st.floats(0, 64),
    st.none() | st.integers(0, 2**40),
    st.integers(0, 2**50),
)
def test_any_reading_is_a_report_that_the_server_reads(
    startup_s: float, buffer_s: float, latency_s: float | None, rate: float, bitrate: int | None, size: int
) -> None:
    said: list[bytes] = []

    class Sender(BeaconSender):
        def __init__(self) -> None:
            self.unsaid = 0

        def send(self, _address: Address, body: bytes, _answered: object) -> None:
            said.append(body)

    reporter = Reporter(Sender(), SID, ReportOptions(), ManualClock())
    reporter._to = PLAYLIST
    reporter.transfers.add(size, 0.25)
    snapshot = Snapshot(startup_s, buffer_s, latency_s, rate, bitrate, bitrate, bitrate)
    reporter.look("playing", 0.0, lambda: snapshot)
    (body,) = said
    beacon = parse_beacon(body)
    (report,) = beacon.reports
    assert (beacon.malformed, report.session, report.seq, report.state) == (0, SID, 0, "playing")
    assert report.playback_rate is not None
    assert math.isclose(report.playback_rate, rate, abs_tol=0.001)
    assert len(body) < 512
