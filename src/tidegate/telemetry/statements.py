"""What both engines say alike: settings that bound a query and make a batch durable, parameters as text, errors as nouns. Pure.

In: limits, values, the engine's own messages. Out: ClickHouse settings, parameter texts, `TidegateError`s, `Rows`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tidegate.core.errors import TidegateError
from tidegate.core.facts import TABLES
from tidegate.telemetry.columns import columns
from tidegate.telemetry.contract import (
    Column,
    Param,
    QueryLimits,
    QueryRefusedError,
    QueryTooHeavyError,
    Rows,
    TelemetryAwayError,
    TelemetryFullError,
)
from tidegate.telemetry.schema import DATABASE, Layout

Setting = str | int | float

ANSWER_FORMAT: Final = "JSONCompact"
LINES_FORMAT: Final = "JSONEachRow"
ROWS_FORMAT: Final = "JSONCompactEachRowWithNames"
"""Of facts: an object a line; or a line of names, then a list of values a line, which costs half as much to read."""

MESSAGE_CHARS_MAX: Final = 300
"""Of an engine's message: its first sentence says it, the rest is for its own makers."""

_HEAVY: Final = frozenset({158, 159, 160, 241, 307, 396})
"""ClickHouse's codes for a query that was stopped at a limit: rows, time, speed, memory, bytes, rows of the answer."""

_TRANSIENT: Final = frozenset(
    {3, 60, 81, 159, 160, 198, 202, 203, 209, 210, 225, 236, 241, 242, 252, 279, 285, 286, 319, 394, 425, 439, 516, 571, 999}
)  # fmt: skip
"""Codes of a batch that may be taken later: no table yet, time, too many at once, network, keeper, memory, parts, replicas, no
right to write."""

_MISSING: Final = frozenset({60, 81})
"""No such table, no such database: of a query, its own fault."""

_FULL: Final = frozenset({243})
_FULL_WORDS: Final = ("No space left on device", "errno: 28", "Disk quota exceeded")
_CODE: Final = re.compile(r"Code: (\d+)\. DB::\w*Exception: ")
_SYSTEM_CODES: Final = frozenset({74, 75, 76, 77, 1001, 1002})
"""The operating system refused something, or a library below ClickHouse did."""


def query_settings(limits: QueryLimits) -> dict[str, Setting]:
    """What bounds one query. It can write nothing."""
    return {
        "readonly": 2,
        "max_execution_time": limits.seconds,
        "timeout_before_checking_execution_speed": 0,
        "max_result_rows": limits.rows,
        "result_overflow_mode": "throw",
        "max_memory_usage": limits.memory_bytes,
        "output_format_json_quote_64bit_integers": 0,
        "output_format_json_quote_denormals": 0,
        "output_format_write_statistics": 1,
    }


def insert_settings(token: str) -> dict[str, Setting]:
    """What stores a batch whole, once and in every table that it feeds.

    A batch is one block: ClickHouse divides none below a million rows, so a repeated one is known by its token.
    """
    return {
        "insert_deduplication_token": token,
        "insert_deduplicate": 1,
        "deduplicate_blocks_in_dependent_materialized_views": 1,
        "input_format_parallel_parsing": 0,
        "max_insert_threads": 1,
        "max_threads": 1,
        "async_insert": 0,
        "insert_distributed_sync": 1,
        "input_format_skip_unknown_fields": 1,
    }


def insert_sql(table: str) -> str:
    """Raises:
    QueryRefusedError: there is no such table.
    """
    if table not in TABLES:
        raise QueryRefusedError(f"There is no table of facts named {table[:40]!r}.")
    return f"INSERT INTO {DATABASE}.{table}"


class Entry(msgspec.Struct, frozen=True):
    """A batch as an engine takes it: `sql` without FORMAT."""

    sql: str
    format: str
    lines: bytes


def entry(table: str, lines: bytes, layout: Layout) -> Entry:
    """Raises:
    QueryRefusedError: there is no such table, or the line of names is none.
    """
    sql = insert_sql(table)
    if not lines.startswith(b"["):
        return Entry(sql, LINES_FORMAT, lines)
    head, _, rows = lines.partition(b"\n")
    try:
        names = _names.decode(head)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise QueryRefusedError(f"The first line of the batch has no names: {error}.") from None
    known = {
        column.name: column.entry if layout.has_entries else column.name for column in columns(TABLES[table])
    }
    head = msgspec.json.encode([known.get(name, name) for name in names])
    return Entry(f"{sql} ({', '.join(known.values())})", ROWS_FORMAT, head + b"\n" + rows)


_names: Final = msgspec.json.Decoder(list[str])


def settings_sql(settings: Mapping[str, Setting]) -> str:
    """`name = value, …`; every value is ours or quoted."""
    return ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())


def _literal(value: Setting) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return repr(value)


_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f", "'": "\\'"}
)


def param_text(value: Param) -> str:
    """A parameter's value as ClickHouse reads it: escaped text as in its tab-separated format; lists as `['a','b']`."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return "[" + ",".join(f"'{each.translate(_ESCAPES)}'" for each in value) + "]"


def param_texts(params: Mapping[str, Param] | None) -> dict[str, str]:
    return {name: param_text(value) for name, value in (params or {}).items()}


class _Meta(msgspec.Struct, frozen=True):
    name: str
    type: str


class _Statistics(msgspec.Struct, frozen=True):
    elapsed: float = 0.0
    rows_read: int = 0


class _Answer(msgspec.Struct, frozen=True):
    meta: list[_Meta]
    data: list[list[Any]]
    statistics: _Statistics = _Statistics()


_decoder = msgspec.json.Decoder(_Answer)


def rows(body: bytes) -> Rows:
    """An answer in `ANSWER_FORMAT`.

    Raises:
        TelemetryAwayError: it was cut off.
    """
    try:
        answer = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TelemetryAwayError(f"The engine's answer cannot be read: {error}.") from error
    columns = tuple(Column(each.name, each.type) for each in answer.meta)
    return Rows(columns, answer.data, answer.statistics.rows_read, answer.statistics.elapsed)


def query_error(message: str) -> TidegateError:
    """What an engine's message about a query means."""
    code, text = _parsed(message)
    if code in _HEAVY:
        return QueryTooHeavyError(
            text, hint="Ask for a shorter range, fewer groups or a coarser step.", engine_code=code
        )
    if code is None or code in _TRANSIENT - _MISSING:
        return TelemetryAwayError(text, engine_code=code)
    return QueryRefusedError(text, engine_code=code)


def insert_error(message: str) -> TidegateError:
    """What an engine's message about a batch means."""
    code, text = _parsed(message)
    if code in _FULL or any(words in message for words in _FULL_WORDS):
        return TelemetryFullError(
            text, hint="Free space where telemetry is kept, or shorten what is kept.", engine_code=code
        )
    if code is None or code in _TRANSIENT or code in _SYSTEM_CODES:
        return TelemetryAwayError(text, engine_code=code)
    return QueryRefusedError(text, engine_code=code)


def _parsed(message: str) -> tuple[int | None, str]:
    """The engine's code and first sentence."""
    found = _CODE.search(message)
    text = message[found.end() :] if found else message
    text = " ".join(text.split())[:MESSAGE_CHARS_MAX].rstrip()
    return (int(found[1]) if found else None), text or "The engine gave no reason."
