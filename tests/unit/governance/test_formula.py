"""The language of formulas: what it says, and what it refuses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.governance.indicators.formula import FormulaError, parse
from tidegate.governance.indicators.measures import is_measure
from tidegate.governance.indicators.types import Term

PRICES = frozenset({"economics.core_hour_price"})


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("watched_s", (Term("playback", "watched_s"),)),
        ("watched_s + rebuffer_s", (Term("playback", "watched_s"), Term("playback", "rebuffer_s"))),
        ("delivery.bytes * 8", (Term("delivery", "bytes", 8.0),)),
        ("2 * watched_s / 3600 * 3", (Term("playback", "watched_s", 6.0, 3600.0),)),
        ("delivery.bytes / 1e+9", (Term("delivery", "bytes", 1.0, 1e9),)),
        (
            "node.cpu_s / 3600 * $economics.core_hour_price",
            (Term("node", "cpu_s", 1.0, 3600.0, ("economics.core_hour_price",)),),
        ),
    ],
)
def test_what_it_says(text, terms):
    assert parse(text, "playback", PRICES) == terms


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1 to 400 characters"),
        ("x" * 401, "1 to 400 characters"),
        ("bytes", "facts of playback have no measure 'bytes'"),
        ("channel", "no measure 'channel'"),
        ("at", "no measure 'at'"),
        ("weather.rain", "there are no facts 'weather'"),
        ("watched_s * rebuffer_s", "multiplies two measures"),
        ("watched_s / rebuffer_s", "only numbers may stand below"),
        ("watched_s / 0", "divides by nothing"),
        ("3600", "names no measure"),
        ("watched_s +", "is no number, measure or price"),
        ("$economics.rent * watched_s", "no price 'economics.rent'"),
        ("sum(watched_s)", "is no number, measure or price"),
        ("watched_s; DROP TABLE playback", "is no number, measure or price"),
    ],
)
def test_what_it_refuses(text, fault):
    with pytest.raises(FormulaError, match=re.escape(fault)):
        parse(text, "playback", PRICES)


@given(st.text(alphabet="abcdst_s+*/$. 019e-()'\";", max_size=60))
def test_any_text_is_terms_of_known_measures_or_a_fault(text):
    try:
        terms = parse(text, "playback", PRICES)
    except FormulaError:
        return
    assert terms
    assert all(is_measure(term.table, term.measure) for term in terms)
