"""What the platform tells of itself, with a real encoder and real viewers: facts add up to what was sent and received."""

import asyncio
import contextlib
import gc
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import structlog

from fact_list import FactList
from live import Pusher, video_file
from tcp_relay import TcpRelay
from tidegate.app.config import Address, Config
from tidegate.app.edge import RemoteEdge
from tidegate.app.platform import Platform
from tidegate.core.facts import DecisionFact, DeliveryFact, LogFact, MediaFact, NodeFact

ANY_PORT = Address("127.0.0.1", 0)


class House:
    """One platform in this process, which tells its facts to `sink`."""

    def __init__(self, data: Path) -> None:
        self.sink = FactList()
        config = Config(data=data, http=ANY_PORT, rtmp=ANY_PORT, srt=ANY_PORT, node="main")
        self.platform = Platform(config, lambda _part, _seconds: None, facts=self.sink)
        self.key = ""
        self._pushers: list[Pusher] = []

    @property
    def url(self) -> str:
        return self.platform.addresses.http_url

    async def start(self) -> None:
        await self.platform.start()
        self.key = (await self.platform.channels.create("demo")).key

    async def publish(self) -> Pusher:
        """Publish with ffmpeg, and wait until it plays."""
        file = await asyncio.to_thread(video_file)
        pusher = Pusher(f"{self.platform.addresses.rtmp_url}/{self.key}", file)
        self._pushers.append(pusher)
        await until(
            "demo is live", lambda: (s := self.platform.stream("demo")) is not None and s.state == "live"
        )
        return pusher

    async def stop(self) -> None:
        for pusher in self._pushers:
            await asyncio.to_thread(pusher.cut)
        await self.platform.stop()


async def until(what: str, probe: Callable[[], object], deadline_s: float = 20.0) -> None:
    try:
        async with asyncio.timeout(deadline_s):
            while not probe():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {deadline_s} s: {what}") from None


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    root, thresholds = logging.getLogger(), gc.get_threshold()
    handlers, level = root.handlers, root.level
    made = House(tmp_path / "data")
    try:
        await made.start()
        yield made
    finally:
        await made.stop()
        structlog.reset_defaults()
        for handler in root.handlers:
            handler.close()
        root.handlers = handlers
        root.setLevel(level)
        gc.unfreeze()
        gc.set_threshold(*thresholds)


class Viewer:
    """Reads a playlist and its newest part over and over, and knows what it got."""

    def __init__(self, url: str) -> None:
        self.requests = self.bytes = 0
        self.statuses: dict[int, int] = {}
        self._http = httpx.AsyncClient(base_url=url, headers={"accept-encoding": "identity"}, trust_env=False)

    async def get(self, path: str) -> bytes:
        answer = await self._http.get(path)
        self.requests += 1
        self.bytes += len(answer.content)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        return answer.content

    async def look(self, times: int) -> None:
        await self.get("/live/demo/index.m3u8")
        for _ in range(times):
            playlist = (await self.get("/live/demo/video/index.m3u8")).decode()
            parts = re.findall(r'PART:[^\n]*URI="([^"]+)"', playlist)
            if parts:
                await self.get(f"/live/demo/video/{parts[-1]}")
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        await self._http.aclose()


def total(facts: list[DeliveryFact] | list[MediaFact] | list[NodeFact], name: str) -> int:
    return sum(getattr(fact, name) for fact in facts)


async def test_delivery_is_what_viewers_got_and_media_is_what_the_encoder_sent(house: House) -> None:
    pusher = await house.publish()
    viewer, other = Viewer(house.url), Viewer(house.url)
    await asyncio.gather(viewer.look(15), other.look(15))
    await viewer.get("/live/stranger/index.m3u8")
    await viewer.close()
    await other.close()
    asked, sent = viewer.requests + other.requests, viewer.bytes + other.bytes
    delivered = lambda: house.sink.of(DeliveryFact)  # noqa: E731
    await until("every request is told", lambda: total(delivered(), "requests") >= asked)
    facts = delivered()
    assert (total(facts, "requests"), total(facts, "bytes")) == (asked, sent)
    assert total(facts, "status_2xx") == asked - 1
    assert [fact.status_4xx for fact in facts if fact.channel == ""] == [1]
    video = [fact for fact in facts if fact.rendition == "video"]
    assert {(fact.node, fact.region, fact.channel) for fact in video} == {("main", "local", "demo")}
    assert {fact.stream for fact in video} == {house.platform.stream("demo").broadcast}
    assert total(video, "media_requests") > 10
    assert 0 < total(video, "parts") <= total(video, "origin_fetches") < total(video, "requests")
    assert all(fact.hits + fact.joined <= fact.requests for fact in video)
    assert max(fact.viewers for fact in facts if fact.rendition == "") == 1, (
        "one address and agent, one viewer"
    )

    await asyncio.to_thread(pusher.cut)
    await until("the cut is seen", lambda: house.platform.stream("demo").state == "interrupted")
    status = house.platform.stream("demo")
    media = lambda: house.sink.of(MediaFact)  # noqa: E731
    await until(
        "silence is told", lambda: any(fact.state == "interrupted" and not fact.bytes for fact in media())
    )
    assert (total(media(), "bytes"), total(media(), "parts")) == (status.bytes_in, status.parts)
    steady = [
        fact for fact in media() if fact.kind == "video" and fact.state == "live" and fact.media_s > 0.5
    ]
    assert steady
    assert all(25 <= fact.fps <= 35 and fact.codec.startswith("avc1") for fact in steady)
    assert all(fact.seconds == pytest.approx(fact.live_s) for fact in steady[1:])
    assert {fact.rendition for fact in media()} == {"video", "audio"}


async def test_a_recording_counts_as_itself(house: House) -> None:
    await house.publish()
    viewer = Viewer(house.url)
    admin = {"authorization": f"Bearer {house.platform.admin_token}"}
    listed: list[dict[str, str]] = []
    async with (
        httpx.AsyncClient(base_url=house.url, headers=admin, trust_env=False) as http,
        asyncio.timeout(20),
    ):
        while not listed:
            listed = (await http.get("/api/v1/recordings")).json()["items"]
            await asyncio.sleep(0.2)
        below = f"/vod/demo/{listed[0]['id']}"
        segments: list[str] = []
        while not segments:
            segments = re.findall(
                r"^seg-\S+", (await viewer.get(f"{below}/video/index.m3u8")).decode(), re.MULTILINE
            )
            await asyncio.sleep(0.2)
    await viewer.get(f"{below}/index.m3u8")
    await viewer.get(f"{below}/video/{segments[0]}")
    await viewer.close()
    given = viewer.statuses[200]
    told = lambda: [fact for fact in house.sink.of(DeliveryFact) if fact.stream == listed[0]["id"]]  # noqa: E731
    await until("every request is told", lambda: total(told(), "requests") >= given)
    assert total(told(), "requests") == total(told(), "status_2xx") == given
    early = [fact for fact in house.sink.of(DeliveryFact) if fact.channel == ""]
    assert total(early, "status_4xx") == viewer.statuses.get(404, 0), "asked for before there was anything"
    assert {(fact.channel, fact.rendition) for fact in told()} == {("demo", ""), ("demo", "video")}
    assert total(told(), "media_requests") == 1
    assert max(fact.viewers for fact in told()) == 0, "who watches a recording is no viewer of the stream"


async def test_the_node_its_log_and_its_decisions_are_told(house: House) -> None:
    first = await house.publish()
    await house.publish()  # on the same key: the newer one is kept
    await asyncio.to_thread(first.wait)
    await until("the take-over is told", lambda: house.sink.of(DecisionFact))
    (decision,) = house.sink.of(DecisionFact)
    assert (decision.kind, decision.outcome, decision.channel) == ("publisher-takeover", "granted", "demo")
    assert json.loads(decision.evidence)["role"] == "primary"
    await until("media came in", lambda: total(house.sink.of(NodeFact), "ingest_bytes") > 0)
    node = house.sink.of(NodeFact)[-1]
    assert (node.node, node.roles, node.streams) == ("main", "controller,edge,gateway,origin", 1)
    assert 0 < node.cpu_s < node.interval_s * node.cpu_count + 1
    assert 0 <= node.capacity_left <= 1
    assert 0 < node.rss_bytes < node.memory_total_bytes
    assert 1.5 < node.interval_s < 10
    await until(
        "the log is told", lambda: any(fact.event == "stream_state" for fact in house.sink.of(LogFact))
    )
    lines = house.sink.of(LogFact)
    assert {fact.channel for fact in lines if fact.event == "stream_state"} == {"demo"}
    assert "platform_started" in {fact.event for fact in lines}
    text = "\n".join(fact.message + fact.fields for fact in lines)
    assert house.key not in text
    assert house.platform.admin_token not in text


@contextlib.asynccontextmanager
async def running(edge: RemoteEdge) -> AsyncIterator[RemoteEdge]:
    await edge.start()
    try:
        yield edge
    finally:
        await edge.stop()


async def test_a_further_edges_facts_arrive_once_each_through_a_cut(house: House) -> None:
    await house.publish()
    host, port = house.url.removeprefix("http://").split(":")
    relay = TcpRelay((host, int(port)))
    await relay.mend()
    token = (house.platform.data / "edge-token").read_text().strip()
    edge = RemoteEdge(
        f"http://127.0.0.1:{relay.port}", ANY_PORT, token=token, node="edge-1", region="eu-west"
    )
    told = lambda: [fact for fact in house.sink.of(DeliveryFact) if fact.node == "edge-1"]  # noqa: E731
    try:
        async with running(edge):
            viewer = Viewer(f"http://{edge.address}")
            await viewer.look(10)
            await until("the edge's facts arrive", lambda: total(told(), "requests") == viewer.requests)
            await relay.cut()
            await viewer.look(25)
            assert edge.forwarder is not None
            await until("facts wait", lambda: len(edge.forwarder) > 0)
            before = viewer.requests
            assert total(told(), "requests") < before
            await relay.mend()
            await until("what waited arrives", lambda: total(told(), "requests") >= before)
            await viewer.look(5)
            await viewer.close()
            await until("the rest arrives", lambda: total(told(), "requests") >= viewer.requests)
            await until(
                "the node tells of itself", lambda: any(f.node == "edge-1" for f in house.sink.of(NodeFact))
            )
        facts = told()
        assert (total(facts, "requests"), total(facts, "bytes")) == (viewer.requests, viewer.bytes)
        assert edge.forwarder.dropped == 0
        seconds = [(fact.at, fact.channel, fact.rendition) for fact in facts]
        assert len(set(seconds)) == len(seconds), "no second is told twice"
        assert {fact.region for fact in facts} == {"eu-west"}
        assert {fact.stream for fact in facts if fact.channel} == {house.platform.stream("demo").broadcast}
        own = [fact for fact in house.sink.of(DeliveryFact) if fact.node == "main"]
        assert total(own, "requests") == 0, "what an edge is sent is counted where its viewers are"
    finally:
        await relay.cut()
