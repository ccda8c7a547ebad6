"""Which playback sessions fell silent while nobody listened, and the fact that ends one. Pure.

In: what telemetry knows of sessions without an exit, and of nodes. Out: SQL, and a `PlaybackFact` that says how a session ended,
at the moment it was last heard of: as the door that took its reports would have said (`media/beacons`), had it lived to.
"""

from typing import Any, Final

import msgspec

from tidegate.core.facts.playback import PlaybackFact, PlaybackState, exit_of_silence
from tidegate.telemetry.contract import Param
from tidegate.telemetry.schema import DATABASE
from tidegate.telemetry.sessions import TABLE

BACK_S: Final = 86_400.0
"""How far back is looked: a server that was away for longer left sessions that nobody asks for any more."""
SPAN_DAYS: Final = 2
"""Days of partial rows that are read: those of `BACK_S` and one more, for sessions that ran over midnight."""
CLOSED_MAX: Final = 5_000
"""Sessions ended at once; the others wait for the next look, those silent longest first."""

_SINCE: Final = "fromUnixTimestamp64Milli(toInt64({since:Float64} * 1000), 'UTC')"
_BEFORE: Final = "fromUnixTimestamp64Milli(toInt64({before:Float64} * 1000), 'UTC')"


class Unended(msgspec.Struct, frozen=True):
    """A session whose last word was not its last.

    Attributes:
        began: whether a picture was shown.
        last_at: when it was last heard of, seconds since the Unix epoch.
    """

    channel: str
    session: str
    region: str
    node: str
    state: PlaybackState
    rendition: str
    stream: str
    player: str
    player_version: str
    device: str
    network: str
    arms: tuple[str, ...]
    sample_share: float
    began: bool
    last_at: float


def find_silent(now: float, quiet_s: float, back_s: float = BACK_S) -> tuple[str, dict[str, Param]]:
    """Sessions without an exit that were heard of within `back_s`, but not for `quiet_s`; the longest silent first.

    Of all sessions only the newest rows are read; everything else of those that are found.
    """
    days = f"day > toDate({_SINCE}) - {SPAN_DAYS}"
    sql = (
        "SELECT channel, session, place[1], place[2], place[3], place[4], stream, player, player_version, device, network,"
        " arms, sample_share, began, toUnixTimestamp64Milli(heard_at) / 1000\nFROM (\n"
        "SELECT channel, session, splitByChar('\\t', argMaxMerge(latest)) AS place, max(last_at) AS heard_at,"
        " max(stream) AS stream, max(player) AS player, max(player_version) AS player_version, max(device) AS device,"
        " max(network) AS network, groupUniqArrayArray(arms) AS arms, max(sample_share) AS sample_share,"
        " toBool(sum(started) > 0 OR sum(watched_s) > 0) AS began, max(exit) AS any_exit\n"
        f"FROM {DATABASE}.{TABLE}\n"
        f"WHERE {days} AND (channel, session) IN (\n"
        f"SELECT channel, session FROM {DATABASE}.{TABLE} WHERE {days} AND last_at >= {_SINCE}\n"
        f"GROUP BY channel, session HAVING max(last_at) < {_BEFORE} AND splitByChar('\\t', argMaxMerge(latest))[5] = ''\n"
        ")\nGROUP BY channel, session\n)\n"
        "WHERE if(length(place) > 4, place[5], any_exit) = ''\n"
        f"AND heard_at >= {_SINCE} AND heard_at < {_BEFORE}\n"
        "ORDER BY heard_at LIMIT {limit:UInt32}"
    )
    return sql, {"since": now - back_s, "before": now - quiet_s, "limit": CLOSED_MAX}


def silent_of(values: list[Any]) -> Unended:
    """A row of that answer."""
    return msgspec.convert(dict(zip(Unended.__struct_fields__, values, strict=True)), Unended, strict=False)


def find_telling(now: float, back_s: float) -> tuple[str, dict[str, Param]]:
    """How many of the last seconds each node has told of itself."""
    sql = (
        "SELECT node, sum(interval_s) FROM tidegate.node"
        " WHERE at >= fromUnixTimestamp64Milli(toInt64({since:Float64} * 1000), 'UTC') GROUP BY node"
    )
    return sql, {"since": now - back_s}


def last_word(session: Unended, now: float) -> PlaybackFact:
    """The fact that ends it."""
    return PlaybackFact(
        at=session.last_at,
        received_at=now,
        region=session.region,
        node=session.node,
        channel=session.channel,
        session=session.session,
        event="state",
        state=session.state,
        exit=exit_of_silence(session.state, started=session.began),
        stream=session.stream,
        arms=session.arms,
        sample_share=session.sample_share or 1.0,
        player=session.player,
        player_version=session.player_version,
        device=session.device,
        network=session.network,
        rendition=session.rendition,
    )
