"""The release's rules over real telemetry: each finds the trouble it is for, and nothing else."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from tidegate.core.clock import ManualClock
from tidegate.core.facts import TABLES, DeliveryFact, Fact, MediaFact, NodeFact, PlaybackFact
from tidegate.core.settings import SettingsBook, SettingState
from tidegate.governance.alerts.evaluator import Evaluator, Place
from tidegate.governance.alerts.rule_file import release_rules
from tidegate.governance.alerts.rulebook import RuleBook
from tidegate.governance.alerts.service import AlertService
from tidegate.governance.alerts.settings import EVERY_S
from tidegate.governance.indicators.catalogue import load
from tidegate.governance.indicators.service import IndicatorService
from tidegate.store import create_store
from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.log_feed import LogFeed
from tidegate.telemetry.schema import Retention

START = 1_795_564_800.0
WEEK_S = 7 * 86_400
BEFORE_S = 600
LASTS_S = 900
TURN_S = 500
"""When what was well goes bad."""


def world(*, bad: bool) -> Iterator[Fact]:
    """Every five seconds of a quarter of an hour, and of the same five minutes of the weeks before. In `bad`, everything goes wrong."""
    for second in range(-BEFORE_S, LASTS_S, 5):
        now_bad = bad and second >= TURN_S
        at = START + second
        if not (now_bad and second > TURN_S + 100):
            yield node(at, "n2")
        yield node(
            at,
            "n1",
            cpu_s=9.5 if now_bad else 2.0,
            disk_free_bytes=5 if now_bad else 50,
            facts_dropped=int(now_bad),
        )
        yield from stream(at, now_bad)
        yield delivery(at, "quiet", viewers=0 if not bad else 50)
        yield delivery(at, "demo", viewers=50 if now_bad else 600, status_5xx=5 * now_bad)
        yield from (beat(at, number, bad=now_bad) for number in range(30))
    for week in range(1, 7):
        for second in range(0, LASTS_S, 5):
            yield delivery(START + second - week * WEEK_S, "demo", viewers=600)


def node(at: float, name: str, **more: Any) -> NodeFact:
    values = {"cpu_s": 2.0, "disk_free_bytes": 50, **more}
    return NodeFact(
        at=at, region="eu", node=name, interval_s=5.0, cpu_count=2, disk_total_bytes=100, **values
    )


def delivery(at: float, channel: str, *, viewers: int, status_5xx: int = 0) -> DeliveryFact:
    return DeliveryFact(
        at=at, region="eu", node="n1", channel=channel, viewers=viewers * 5, requests=100, status_2xx=100 - status_5xx,
        status_5xx=status_5xx,
    )  # fmt: skip


def stream(at: float, bad: bool) -> Iterator[MediaFact]:
    for channel in ("demo", "second"):
        slow = bad and channel == "demo"
        yield MediaFact(
            at=at, region="eu", node="n1", channel=channel, stream="b1", session="s1", rendition="video", kind="video",
            seconds=5.0, live_s=5.0, media_s=4.0 if slow else 5.0, bytes=2_500_000, parts=25, parts_late=10 * slow,
        )  # fmt: skip


def beat(at: float, number: int, *, bad: bool) -> PlaybackFact:
    joins = number % 3 == 0
    return PlaybackFact(
        at=at, received_at=at, region="eu", node="n1", channel="demo", session=f"s{number}", event="beat", state="playing",
        interval_s=5.0, watched_s=4.5 if bad else 5.0, rebuffer_s=0.5 if bad else 0.0, joined=int(joins), started=int(joins),
        startup_s=(9.0 if bad else 1.0) if joins else None, latency_s=25.0 if bad else 3.0,
        bitrate_bps=1_000_000 if bad else 4_000_000, exit="failed" if bad and number == 0 else "",
    )  # fmt: skip


@pytest.fixture
async def telemetry(tmp_path: Path) -> AsyncIterator[EmbeddedTelemetry]:
    engine = EmbeddedTelemetry(tmp_path / "engine", Retention(), 1 << 30, Random(1))
    await engine.start()
    yield engine
    await engine.stop()


async def found(telemetry: EmbeddedTelemetry, folder: Path, *, bad: bool) -> dict[str, str]:
    """What fires in the last rounds of the quarter of an hour: a sentence each."""
    facts = list(world(bad=bad))
    for table, kind in TABLES.items():
        if lines := [msgspec.json.encode(fact) for fact in facts if type(fact) is kind]:
            await telemetry.insert(table, b"\n".join(lines), f"{table} {bad}")
    clock, book = ManualClock(START + TURN_S), SettingsBook()
    book.apply(SettingState(EVERY_S.name, 1, 30))
    store = create_store(f"sqlite:///{folder / 'tidegate.db'}", clock=clock)
    await store.open()
    try:
        indicators = IndicatorService(telemetry, load(), book, clock)
        rulebook = RuleBook(store, indicators.catalogue)
        evaluator = Evaluator(store, rulebook, indicators, book, clock, LogFeed(), Place("eu", "n1", ""))
        for _ in range(13):
            clock.advance(30)
            await evaluator.round()
            assert evaluator.rounds.problems == {}
        service = AlertService(store, clock, rulebook, evaluator)
        return {alert.rule: alert.sentence for alert in await service.alerts(["firing"])}
    finally:
        await store.close()


async def test_nothing_fires_while_all_is_well(telemetry: EmbeddedTelemetry, tmp_path: Path) -> None:
    assert await found(telemetry, tmp_path, bad=False) == {}


async def test_each_trouble_is_found_by_its_rule(telemetry: EmbeddedTelemetry, tmp_path: Path) -> None:
    sentences = await found(telemetry, tmp_path, bad=True)
    assert sentences.keys() == release_rules().keys() - {"alerts-blind", "ingest-jumps"}
    assert sentences["rebuffering"] == (
        "10 % of playing time stood still in region eu, channel demo; more than 2 % drives viewers away."
    )
    assert sentences["bitrate-falls"] == (
        "Viewers in region eu get 1 Mbit/s on average: 40 % less than a quarter of an hour ago (2.4 Mbit/s is where that begins)."
    )
    assert sentences["fewer-viewers-than-usual"].endswith(
        "viewers in region eu; at this time of the week there are at least 570."
    )
    assert sentences["node-silent"].startswith("Nothing has been heard for a minute in region eu, node n2")
