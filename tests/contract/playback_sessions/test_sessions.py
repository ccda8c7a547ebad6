"""Playback sessions asked of a real engine: rows made of facts, any text as a value, and nothing else."""

import time

import msgspec
import pytest

from tidegate.core.clock import ManualClock
from tidegate.core.facts.playback import PlaybackFact
from tidegate.governance.playback_sessions.service import PlaybackSessions
from tidegate.governance.playback_sessions.types import (
    ORDERS,
    PlaybackSessionNotFoundError,
    SessionQueryError,
)
from tidegate.telemetry.embedded import EmbeddedTelemetry
from unit.beacons.reporting import Door

HOSTILE = (
    "'; DROP TABLE tidegate.playback --",
    "demo' OR '1'='1",
    "{start:Float64}",
    "\\",
    "\0",
    "%",
    "é" * 60,
)


def story(door: Door) -> None:
    """One session of 12 s: start, 5 s of playing, a stall of 2 s, 5 s more, gone."""
    for state, wait_s in (("s", 0.5), ("p", 5), ("r", 2), ("p", 5), ("q", 0)):
        door.take(door.say(state, len(door.sink.facts), more="br=(2000),ltc=1500,bl=(900)"))
        door.clock.advance(wait_s)


async def insert(telemetry: EmbeddedTelemetry, facts: list[PlaybackFact], token: str) -> None:
    await telemetry.insert("playback", b"\n".join(msgspec.json.encode(fact) for fact in facts), token)


async def test_a_session_is_one_row_and_its_story_in_order(telemetry: EmbeddedTelemetry) -> None:
    door = Door(time.time() - 60)
    story(door)
    facts = door.sink.facts
    await insert(telemetry, facts[2:], "later")
    await insert(telemetry, facts[:2], "earlier")
    sessions = PlaybackSessions(telemetry, door.clock)
    (row,) = await sessions.list(sessions.query(0, 0, "newest", 10))
    assert (row.session, row.channel, row.exit, row.state) == (facts[0].session, "demo", "left", "quit")
    assert (row.startup_s, row.watched_s, row.rebuffer_s, row.rebuffers) == (0.5, 10.0, 2.0, 1)
    assert (row.bitrate_bps, row.latency_s, row.device, row.reports) == (2_000_000, 1.5, "desktop", 5)
    assert row.joined_at == pytest.approx(facts[0].at, abs=0.001)
    told = await sessions.story(row.session)
    assert told.session == row
    assert [fact.state for fact in told.facts] == ["starting", "playing", "rebuffering", "playing", "quit"]
    assert [fact.at for fact in told.facts] == pytest.approx([fact.at for fact in facts], abs=0.001)
    assert sum(fact.watched_s for fact in told.facts) == 10.0


async def test_questions_pick_and_order(telemetry: EmbeddedTelemetry) -> None:
    door = Door(time.time() - 60)
    story(door)
    base = door.sink.facts
    for number, region in enumerate(("eu", "us", "us")):
        copies = [
            msgspec.structs.replace(
                fact, session=f"s{number}", region=region, rebuffer_s=fact.rebuffer_s * number
            )
            for fact in base
        ]
        await insert(telemetry, copies, str(number))
    sessions = PlaybackSessions(telemetry, door.clock)

    async def found(order: str = "rebuffer", limit: int = 10, **only: str) -> list[str]:
        rows = await sessions.list(sessions.query(0, 0, order, limit, **only))
        return [row.session for row in rows]

    assert await found() == ["s2", "s1", "s0"]
    assert await found(region="us", limit=1) == ["s2"]
    assert await found(channel="other") == []
    assert await found(state="playing") == []
    assert sorted(await found(exit="left", device="desktop")) == ["s0", "s1", "s2"]
    for order in ORDERS:
        assert len(await found(order)) == 3
    door.clock.advance(7200)
    assert await found() == []


async def test_no_text_becomes_sql(telemetry: EmbeddedTelemetry) -> None:
    door = Door(time.time() - 60)
    story(door)
    facts = door.sink.facts
    for number, text in enumerate(HOSTILE):
        evil = [
            msgspec.structs.replace(fact, session=text, channel=text, region=text, player=text, error=text)
            for fact in facts
        ]
        await insert(telemetry, evil, str(number))
    sessions = PlaybackSessions(telemetry, door.clock)
    for text in HOSTILE:
        query = sessions.query(0, 0, "newest", 10, channel=text, region=text)
        assert [(row.session, row.error) for row in await sessions.list(query)] == [(text, text)]
        assert len((await sessions.story(text)).facts) == len(facts)
    assert len(await sessions.list(sessions.query(0, 0, "newest", 100))) == len(HOSTILE)


async def test_wrong_questions_are_named(telemetry: EmbeddedTelemetry) -> None:
    sessions = PlaybackSessions(telemetry, ManualClock())
    for start, end, order, limit in (
        (5.0, 1.0, "newest", 10),
        (1.0, 1e9, "newest", 10),
        (float("nan"), 0.0, "newest", 10),
        (0.0, float("inf"), "newest", 10),
        (0.0, 0.0, "session; DROP", 10),
        (0.0, 0.0, "newest", 0),
        (0.0, 0.0, "newest", 1001),
    ):
        with pytest.raises(SessionQueryError):
            sessions.query(start, end, order, limit)
    with pytest.raises(SessionQueryError):
        sessions.query(0, 0, "newest", 10, channel="x" * 129)
    with pytest.raises(PlaybackSessionNotFoundError):
        await sessions.story("nobody")
