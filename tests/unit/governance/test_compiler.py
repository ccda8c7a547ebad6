"""From a question to SQL: which table answers, and that no text from outside ever becomes SQL."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.governance.indicators.bounds import Window, window
from tidegate.governance.indicators.catalogue import load
from tidegate.governance.indicators.compiler import compile_query
from tidegate.governance.indicators.errors import IndicatorQueryError
from tidegate.governance.indicators.settings import PRICES
from tidegate.governance.indicators.types import IndicatorQuery

NOW = 1_764_000_000
CATALOGUE = load()
NAMES = sorted(each.name for each in CATALOGUE)
PLACEHOLDER = re.compile(r"\{(\w+):[A-Za-z0-9()]+\}")


def compiled(*names: str, last_s: float = 600, kept=lambda _: 1e9, **more):
    query = IndicatorQuery(
        **{"indicators": list(names), "from_": NOW - last_s, "to": NOW, **more}  # type: ignore[arg-type]
    )
    prices = dict.fromkeys(PRICES, 0.5)
    return compile_query([CATALOGUE.get(name) for name in names], query, window(query, NOW), prices, kept)


@pytest.mark.parametrize(
    ("asked", "table"),
    [
        ({"last_s": 600}, "playback_1m"),  # begins and ends with whole minutes
        ({"last_s": 610}, "playback_10s"),
        ({"last_s": 613.5}, "playback_1s"),
        ({"last_s": 1300.5}, "playback_10s"),  # long enough to be moved to whole tens of seconds
        ({"last_s": 7200.5}, "playback_1m"),
        ({"step_s": 1}, "playback_1s"),
        ({"step_s": 5}, "playback_1s"),
        ({"step_s": 10}, "playback_10s"),
        ({"step_s": 60}, "playback_1m"),
        ({"step_s": 3600, "last_s": 86_400}, "playback_1m"),
        ({"by": ["device"], "where": {"network": ["wifi"]}}, "playback_1m"),
    ],
)
def test_the_cheapest_table_that_can_answer_does(asked, table):
    (query,) = compiled("rebuffer_ratio", **asked)
    assert query.table == table
    assert f"FROM tidegate.{table} AS f" in query.sql


@pytest.mark.parametrize(
    ("asked", "kept_s", "table"),
    [
        ({"last_s": 600}, {"playback_1m": 300, "playback_10s": 900}, "playback_10s"),
        ({"step_s": 1}, {"playback_1s": 300, "playback": 900}, "playback"),  # single facts go back farther
        ({"step_s": 1}, {"playback_1s": 300, "playback": 200}, "playback_1s"),  # all that is left
        ({"where": {"session": ["x"]}}, {}, "playback"),  # no live aggregate knows sessions
    ],
)
def test_a_table_that_has_forgotten_does_not_answer(asked, kept_s, table):
    (query,) = compiled("rebuffer_ratio", kept=lambda name: kept_s.get(name, 0 if kept_s else 1e9), **asked)
    assert query.table == table


def test_indicators_over_the_same_tables_share_a_query():
    queries = compiled("rebuffer_ratio", "cost", "plays", "cost_per_gb", "cpu_used")
    assert [each.indicators for each in queries] == [
        ("rebuffer_ratio", "plays"),
        ("cost", "cost_per_gb"),
        ("cpu_used",),
    ]
    assert queries[1].table == "delivery_1m + node_1m"
    assert "JOIN" not in queries[1].sql


def test_a_slice_is_a_parameter():
    (query,) = compiled("plays", by=["region"], where={"channel": ["a", "b"]}, limit=7)
    assert query.params["where_channel"] == ["a", "b"]
    assert query.params["limit"] == 7
    assert "f.channel IN {where_channel:Array(String)}" in query.sql


@pytest.mark.parametrize("asked", [{"by": ["device"]}, {"where": {"device": ["tv"]}}])
def test_a_dimension_that_is_none_of_an_indicator_is_refused_by_name(asked):
    with pytest.raises(IndicatorQueryError, match="cpu_used cannot be asked by 'device'") as refused:
        compiled("plays", "cpu_used", **asked)
    assert "region, node" in refused.value.hint


TEXTS = st.text(min_size=1, max_size=40).map(lambda text: f"«{text}»")
"""Marked, so that they cannot stand in SQL by chance."""


@given(
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True),
    values=st.lists(TEXTS, min_size=1, max_size=5),
    by=st.lists(st.sampled_from(["region", "node"]), max_size=2, unique=True),
    step_s=st.sampled_from([0, 1, 7, 10, 60, 3600]),
    last_s=st.floats(min_value=1, max_value=1900),
    limit=st.integers(1, 1000),
    parts=st.booleans(),
)
def test_no_text_from_outside_is_in_the_sql_and_every_parameter_is_given(
    names, values, by, step_s, last_s, limit, parts
):
    queries = compiled(
        *names, where={"region": values}, by=by, step_s=step_s, last_s=last_s, limit=limit, parts=parts
    )
    assert sorted(name for query in queries for name in query.indicators) == sorted(names)
    for query in queries:
        assert "«" not in query.sql
        assert set(PLACEHOLDER.findall(query.sql)) == set(query.params)
        assert query.params["where_region"] == values


@given(TEXTS | st.sampled_from(["region) --", "at", "1", "arms", "region, node", "*"]))
def test_a_dimension_from_outside_is_one_of_the_catalogue_or_refused(text):
    for asked in ({"by": [text]}, {"where": {text: ["x"]}}):
        with pytest.raises(IndicatorQueryError):
            compiled("plays", **asked)


def test_the_sql_is_the_same_whatever_is_narrowed_to():
    window_ = Window(NOW - 60, NOW, NOW, 0, 60)
    sql = {
        compile_query(
            [CATALOGUE.get("plays")],
            IndicatorQuery(["plays"], NOW - 60, NOW, where={"channel": values}),
            window_,
            {},
            lambda _: 1e9,
        )[0].sql
        for values in (["demo"], ["'; DROP TABLE tidegate.playback; --"], ["{from_s:UInt32}", "\\"])
    }
    assert len(sql) == 1
