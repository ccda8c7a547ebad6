"""Log search over an engine: words through the text index, filters, and pages that neither skip nor repeat."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from tidegate.core.clock import ManualClock
from tidegate.core.facts import LogFact
from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.log_query import LogQuery, terms
from tidegate.telemetry.log_search import LogSearch
from tidegate.telemetry.schema import Retention

START = 1_764_000_000.0


def lines() -> Iterator[LogFact]:
    for number in range(500):
        channel = f"c{number % 7}"
        yield LogFact(
            at=START + number // 5 / 10,  # five lines a moment
            region="eu",
            node=f"n{number % 2}",
            level=("debug", "info", "warning", "error", "critical")[number % 5],
            event="publisher_connected",
            message=f"publisher_connected channel={channel} remote=10.0.0.{number} encoder='OBS Größe' n={number}",
            channel=channel,
            session=f"s{number % 3}",
            fields=f'{{"n": {number}}}',
            arms=("chg:treatment",),
        )
    yield LogFact(
        at=START + 60,
        region="us",
        node="n9",
        level="error",
        event="odd",
        message='odd it\'s \\ 100% "quoted"\ttab\nline',
    )


@pytest.fixture
async def telemetry(tmp_path: Path) -> AsyncIterator[EmbeddedTelemetry]:
    engine = EmbeddedTelemetry(tmp_path, Retention(logs=24 * 365 * 20), 1 << 30, Random(1))
    await engine.start()
    await engine.insert("log", b"\n".join(map(msgspec.json.encode, lines())), "1")
    yield engine
    await engine.stop()


@pytest.fixture
def search(telemetry: EmbeddedTelemetry) -> LogSearch:
    return LogSearch(telemetry, ManualClock(START + 100))


def asked(**more: object) -> LogQuery:
    return LogQuery(**{"begin": START - 1, "end": START + 100, "limit": 500, **more})


async def test_lines_come_back_as_they_went_in_newest_first(search: LogSearch) -> None:
    page = await search.search(asked(limit=500, begin=START, end=START + 50))
    assert sorted(page.items, key=lambda each: each.message) == sorted(
        [each for each in lines() if each.node != "n9"], key=lambda each: each.message
    )
    assert [each.at for each in page.items] == sorted((each.at for each in page.items), reverse=True)


TEXTS = (
    "publisher_connected", "C3", "channel=c3", "channel=c", "chan*", "10.0.0.77", "10.0.0.7", '"obs größe"', "Größe -c3 -c4", "n=42",
    "nothing", "it's", "100%", "\\", '"quoted"', "tab line", "'; DROP TABLE tidegate.log; --", "{words_0:String}", "\\' OR 1=1",
)  # fmt: skip


async def test_the_engine_and_the_tail_find_the_same_lines(search: LogSearch) -> None:
    found = []
    for text in TEXTS:
        page = await search.search(asked(text=text))
        wanted = [each for each in lines() if all(term.matches(each.message) for term in terms(text))]
        newest = sorted(wanted, key=lambda one: -one.at)[:500]
        assert {each.message for each in page.items} == {each.message for each in newest}, text
        found.append(len(page.items))
    assert found == [500, 71, 71, 0, 500, 1, 1, 500, 358, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0]


async def test_filters_narrow(search: LogSearch) -> None:
    page = await search.search(asked(level="error", channel="c2", session="s1", node="n1", region="eu"))
    assert {each.level for each in page.items} == {"error", "critical"}
    assert {(each.channel, each.session, each.node) for each in page.items} == {("c2", "s1", "n1")}
    assert (await search.search(asked(channel="c2' OR '1'='1"))).items == []


async def test_pages_neither_skip_nor_repeat_within_one_moment(search: LogSearch) -> None:
    found: list[str] = []
    before = ""
    while True:
        page = await search.search(asked(limit=7, before=before))
        found += [each.message for each in page.items]
        before = page.next
        if not before:
            break
    assert len(found) == 501
    assert len(set(found)) == 501


async def test_words_go_through_the_text_index(telemetry: EmbeddedTelemetry, search: LogSearch) -> None:
    page = await search.search(asked(text="c3"))
    plan = await telemetry.query(f"EXPLAIN indexes = 1 {page.sql}", page.params)
    assert any("message_text" in row[0] for row in plan.rows)
