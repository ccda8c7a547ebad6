"""The SQL behind playback sessions. Pure: of words in this file alone, every value from outside is a parameter.

In: a `SessionQuery`, or a session's id. Out: ClickHouse's SQL over `tidegate.sessions` and `tidegate.playback`, its parameters, and
rows made structs by position.
"""

from typing import Any, Final, TypeVar

import msgspec

from tidegate.governance.playback_sessions.types import Order, PlaybackReport, PlaybackSession, SessionQuery
from tidegate.telemetry.contract import Param

REPORTS_MAX: Final = 5000
"""Of one session's story: seven hours of beats."""
LIMIT_MAX: Final = 1000

Row = TypeVar("Row", PlaybackSession, PlaybackReport)

_ORDERS: Final[dict[Order, str]] = {
    "newest": "joined_at",
    "last": "last_at",
    "rebuffer": "rebuffer_s",
    "startup": "startup_s",
    "watched": "watched_s",
    "latency": "latency_s",
    "errors": "errors",
}
_TIMES: Final = ("at", "received_at", "joined_at", "last_at")
_RENAMED: Final = {"reports": "facts"}


def _columns(row: type[msgspec.Struct]) -> str:
    """A struct's fields as expressions, in order; times as seconds since the epoch."""
    names = (_RENAMED.get(name, name) for name in row.__struct_fields__)
    return ", ".join(f"toUnixTimestamp64Milli({name}) / 1000" if name in _TIMES else name for name in names)


_SESSION_COLUMNS: Final = _columns(PlaybackSession)
_REPORT_COLUMNS: Final = _columns(PlaybackReport)


def list_sessions(query: SessionQuery) -> tuple[str, dict[str, Param]]:
    """Sessions that were heard of in the range, and began before its end."""
    params: dict[str, Param] = {"start": query.start, "end": query.end, "limit": query.limit}
    where = [
        "last_at >= fromUnixTimestamp64Milli(toInt64({start:Float64} * 1000), 'UTC')",
        "joined_at <= fromUnixTimestamp64Milli(toInt64({end:Float64} * 1000), 'UTC')",
    ]
    for name in ("channel", "region", "device", "state", "exit"):
        wanted = getattr(query, name)
        if wanted:
            where.append(f"{name} = {{{name}:String}}")
            params[name] = wanted
    sql = (
        f"SELECT {_SESSION_COLUMNS}\nFROM tidegate.sessions\nWHERE {' AND '.join(where)}\n"
        f"ORDER BY {_ORDERS[query.order]} DESC NULLS LAST, session\nLIMIT {{limit:UInt32}}"
    )
    return sql, params


def one_session(session: str) -> tuple[str, dict[str, Param]]:
    """The session of this id; of one that several channels know, which nobody makes by accident, the newest."""
    sql = (
        f"SELECT {_SESSION_COLUMNS}\nFROM tidegate.sessions\nWHERE session = {{session:String}}\n"
        "ORDER BY joined_at DESC\nLIMIT 1"
    )
    return sql, {"session": session}


def reports_of(session: PlaybackSession) -> tuple[str, dict[str, Param]]:
    """Its newest reports, newest first. The range lets the engine pass over all other days."""
    sql = (
        f"SELECT {_REPORT_COLUMNS}\nFROM tidegate.playback\n"
        "WHERE session = {session:String} AND channel = {channel:String}\n"
        "AND at >= fromUnixTimestamp64Milli(toInt64({start:Float64} * 1000) - 1000, 'UTC')\n"
        "AND at <= fromUnixTimestamp64Milli(toInt64({end:Float64} * 1000) + 1000, 'UTC')\n"
        "ORDER BY at DESC, seq DESC\nLIMIT {limit:UInt32}"
    )
    return sql, {
        "session": session.session,
        "channel": session.channel,
        "start": session.joined_at,
        "end": session.last_at,
        "limit": REPORTS_MAX,
    }


def row_of(kind: type[Row], values: list[Any]) -> Row:
    """A row's values, in the order of the struct's fields."""
    names = kind.__struct_fields__
    return msgspec.convert(dict(zip(names, values, strict=True)), kind, strict=False)
