"""A typed search: what it asks for, and that none of it becomes SQL."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.telemetry.log_query import LogQuery, LogQueryError, Term, compile_query, place, terms

PLAIN = compile_query(LogQuery(begin=0, end=1))[0]
HEAD, TAIL = PLAIN.split(" ORDER BY ")
OLDER = (
    r"\(f\.at, cityHash64\(f\.node, f\.event, f\.message, f\.fields\)\) < "
    r"\(fromUnixTimestamp64Milli\(\{before_ms:Int64\}, 'UTC'\), \{before_tie:UInt64\}\)"
)
TESTS = [
    r"hasAllTokens\(f\.message, \{words_\d+:String\}\)",
    r"position\(lower\(f\.message\), \{phrase_\d+:String\}\) > 0",
    r"f\.(channel|session) = \{\1:String\}",
    OLDER,
]
TEST = "|".join(TESTS)
WHOLE = re.compile(rf"{re.escape(HEAD)}(?: AND (?:NOT \()?(?:{TEST})\)?)* ORDER BY {re.escape(TAIL)}")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Publisher gone", (Term(("publisher",)), Term(("gone",)))),
        ("channel=demo", (Term(("channel", "demo"), "channel=demo"),)),
        ('"to the end"', (Term(("the",), "to the end"),)),
        ('"not closed', (Term((), "not closed"),)),
        ("publisher_*", (Term((), "publisher_"),)),
        ("-debug", (Term(("debug",), "", absent=True),)),
        ("10.0.0.1", (Term(("10", "0", "0", "1"), "10.0.0.1"),)),
        ("Größe", (Term(("größe",)),)),
        ("ÄRGER", (Term(("Ärger",)),)),
        ('* - ""', (Term((), "-"),)),
        ("", ()),
    ],
)
def test_words_and_phrases(text: str, wanted: tuple[Term, ...]) -> None:
    assert terms(text) == wanted


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("demo", "publisher_connected channel=demo", True),
        ("dem", "publisher_connected channel=demo", False),
        ("dem*", "publisher_connected channel=demo", True),
        ("DEMO", "publisher_connected channel=demo", True),
        ("channel=demo", "channel=other name=demo", False),
        ("-demo", "publisher_connected channel=demo", False),
        ("-demo", "publisher_connected channel=other", True),
        ('"connected channel"', "publisher_connected channel=other", True),
    ],
)
def test_a_line_is_found_or_not(text: str, line: str, found: bool) -> None:
    assert all(term.matches(line) for term in terms(text)) is found


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "x" * 401},
        {"text": "a b c d e f g h i j k l m"},
        {"begin": 5, "end": 5},
        {"begin": float("nan"), "end": 5},
        {"before": "1; DROP"},
        {"before": f"1.000~{1 << 64}"},
    ],
)
def test_what_is_no_search_is_refused(wrong: dict) -> None:
    with pytest.raises(LogQueryError):
        compile_query(LogQuery(**{"begin": 0, "end": 1, **wrong}))


@given(
    text=st.text(max_size=100),
    channel=st.text(max_size=20),
    session=st.text(max_size=20),
    before=st.one_of(
        st.just(""), st.builds(place, st.integers(0, 10**14), st.integers(0, 2**64 - 1).map(str))
    ),
)
def test_nothing_that_is_typed_becomes_sql(text: str, channel: str, session: str, before: str) -> None:
    """Whatever is typed, the SQL is made of the same few pieces, with numbered places for parameters."""
    try:
        query = LogQuery(begin=0, end=1, text=text, channel=channel, session=session, before=before)
        sql, params = compile_query(query)
    except LogQueryError:
        return
    assert WHOLE.fullmatch(sql)
    assert set(re.findall(r"\{(\w+):", sql)) == set(params)
