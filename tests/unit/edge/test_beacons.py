"""Reports at the edge: who is asked, who may bring them, and what else a POST gets."""

import json
from typing import ClassVar

import pytest

from tidegate.core.clock import ManualClock
from tidegate.core.delivery import OPEN, PlaybackRule, Visitor
from tidegate.core.errors import InvalidError
from tidegate.media.access.errors import TokenNeededError
from tidegate.media.edge.asgi import EdgeApp
from tidegate.media.edge.service import Edge
from tidegate.media.edge.targets import parse_target
from unit.edge.scripted import ScriptedSource


class Door:
    """A `BeaconDoor` that remembers."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bytes, str]] = []

    def invite(self, channel: str, query: str) -> bytes:
        return json.dumps([channel, query]).encode()

    def take(self, channel: str, query: str, body: bytes, user_agent: str, *, local: bool) -> None:
        self.local = local
        if not body:
            raise InvalidError("Nothing in it.")
        self.taken.append((channel, query, body, user_agent))


class PrivateGate:
    """Lets those with the token `right` in, and anyone to `demo`."""

    rules: ClassVar[dict[str, PlaybackRule]] = {}

    def rule(self, channel: str) -> PlaybackRule:
        return OPEN if channel == "demo" else PlaybackRule(open=False, private=True)

    def admit(self, _channel: str, token: str, _visitor: Visitor) -> str:
        if token != "right":
            raise TokenNeededError
        return ""


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def edge(door: Door) -> Edge:
    return Edge(ScriptedSource(), ManualClock(), gate=PrivateGate(), beacons=door)


def test_whoever_may_play_is_told_where_to_report_each_for_itself(edge: Edge) -> None:
    first, second = edge.handle("demo/beacon?session=a"), edge.handle("demo/beacon?session=b")
    assert [json.loads(answer.body) for answer in (first, second)] == [
        ["demo", "session=a"],
        ["demo", "session=b"],
    ]
    assert (b"cache-control", b"no-store") in first.headers
    assert (b"access-control-allow-origin", b"*") in first.headers
    assert edge.audience.viewers("demo") == 0


def test_reports_are_taken_from_whoever_may_play(edge: Edge, door: Door) -> None:
    assert edge.report("demo/beacon?ticket=t", b"e=t", b"Agent/1").status == 204
    assert edge.report("~right/secret/beacon?ticket=t", b"e=t").status == 204
    assert edge.report("~wrong/secret/beacon?ticket=t", b"e=t").status == 401
    assert edge.report("secret/beacon?ticket=t", b"e=t").status == 401
    assert edge.handle("secret/beacon").status == 401
    assert door.taken == [("demo", "ticket=t", b"e=t", "Agent/1"), ("secret", "ticket=t", b"e=t", "")]


def test_what_the_door_refuses_is_said(edge: Edge) -> None:
    answer = edge.report("demo/beacon", b"")
    assert (answer.status, json.loads(answer.body)["code"]) == (400, "invalid")


def test_only_the_channels_own_address_takes_reports(edge: Edge, door: Door) -> None:
    for target in ("demo/video/beacon", "vod:demo/beacon", "beacon", "/beacon", "~right/beacon"):
        assert edge.report(target, b"e=t").status in {404, 405}
    assert door.taken == []


def test_an_edge_without_a_door_says_so() -> None:
    edge = Edge(ScriptedSource(), ManualClock())
    assert edge.report("demo/beacon", b"e=t").status == 404
    assert edge.handle("demo/beacon").status == 404


def test_a_token_in_the_query_moves_into_the_path(edge: Edge) -> None:
    answer = edge.handle("secret/beacon?token=right")
    assert (answer.status, dict(answer.headers)[b"location"]) == (307, b"../~right/secret/beacon")


def test_a_beacons_query_is_its_viewers_own() -> None:
    assert parse_target("demo/beacon?session=a").own
    assert len(parse_target("demo/beacon?" + "x" * 9999).query) == 512


async def ask(edge: Edge, method: str, path: str, *pieces: bytes) -> tuple[int, dict[bytes, bytes]]:
    app = EdgeApp(edge, ManualClock())
    waiting = [{"body": piece, "more_body": n < len(pieces) - 1} for n, piece in enumerate(pieces)]
    sent = []

    async def receive() -> dict[str, object]:
        return waiting.pop(0)

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"ticket=t",
        "headers": [(b"user-agent", b"Agent/1")], "http_version": "1.1", "client": ("127.0.0.1", 1),
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])


async def test_the_same_behind_the_web_server(edge: Edge, door: Door) -> None:
    status, headers = await ask(edge, "OPTIONS", "/live/demo/beacon", b"")
    assert (status, headers[b"access-control-allow-methods"]) == (204, b"GET, POST, OPTIONS")
    assert headers[b"access-control-allow-headers"] == b"*"
    assert (await ask(edge, "OPTIONS", "/live/demo/index.m3u8", b""))[1][b"allow"] == b"GET, HEAD, OPTIONS"
    assert (await ask(edge, "POST", "/live/demo/beacon", b"e=t,", b"sn=1"))[0] == 204
    assert door.taken == [("demo", "ticket=t", b"e=t,sn=1", "Agent/1")]
    assert (await ask(edge, "POST", "/live/demo/beacon", b"x" * 40_000, b"x" * 40_000))[0] == 413
    assert (await ask(edge, "POST", "/live/demo/index.m3u8", b""))[0] == 405
