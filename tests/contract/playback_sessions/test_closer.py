"""Sessions whose end nobody heard, ended from what a real engine knows: which are over, which only seem so, and once."""

import time
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import msgspec
import pytest

from facts_rig import node, playback
from tidegate.core.clock import ManualClock
from tidegate.core.facts import Fact, NodeFact, PlaybackFact
from tidegate.core.settings import Subject
from tidegate.governance.playback_sessions.closer import GONE_S, SessionCloser
from tidegate.governance.playback_sessions.service import PlaybackSessions
from tidegate.governance.playback_sessions.types import PlaybackSession
from tidegate.store import create_store
from tidegate.telemetry.embedded import EmbeddedTelemetry

HERE = Subject(node="edge-1", region="eu-west")
BOUND_S = 75.0


class Rig:
    """A closer whose facts go straight into the engine, at a time of our own."""

    def __init__(self, telemetry: EmbeddedTelemetry, closer: SessionCloser, clock: ManualClock) -> None:
        self.telemetry = telemetry
        self.closer = closer
        self.clock = clock
        self._tokens = count()

    async def keep(self, *facts: Fact) -> None:
        for table, kind in (("playback", PlaybackFact), ("node", NodeFact)):
            lines = b"\n".join(msgspec.json.encode(fact) for fact in facts if isinstance(fact, kind))
            if lines:
                await self.telemetry.insert(table, lines, f"{table}{next(self._tokens)}")

    async def tell(self, seconds: float, name: str = "edge-1", ago_s: float = 0.0) -> None:
        """The node was there for so long, until `ago_s` ago."""
        await self.keep(node(self.clock.wall() - ago_s, node=name, interval_s=seconds))

    async def sessions(self) -> dict[str, PlaybackSession]:
        service = PlaybackSessions(self.telemetry, self.clock)
        rows = await service.list(service.query(self.clock.wall() - 90_000, self.clock.wall(), "newest", 100))
        return {row.session: row for row in rows}


class Sink:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def put(self, fact: Fact) -> None:
        self.facts.append(fact)

    def take(self) -> list[Fact]:
        facts, self.facts = self.facts, []
        return facts


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def rig(telemetry: EmbeddedTelemetry, sink: Sink, tmp_path: Path) -> AsyncIterator[Rig]:
    clock = ManualClock(time.time())
    store = create_store(f"sqlite:///{tmp_path / 'store.db'}", clock=clock)
    await store.open()
    yield Rig(telemetry, SessionCloser(telemetry, store, sink, clock, HERE, lambda _: BOUND_S), clock)
    await store.close()


async def test_who_was_cut_off_by_a_kill_is_ended_where_last_heard_of(rig: Rig, sink: Sink) -> None:
    now = rig.clock.wall()
    at = now - 200
    await rig.keep(
        playback(at - 5, "watched", joined=1, state="starting", seq=1, sample_share=0.5),
        playback(
            at, "watched", started=1, watched_s=5, seq=7, sample_share=0.5, arms=("chg:a",), device="tv"
        ),
        playback(at, "waited", joined=1, state="starting"),
        playback(at, "broken", state="failed", watched_s=2),
        playback(at, "left", state="quit", exit="left"),
        playback(now - 30, "watches", watched_s=2),
    )
    await rig.tell(120)
    assert await rig.closer.sweep() == 3
    ends = {fact.session: fact for fact in sink.facts if isinstance(fact, PlaybackFact)}
    assert {name: fact.exit for name, fact in ends.items()} == {
        "watched": "lost",
        "waited": "before-start",
        "broken": "failed",
    }
    end = ends["watched"]
    assert end.at == pytest.approx(at, abs=0.001)
    assert (end.region, end.node, end.channel, end.state) == ("eu-west", "edge-1", "demo", "playing")
    assert (end.sample_share, end.arms, end.device, end.joined, end.watched_s) == (
        0.5,
        ("chg:a",),
        "tv",
        0,
        0,
    )
    assert await rig.closer.sweep() == 0  # telemetry does not have it yet
    await rig.keep(*sink.take())
    rows = await rig.sessions()
    assert {name: row.exit for name, row in rows.items()} == {
        "watched": "lost", "waited": "before-start", "broken": "failed", "left": "left", "watches": "",
    }  # fmt: skip
    assert rows["watched"].last_at == pytest.approx(at, abs=0.001)
    assert await rig.closer.sweep() == 0
    assert rig.closer.closed == 3


async def test_a_session_heard_of_again_runs_and_may_end_another_way(rig: Rig, sink: Sink) -> None:
    now = rig.clock.wall()
    await rig.keep(playback(now - 300, watched_s=5, seq=999))
    await rig.tell(120)
    assert await rig.closer.sweep() == 1
    await rig.keep(*sink.take())
    await rig.keep(playback(now - 5, watched_s=5, seq=1000))
    assert (await rig.sessions())["ses_1"].exit == ""
    await rig.keep(playback(now - 4, state="ended", exit="ended", seq=1001))
    assert (await rig.sessions())["ses_1"].exit == "ended"


async def test_silence_says_nothing_where_nobody_could_be_told(rig: Rig) -> None:
    await rig.keep(playback(rig.clock.wall() - 300, watched_s=5))
    assert await rig.closer.sweep() == 0  # telemetry knows nothing of this node: it is behind
    await rig.tell(20)
    assert await rig.closer.sweep() == 0  # the server is back for 20 s: its players will report
    await rig.tell(60)
    assert await rig.closer.sweep() == 1


async def test_an_edge_that_is_gone_takes_its_sessions_with_it(rig: Rig) -> None:
    now = rig.clock.wall()
    await rig.keep(
        playback(now - GONE_S - 1, "gone", node="edge-2", watched_s=1),
        playback(now - GONE_S + 60, "cut off", node="edge-2", watched_s=1),
        playback(now - 300, "back", node="edge-3", watched_s=1),
        playback(now - 90_000, "long ago", watched_s=1),
    )
    await rig.tell(120)
    await rig.tell(30, "edge-3")
    assert await rig.closer.sweep() == 1


async def test_one_process_of_the_installation_does_it(rig: Rig, sink: Sink, tmp_path: Path) -> None:
    await rig.keep(playback(rig.clock.wall() - 300, watched_s=5))
    await rig.tell(120)
    await rig.tell(120, "edge-2")
    store = create_store(f"sqlite:///{tmp_path / 'store.db'}", clock=rig.clock)
    await store.open()
    there = Subject(node="edge-2", region="eu-west")
    other = SessionCloser(rig.telemetry, store, sink, rig.clock, there, lambda _: BOUND_S)
    assert await rig.closer.sweep() == 1
    assert await other.sweep() == 0
    await store.close()


@pytest.mark.parametrize("text", ["'; DROP TABLE tidegate.playback --", "\\", "\0", "a\tb", "é" * 60])
async def test_texts_of_any_kind_stay_texts(rig: Rig, sink: Sink, text: str) -> None:
    await rig.keep(
        playback(rig.clock.wall() - 300, text, channel=text, player=text, stream=text, watched_s=1)
    )
    await rig.tell(120)
    assert await rig.closer.sweep() == 1
    (end,) = sink.facts
    assert isinstance(end, PlaybackFact)
    assert (end.session, end.channel, end.player, end.stream) == (text, text, text, text)
