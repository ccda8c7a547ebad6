"""A search of the log as SQL. Pure: what a person typed in, a query with parameters out; nothing of it becomes SQL text.

Words must all be in a line, whole and in any case: they go through the text index. `"a phrase"` and `key=value` must be in it as they
are written; `word*` begins a word; `-word` must not be in it.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from tidegate.core.errors import InvalidError
from tidegate.telemetry.contract import Param

Level = Literal["debug", "info", "warning", "error", "critical"]
LEVELS: Final[tuple[Level, ...]] = ("debug", "info", "warning", "error", "critical")
"""Gravest last."""

TERMS_MAX: Final = 12
TEXT_CHARS_MAX: Final = 400
LINES_MAX: Final = 500

_TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
_BETWEEN_TOKENS = re.compile(r"[^0-9A-Za-z\x80-\U0010ffff]+")
"""ClickHouse's `splitByNonAlpha`: ASCII but letters and digits; what is beyond ASCII belongs to words."""
_TO_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
"""As ClickHouse's `lower`, which leaves alone what is beyond ASCII."""
_PLACE = re.compile(r"(\d{1,12})\.(\d{3})~(\d{1,20})\Z")
_COLUMNS: Final = (
    "region",
    "node",
    "level",
    "event",
    "message",
    "logger",
    "channel",
    "stream",
    "session",
    "arms",
    "fields",
)


class LogQueryError(InvalidError):
    """The search breaks a rule; the message names it."""

    code = "log-query"


class LogQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines.

    Attributes:
        text: words, phrases, as above.
        level: this and everything graver; empty: all.
        begin, end: seconds since the Unix epoch; `end` not included.
        before: `next` of the page before; empty: from the newest.
    """

    begin: float
    end: float
    text: str = ""
    level: Level | None = None
    channel: str = ""
    session: str = ""
    node: str = ""
    region: str = ""
    before: str = ""
    limit: int = 100


class Term(msgspec.Struct, frozen=True):
    """One thing a line must, or must not, have. `tokens` are whole words; `phrase` is text as it stands, empty where words do."""

    tokens: tuple[str, ...]
    phrase: str = ""
    absent: bool = False

    def matches(self, line: str) -> bool:
        """Whether it lets a line through: the same answer as the SQL's."""
        lowered = line.translate(_TO_LOWER)
        words = frozenset(_BETWEEN_TOKENS.split(lowered))
        found = all(token in words for token in self.tokens) and self.phrase in lowered
        return found is not self.absent


def terms(text: str) -> tuple[Term, ...]:
    """What a typed search asks for.

    Raises:
        LogQueryError: it is too long, or of too many words.
    """
    if len(text) > TEXT_CHARS_MAX:
        raise LogQueryError(
            f"The search is longer than {TEXT_CHARS_MAX} characters.",
            hint="Search for fewer words.",
            field="q",
        )
    found = []
    for minus, phrase, word in _TERM.findall(text):
        term = _term(phrase or word, quoted=bool(phrase), absent=bool(minus))
        if term is not None:
            found.append(term)
    if len(found) > TERMS_MAX:
        raise LogQueryError(
            f"The search has more than {TERMS_MAX} words.", hint="Search for fewer.", field="q"
        )
    return tuple(found)


def _term(typed: str, *, quoted: bool, absent: bool) -> Term | None:
    lowered = typed.translate(_TO_LOWER)
    begins = lowered.endswith("*") and not quoted
    lowered = lowered.removesuffix("*") if begins else lowered
    tokens = [token for token in _BETWEEN_TOKENS.split(lowered) if token]
    if not lowered.strip():
        return None
    if tokens == [lowered] and not begins:
        return Term((lowered,), "", absent)
    # of a phrase, the words at its ends may be parts of longer ones
    whole = tokens[1:-1] if quoted else tokens[:-1] if begins else tokens
    return Term(tuple(whole), lowered, absent)


def compile_query(query: LogQuery) -> tuple[str, dict[str, Param]]:
    """The search as SQL, newest line first, and its parameters.

    Raises:
        LogQueryError: it is no search.
    """
    if not 0 <= query.begin < query.end:
        raise LogQueryError("from and to are no range of time.", hint="Give from before to.", field="from")
    params: dict[str, Param] = {
        "from_ms": int(query.begin * 1000),
        "to_ms": int(query.end * 1000),
        "limit": max(1, min(query.limit, LINES_MAX)),
    }
    conditions = [
        "f.at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')",
        "f.at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')",
    ]
    for name in ("channel", "session", "node", "region"):
        if value := getattr(query, name):
            params[name] = value
            conditions.append(f"f.{name} = {{{name}:String}}")
    if query.level is not None:
        params["levels"] = list(LEVELS[LEVELS.index(query.level) :])
        conditions.append("f.level IN {levels:Array(String)}")
    conditions += _text(terms(query.text), params)
    if query.before:
        conditions.append(_older(query.before, params))
    columns = ", ".join(f"f.{name}" for name in _COLUMNS)
    sql = (  # every word here is ours
        f"SELECT toUnixTimestamp64Milli(f.at) AS at_ms, {columns}, toString({_TIE}) AS tie"
        f" FROM tidegate.log AS f WHERE {' AND '.join(conditions)}"
        f" ORDER BY f.at DESC, {_TIE} DESC LIMIT {{limit:UInt32}}"
    )
    return sql, params


_TIE: Final = "cityHash64(f.node, f.event, f.message, f.fields)"
"""Orders lines of one millisecond, so that a page can begin between them."""


def _text(wanted: Iterable[Term], params: dict[str, Param]) -> Iterable[str]:
    for number, term in enumerate(wanted):
        tests = []
        if term.tokens:
            params[f"words_{number}"] = " ".join(term.tokens)
            tests.append(f"hasAllTokens(f.message, {{words_{number}:String}})")
        if term.phrase:
            params[f"phrase_{number}"] = term.phrase
            tests.append(f"position(lower(f.message), {{phrase_{number}:String}}) > 0")
        test = " AND ".join(tests)
        yield f"NOT ({test})" if term.absent else test


def _older(before: str, params: dict[str, Param]) -> str:
    place = _PLACE.match(before)
    if place is None or int(place[3]) >= 1 << 64:
        raise LogQueryError(
            f"{before[:40]!r} is no place in the log.", hint="Give `next` of the page before.", field="before"
        )
    params["before_ms"] = int(place[1] + place[2])
    params["before_tie"] = int(place[3])
    return f"(f.at, {_TIE}) < (fromUnixTimestamp64Milli({{before_ms:Int64}}, 'UTC'), {{before_tie:UInt64}})"


def place(at_ms: int, tie: str) -> str:
    """Where a page ends, as `before` of the next."""
    return f"{at_ms // 1000}.{at_ms % 1000:03}~{tie}"
