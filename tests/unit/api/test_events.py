"""Server-sent events: what comes, and what becomes of clients that do not keep up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import msgspec
import pytest

from tidegate.api.services import ApiConfig
from tidegate.bus import LocalBus
from tidegate.core.facts import LogFact
from tidegate.core.streams import StreamEvent
from tidegate.telemetry.log_feed import QUEUE_LINES

TOKEN = b"Bearer tga_0123456789abcdef"
EVENT = StreamEvent("demo", "live", 5.0, "brd_local_1")
DEADLINE_S = 10.0


@dataclass
class Client:
    """An HTTP client as an ASGI server shows it to the application."""

    messages: asyncio.Queue[dict] = field(default_factory=asyncio.Queue)
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.reading.set()

    async def receive(self) -> dict:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        await self.reading.wait()
        self.messages.put_nowait(message)

    async def next(self) -> bytes:
        async with asyncio.timeout(DEADLINE_S):
            return (await self.messages.get())["body"]

    async def ended(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self.task


@asynccontextmanager
async def follow(bench, path: str = "/api/v1/events", query: str = "") -> AsyncIterator[Client]:
    client = Client()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"authorization", TOKEN)],
        "client": ("127.0.0.1", 4000),
        "server": ("127.0.0.1", 8080),
    }
    client.task = asyncio.ensure_future(bench.api(scope, client.receive, client.send))
    try:
        yield client
    finally:
        client.left.set()
        client.reading.set()
        await client.ended()


@asynccontextmanager
async def following(bench, path: str = "/api/v1/events", query: str = "") -> AsyncIterator[Client]:
    """A client past the start of its stream."""
    async with follow(bench, path, query) as client:
        async with asyncio.timeout(DEADLINE_S):
            client.start = await client.messages.get()
        assert client.start["status"] == 200
        assert await client.next() == b"retry: 2000\n\n"
        yield client


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


def metric(bench, name: str) -> float | None:
    return bench.services.registry.get_sample_value(f"tidegate_api_event_streams{name}")


async def test_a_change_of_a_stream_is_an_event(bench) -> None:
    async with following(bench) as client:
        bench.bus.publish("stream", EVENT)
        assert await client.next() == (
            b"event: stream\n"
            b'data: {"channel":"demo","state":"live","at":5.0,"broadcast":"brd_local_1","reason":""}\n\n'
        )
        headers = dict(client.start["headers"])
        assert headers[b"content-type"] == b"text/event-stream"
        assert headers[b"cache-control"] == b"no-store"
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert (metric(bench, ""), metric(bench, "_sent_total")) == (1, 1)


async def test_in_silence_there_are_pings(bench) -> None:
    async with following(bench.with_config(ApiConfig(event_ping_s=0.02))) as client:
        assert [await client.next() for _ in range(3)] == [b": ping\n\n"] * 3
        bench.bus.publish("stream", EVENT)
        while (body := await client.next()) == b": ping\n\n":
            pass
        assert body.startswith(b"event: stream\n")


async def test_a_client_that_leaves_is_forgotten(bench) -> None:
    async with following(bench) as client:
        assert bench.bus.subscribers == 1
        client.left.set()
        await client.ended()
        assert bench.bus.subscribers == 0
    assert metric(bench, "") == 0


async def test_the_bus_closing_ends_every_stream(bench) -> None:
    async with following(bench) as client:
        bench.bus.close()
        await client.ended()
        last = client.messages.get_nowait()
        assert (last["body"], last["more_body"]) == (b"", False)


async def test_a_client_that_falls_behind_is_dropped(bench) -> None:
    async with following(bench) as client:
        client.reading.clear()
        for _ in range(1000):
            bench.bus.publish("stream", EVENT)
        await asyncio.sleep(0)
        client.reading.set()
        await client.ended()
        assert client.messages.qsize() < 300
        assert metric(bench, "_dropped_total") == 1
    assert bench.bus.subscribers == 0


async def test_a_connection_that_takes_nothing_is_dropped(bench) -> None:
    stalling = bench.with_config(ApiConfig(event_stall_s=0.05))
    async with following(stalling) as client:
        client.reading.clear()
        bench.bus.publish("stream", EVENT)
        await client.ended()
        assert metric(stalling, "_dropped_total") == 1
    assert bench.bus.subscribers == 0


async def test_a_slow_client_costs_the_others_nothing(bench) -> None:
    async with following(bench) as slow, following(bench) as quick:
        slow.reading.clear()
        for _ in range(400):
            bench.bus.publish("stream", EVENT)
            assert (await quick.next()).startswith(b"event: stream")
        assert bench.bus.dropped > 0


async def test_streams_open_at_once_are_bounded(bench) -> None:
    few = bench.with_config(ApiConfig(event_streams_max=2))
    async with following(few), following(few):
        async with few.client() as client:
            answer = await client.get("/api/v1/events")
        assert (answer.status_code, answer.json()["code"]) == (503, "too-many-event-streams")
    async with following(few):
        pass


async def test_only_those_signed_in_may_follow(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/api/v1/events")).status_code == 401


@pytest.mark.parametrize("moment", range(6))
async def test_leaving_at_any_moment_leaves_nothing(bench, moment: int) -> None:
    async with follow(bench) as client:
        for _ in range(moment):
            await asyncio.sleep(0)
        client.left.set()
        await client.ended()
    assert bench.bus.subscribers == 0
    assert isinstance(bench.bus, LocalBus)


def line(message: str, level: str = "info") -> LogFact:
    return LogFact(
        at=1.0, region="eu", node="n1", level=level, event=message.split(maxsplit=1)[0], message=message
    )


async def test_log_lines_are_followed_as_they_are_made_and_filtered(bench) -> None:
    feed = bench.services.log_feed
    async with following(bench, "/api/v1/logs/tail", "q=gone+-other&level=warning") as client:
        await until(lambda: feed.followers == 1)
        for text, level in (("gone", "info"), ("gone other", "error"), ("publisher gone", "error")):
            feed.put(line(text, level))
        name, data, *_ = (await client.next()).split(b"\n")
        assert name == b"event: log"
        assert msgspec.json.decode(data.removeprefix(b"data: "), type=LogFact) == line(
            "publisher gone", "error"
        )
    await until(lambda: feed.followers == 0)


async def test_a_follower_of_the_log_that_was_too_slow_is_told_and_stays(bench) -> None:
    feed = bench.services.log_feed
    async with following(bench, "/api/v1/logs/tail") as client:
        await until(lambda: feed.followers == 1)
        client.reading.clear()
        for number in range(QUEUE_LINES + 50):
            feed.put(line(f"n{number}"))
        client.reading.set()
        assert (await client.next()).startswith(b'event: missed\ndata: {"lines":')
        assert (await client.next()).startswith(b"event: log\n")
        feed.close()


async def test_a_search_of_the_log_without_telemetry_says_so(admin) -> None:
    answer = await admin.get("/api/v1/logs?q=gone")
    assert (answer.status_code, answer.json()["code"]) == (503, "telemetry-away")
    for wrong in ("before=x", "level=loud", "from=5&to=4", f"q={'x' * 401}"):
        assert (await admin.get(f"/api/v1/logs?{wrong}")).status_code == 400
    assert (await admin.get(f"/api/v1/logs/tail?q={'x' * 401}")).status_code == 400
