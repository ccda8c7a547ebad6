"""Facts from elsewhere: what comes through can be stored, and what does not is told by its line."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.facts import TABLES, DeliveryFact, reading
from tidegate.core.facts.reading import COUNT_MAX, FactsUnreadableError, read_facts

GOOD = DeliveryFact(at=1.5, region="r", node="n", channel="demo", requests=3)


def line(**changes: object) -> bytes:
    return json.dumps({**msgspec.to_builtins(GOOD), **changes}).encode()


def test_lines_become_facts() -> None:
    assert read_facts("delivery", line() + b"\n\n" + line(requests=4)) == [
        GOOD,
        msgspec.structs.replace(GOOD, requests=4),
    ]
    assert read_facts("delivery", b"") == []


def test_a_newer_senders_column_is_passed_over() -> None:
    assert read_facts("delivery", line(not_yet_known=7)) == [GOOD]


@pytest.mark.parametrize(
    "bad",
    [
        b"no json",
        b"[]",
        b"{}",
        b'"text"',
        line(requests="3"),
        line(requests=2**53),
        line(requests=-1),
        line(requests=10**400),
        line(at="yesterday"),
        line(at=1e300),
        line(channel="x" * 70_000),
        line(arms=["a"] * 100),
        line(arms=[1]),
        b'{"at":NaN}',
        b"\xff\xfe",
        b"[" * 50_000,
    ],
)
def test_what_no_engine_could_store_is_refused_with_its_line(bad: bytes) -> None:
    with pytest.raises(FactsUnreadableError) as refused:
        read_facts("delivery", line() + b"\n" + bad)
    assert refused.value.data["line"] == 2


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LINES_MAX", 2)
    with pytest.raises(FactsUnreadableError, match="more than 2"):
        read_facts("delivery", b"\n".join([line()] * 3))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(
    st.sampled_from(sorted(TABLES)),
    st.lists(
        st.binary(max_size=60)
        | st.dictionaries(
            st.sampled_from(sorted({name for kind in TABLES.values() for name in kind.__struct_fields__})),
            scalars | st.lists(scalars, max_size=3),
            max_size=12,
        ).map(lambda made: json.dumps(made).encode()),
        max_size=3,
    ),
)
def test_any_bytes_are_facts_or_one_clear_refusal(table: str, lines: list[bytes]) -> None:
    try:
        facts = read_facts(table, b"\n".join(lines))
    except FactsUnreadableError:
        return
    for fact in facts:
        assert isinstance(fact, TABLES[table])
        for name in fact.__struct_fields__:
            value = getattr(fact, name)
            assert not isinstance(value, (int, float)) or abs(value) <= COUNT_MAX
        assert read_facts(table, msgspec.json.encode(fact)) == [fact]
