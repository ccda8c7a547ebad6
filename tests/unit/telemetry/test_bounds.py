"""How many values and how much text facts may bring."""

import math
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facts_rig import MAKERS, decision, log, playback
from tidegate.core.clock import ManualClock
from tidegate.core.facts import TABLES, PlaybackFact
from tidegate.telemetry.batches import TableBuffer
from tidegate.telemetry.bounds import (
    ARMS_MAX,
    CLIPPED_OBJECT,
    FUTURE_S,
    OTHER,
    PAST_S,
    PROSE_CHARS_MAX,
    TEXT_CHARS_MAX,
    WINDOW_S,
    Limits,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def buffer(table: str, clock: ManualClock, values: int = 3, identities: int = 5) -> TableBuffer:
    return TableBuffer(table, TABLES[table], clock, Limits(values, identities))


def kept(filled: TableBuffer) -> list[dict[str, object]]:
    batch = filled.seal()
    if batch is None:
        return []
    names, *rows = map(msgspec.json.decode, batch.lines.splitlines())
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_further_values_of_a_dimension_become_other_and_are_counted(clock: ManualClock) -> None:
    facts = buffer("playback", clock)
    for number in range(10):
        facts.add(playback(clock.wall(), device=f"device-{number}", error="the same"))
    assert [row["device"] for row in kept(facts)] == ["device-0", "device-1", "device-2", *[OTHER] * 7]
    assert facts.bounds.limited == {"device": 7}
    facts.add(playback(clock.wall(), device="device-1"))
    assert kept(facts)[0]["device"] == "device-1"


def test_facts_about_further_channels_are_refused(clock: ManualClock) -> None:
    facts = buffer("playback", clock)
    for number in range(10):
        facts.add(playback(clock.wall(), channel=f"channel-{number}"))
    assert [row["channel"] for row in kept(facts)] == [f"channel-{number}" for number in range(5)]
    assert facts.refused == {"too-many-values": 5}
    assert facts.bounds.limited == {"channel": 5}


def test_facts_about_further_sessions_are_refused_and_known_ones_are_not(clock: ManualClock) -> None:
    facts = buffer("playback", clock)
    for _ in range(2):
        for number in range(7):
            facts.add(playback(clock.wall(), session=f"s{number}"))
    assert facts.taken == 10
    assert facts.refused == {"too-many-values": 4}


def test_the_next_window_begins_anew_and_the_last_one_is_still_told(clock: ManualClock) -> None:
    facts = buffer("playback", clock)
    for number in range(5):
        facts.add(playback(clock.wall(), device=f"a{number}"))
    clock.advance(WINDOW_S + 1)
    facts.bounds.turn()
    assert facts.bounds.limited == {}
    assert facts.bounds.limited_before == {"device": 2}
    facts.add(playback(clock.wall(), device="b"))
    assert kept(facts)[-1]["device"] == "b"


@pytest.mark.parametrize(
    ("offset_s", "taken"),
    [
        (0, 1),
        (-PAST_S + 1, 1),
        (FUTURE_S - 1, 1),
        (-PAST_S - 1, 0),
        (FUTURE_S + 1, 0),
        (1e18, 0),
        (math.nan, 0),
    ],
)
def test_facts_from_another_time_are_refused(clock: ManualClock, offset_s: float, taken: int) -> None:
    facts = buffer("log", clock)
    facts.add(log(clock.wall() + offset_s))
    assert facts.taken == taken
    assert facts.refused == ({} if taken else {"time": 1})


def test_long_texts_are_cut_and_long_objects_emptied(clock: ManualClock) -> None:
    facts = buffer("log", clock, values=ARMS_MAX)
    long = "x" * (PROSE_CHARS_MAX + 1)
    facts.add(
        log(
            clock.wall(),
            event="e" * 1000,
            message=long,
            fields=f'{{"a":"{long}"}}',
            arms=tuple(f"{number:02}" + "a" * 1000 for number in range(99)),
        )
    )
    (row,) = kept(facts)
    assert row["event"] == "e" * TEXT_CHARS_MAX
    assert row["message"] == "x" * PROSE_CHARS_MAX
    assert row["fields"] == CLIPPED_OBJECT
    assert row["arms"] == [f"{number:02}" + "a" * (TEXT_CHARS_MAX - 2) for number in range(ARMS_MAX)]
    facts = buffer("decision", clock)
    facts.add(decision(clock.wall(), evidence=f'"{long}"', reason=long))
    assert len(kept(facts)[0]["reason"]) == PROSE_CHARS_MAX  # type: ignore[arg-type]


def test_arms_beyond_the_bound_are_one(clock: ManualClock) -> None:
    facts = buffer("playback", clock, values=2)
    for number in range(5):
        facts.add(playback(clock.wall(), arms=("c0:a", f"c{number}:b", f"c{number}:c")))
    told = [row["arms"] for row in kept(facts)]
    assert told == [["c0:a", "c0:b", OTHER], *[["c0:a", OTHER]] * 4]


@pytest.mark.parametrize(
    "fields",
    [
        {"device": 5},
        {"device": None},
        {"device": "\ud800"},
        {"session": "\udfff"},
        {"session": []},
    ],
)
def test_what_is_no_fact_is_counted_and_costs_the_others_nothing(
    clock: ManualClock, fields: dict[str, object]
) -> None:
    facts = buffer("playback", clock)
    facts.add(playback(clock.wall(), session="before"))
    facts.add(playback(clock.wall(), **fields))
    facts.add(playback(clock.wall(), session="after"))
    assert [row["session"] for row in kept(facts)] == ["before", "after"]
    assert facts.refused == {"malformed": 1}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(MAKERS)), st.dictionaries(
    st.sampled_from(["channel", "node", "arms", "session", "message", "at", "event"]),
    st.none() | st.text(max_size=300) | st.integers() | st.floats() | st.lists(st.text(max_size=3), max_size=3),
    max_size=3)), max_size=8))  # fmt: skip
def test_put_in_whatever_there_is_each_is_kept_or_counted(
    given_facts: list[tuple[str, dict[str, object]]],
) -> None:
    clock = ManualClock()
    buffers = {table: buffer(table, clock) for table in TABLES}
    tried = 0
    for table, fields in given_facts:
        known = {name: value for name, value in fields.items() if name in TABLES[table].__struct_fields__}
        fact = MAKERS[table](clock.wall()) if "at" not in known else None
        fact = msgspec.structs.replace(fact or MAKERS[table](clock.wall()), **known)
        buffers[table].add(fact)
        tried += 1
    counted = sum(each.taken + sum(each.refused.values()) for each in buffers.values())
    assert counted == tried
    for each in buffers.values():
        assert len(kept(each)) == each.taken


def test_a_known_fact_costs_less_than_a_new_one(clock: ManualClock) -> None:
    """Most facts look like one before them: they are looked up once, not text by text."""
    facts = buffer("playback", clock, values=100, identities=1000)
    chance = Random(1)
    for _ in range(500):
        facts.add(playback(clock.wall(), device=chance.choice("ab"), session=chance.choice("xyz")))
    assert len(facts.bounds._seen) == 2
    assert len(facts.bounds._seen_ids) == 3


@pytest.mark.parametrize("number", [2**53, 2**63, 2**64, 10**400, -(2**63) - 1])
@pytest.mark.parametrize("name", ["frames", "seq", "bitrate_bps"])
def test_a_number_that_no_engine_adds_up_is_refused_and_counted(
    clock: ManualClock, name: str, number: int
) -> None:
    facts = buffer("playback", clock)
    facts.add(playback(clock.wall(), **{name: number}))
    facts.add(playback(clock.wall(), **{name: 2**53 - 1}))
    assert [row[name] for row in kept(facts)] == [2**53 - 1]
    assert facts.refused == {"number": 1}


def test_lines_are_the_facts(clock: ManualClock) -> None:
    facts = buffer("playback", clock)
    fact = playback(clock.wall(), device="tv", latency_s=1.5)
    facts.add(fact)
    (row,) = kept(facts)
    assert msgspec.convert(row, PlaybackFact) == fact
