"""The one template of everything telemetry keeps: tables, live aggregates, the session aggregate and their views. Pure.

In: the facts (`core.facts`), what aggregates keep (`rollups`, `sessions`), how long (`Retention`) and on what kind of
engine (`Layout`). Out: `Item`s in the order in which they are made, as ClickHouse's SQL. Every engine clause is here.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

import msgspec

from tidegate.core.facts import TABLES, Fact
from tidegate.telemetry import sessions
from tidegate.telemetry.columns import DIMENSION, FactColumn, columns
from tidegate.telemetry.rollups import BUCKETS_S, FACTS, ROLLUPS, SKETCH_ACCURACY, SKETCH_SUFFIX, Rollup

DATABASE: Final = "tidegate"

VERSION: Final = 1
"""Counts changes that an older release could not live with. Further columns, tables and views are none."""

VERSIONS_TABLE: Final = "schema_versions"

DEDUPLICATION_WINDOW: Final = 1000
"""How many batches of a table are remembered by their token: many more than can be in doubt at once."""

ORDER: Final = {"node": ("toStartOfHour(at)", "node", "at"), "log": ("at",)}
"""Sort keys, where they are not by hour, channel and time: of logs the newest are wanted first, whoever wrote them."""

INDEXES: Final = {
    "playback": ("INDEX session_bloom session TYPE bloom_filter(0.01)",),
    "decision": ("INDEX session_bloom session TYPE bloom_filter(0.01)",),
    "log": (
        "INDEX message_text message TYPE text(tokenizer = splitByNonAlpha, preprocessor = lower(message))",
        "INDEX session_bloom session TYPE bloom_filter(0.01)",
    ),
}


SHARDED_BY: Final = {
    "playback": "session", "delivery": "channel", "media": "channel", "node": "node", "decision": "channel", "log": "node",
}  # fmt: skip
"""On a cluster: what decides on which shard a fact is kept. A session's facts are together."""

WIDE_PART_BYTES: Final = 128 << 20
"""Below it a part is one file, not two for each column: a batch then costs a handful of fsyncs, not a hundred and fifty."""

PRIMARY_KEY_COLUMNS: Final = 3
"""How much of a sort key is kept in memory: the rest only brings together what is to be added up."""

SKETCH: Final = f"quantileDD({SKETCH_ACCURACY}, 0.5)"
"""What answers any quantile: the level given here is one of all."""


class Retention(msgspec.Struct, frozen=True):
    """How long things are kept, hours. Whole days are dropped, so that the last one may last up to a day longer."""

    facts: int = 7 * 24
    logs: int = 14 * 24
    sessions: int = 30 * 24
    buckets_1s: int = 24
    buckets_10s: int = 7 * 24
    buckets_1m: int = 90 * 24

    def hours(self, table: str) -> int:
        """Of one table, by its name."""
        if table == "log":
            return self.logs
        if table == sessions.TABLE:
            return self.sessions
        _, _, suffix = table.rpartition("_")
        return getattr(self, f"buckets_{suffix}") if suffix in BUCKETS_S else self.facts


class Layout(msgspec.Struct, frozen=True):
    """On what engine tables stand: plain ones, or on a cluster replicated ones with a distributed one before them.

    Attributes:
        cluster: the cluster's name in ClickHouse's configuration; empty: one server, or the embedded engine.
    """

    cluster: str = ""

    @property
    def has_entries(self) -> bool:
        """Whether rows bring dimensions under names of their own (`FactColumn.entry`). What a distributed table hands on has
        the columns that are kept, so there they come as they are.
        """
        return not self.cluster

    @property
    def on_cluster(self) -> str:
        return f" ON CLUSTER '{self.cluster}'" if self.cluster else ""

    def local(self, table: str) -> str:
        """Where rows are kept."""
        return f"{DATABASE}.{table}_local" if self.cluster else f"{DATABASE}.{table}"

    def engine(self, kind: str) -> str:
        """`kind`: `MergeTree` or `AggregatingMergeTree`."""
        if not self.cluster:
            return kind
        return f"Replicated{kind}('/clickhouse/tables/{{shard}}/{{database}}/{{table}}', '{{replica}}')"

    def settings(self, *, facts: bool) -> str:
        """What makes an acknowledged batch durable, and stores a repeated one once.

        Facts are on the disk when a batch is acknowledged. What is made of them is with the operating system then: a killed
        process loses none of it, a power cut may lose what was made in the last half minute.
        """
        window = "replicated_deduplication_window" if self.cluster else "non_replicated_deduplication_window"
        return (
            f"{window} = {DEDUPLICATION_WINDOW}, fsync_after_insert = {int(facts)},"
            f" fsync_part_directory = {int(facts)}, ttl_only_drop_parts = 1,"
            f" min_bytes_for_wide_part = {WIDE_PART_BYTES}"
        )

    def distributed(self, table: str, shard_by: str) -> str:
        """The table that spreads rows over shards: always the same way, so that a repeated batch meets itself."""
        return f"Distributed('{self.cluster}', '{DATABASE}', '{table}_local', cityHash64({shard_by}))"


class Item(msgspec.Struct, frozen=True):
    """One thing to make.

    Attributes:
        address: with its database.
        kind: columns are added to a `table`; a `view`, materialised or not, is made anew when its text has changed.
        create: the statement.
        columns: declarations by name, of a table.
        order: sort key, of a table.
        ttl: of a table that forgets.
        digest: of a view's text.
    """

    address: str
    kind: str
    create: str
    columns: dict[str, str] = {}
    order: tuple[str, ...] = ()
    ttl: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        return self.address.partition(".")[2]


def database(layout: Layout) -> str:
    return f"CREATE DATABASE IF NOT EXISTS {DATABASE}{layout.on_cluster}"


def items(layout: Layout, retention: Retention) -> list[Item]:
    """All there is, each after what it needs."""
    return [*_tables(layout, retention), *_feeds(layout), *_views(layout)]


def kept_buckets(rollup: Rollup) -> list[str]:
    """The aggregates that are tables of their own."""
    return [suffix for suffix, seconds in BUCKETS_S.items() if seconds > 1 or not rollup.each_second]


def _tables(layout: Layout, retention: Retention) -> Iterator[Item]:
    versions = {"version": "`version` UInt32", "release": "`release` String", "at": "`at` DateTime('UTC')"}
    yield from _table(layout, VERSIONS_TABLE, versions, ("at",), "version")
    for table, fact in TABLES.items():
        declared = _fact_columns(layout, fact) | _aliases(table)
        order = ORDER.get(table, ("toStartOfHour(at)", "channel", "at"))
        indexes = INDEXES.get(table, ())
        yield from _table(layout, table, declared, order, SHARDED_BY[table], retention, "at", indexes)
    for table, rollup in ROLLUPS.items():
        declared = _rollup_columns(table, rollup)
        order = ("toStartOfHour(at)", rollup.first, "at", *rollup.dimensions[1:])
        for suffix in kept_buckets(rollup):
            name = f"{table}_{suffix}"
            yield from _table(layout, name, declared, order, rollup.first, retention, "at")
    declared = {"day": "`day` Date", "channel": f"`channel` {DIMENSION}", "session": "`session` String"}
    declared |= {each.name: f"`{each.name}` {each.type}" for each in sessions.COLUMNS}
    order = ("day", "channel", "session")
    yield from _table(layout, sessions.TABLE, declared, order, "session", retention, "day")


def _table(
    layout: Layout,
    name: str,
    declared: dict[str, str],
    order: tuple[str, ...],
    shard_by: str,
    retention: Retention | None = None,
    time: str = "",
    indexes: tuple[str, ...] = (),
) -> Iterator[Item]:
    """A table; on a cluster, the local one and the one that spreads rows."""
    added_up = any("AggregateFunction" in each for each in declared.values())
    body = ",\n  ".join((*declared.values(), *indexes))
    keys = f"PRIMARY KEY ({', '.join(order[:PRIMARY_KEY_COLUMNS])})\nORDER BY ({', '.join(order)})"
    ttl = f"toDateTime({time}) + toIntervalHour({retention.hours(name)})" if retention else ""
    forgets = f"\nPARTITION BY toDate({time})\nTTL {ttl}" if ttl else ""
    kind = layout.engine("AggregatingMergeTree" if added_up else "MergeTree")
    create = (
        f"CREATE TABLE IF NOT EXISTS {layout.local(name)}{layout.on_cluster} (\n  {body}\n)\n"
        f"ENGINE = {kind}\n{keys}{forgets}\nSETTINGS {layout.settings(facts=not added_up)}"
    )
    yield Item(layout.local(name), "table", create, declared, order, ttl)
    if layout.cluster:
        columns_alone = ",\n  ".join(declared.values())
        create = (
            f"CREATE TABLE IF NOT EXISTS {DATABASE}.{name}{layout.on_cluster} (\n  {columns_alone}\n)\n"
            f"ENGINE = {layout.distributed(name, shard_by)}"
        )
        yield Item(f"{DATABASE}.{name}", "table", create, declared)


def _fact_columns(layout: Layout, fact: type[Fact]) -> dict[str, str]:
    declared: dict[str, str] = {}
    for column in columns(fact):
        declared |= column.entry_sql if layout.has_entries else {column.name: column.sql}
    return declared


def _aliases(table: str) -> dict[str, str]:
    """What aggregates have as columns, reckoned from a fact when it is asked for."""
    rollup = ROLLUPS.get(table)
    if rollup is None:
        return {FACTS: f"`{FACTS}` UInt8 ALIAS 1"}
    sql = {name: f"toFloat64({text})" for name, text in rollup.derived.items()} | {FACTS: "toInt64(1)"}
    sql |= {f"{name}_{end}": name for name in rollup.extremes for end in ("min", "max")}
    return {name: f"`{name}` ALIAS {text}" for name, text in sql.items()}


def _rollup_columns(table: str, rollup: Rollup) -> dict[str, str]:
    fields = {column.name: column for column in columns(TABLES[table])}
    kinds = {name: f"SimpleAggregateFunction(sum, {_plain(fields[name])})" for name in rollup.sums}
    kinds |= dict.fromkeys(rollup.derived, "SimpleAggregateFunction(sum, Float64)")
    kinds[FACTS] = "SimpleAggregateFunction(sum, Int64)"
    for name in rollup.extremes:
        kinds |= {
            f"{name}_{end}": f"SimpleAggregateFunction({end}, {_plain(fields[name])})"
            for end in ("min", "max")
        }
    kinds |= {f"{name}{SKETCH_SUFFIX}": f"AggregateFunction({SKETCH}, Float64)" for name in rollup.sketches}
    declared = {"at": "`at` DateTime('UTC') CODEC(Delta, ZSTD(1))"}
    declared |= {name: f"`{name}` {fields[name].type}" for name in rollup.dimensions}
    return declared | {name: f"`{name}` {kind} CODEC(ZSTD(1))" for name, kind in kinds.items()}


def _plain(column: FactColumn) -> str:
    """The type of a sum: nothing adds nothing."""
    return column.type.removeprefix("Nullable(").removesuffix(")")


def _feeds(layout: Layout) -> Iterator[Item]:
    """What carries each batch on: facts into the finest aggregate, each aggregate into the next, facts into sessions."""
    for table, rollup in ROLLUPS.items():
        source = table
        for suffix in kept_buckets(rollup):
            target = f"{table}_{suffix}"
            query = _added_up(table, rollup, BUCKETS_S[suffix], from_facts=source == table)
            yield _feed(layout, source, target, query)
            source = target
    parts = ", ".join(f"{each.part} AS {each.name}" for each in sessions.COLUMNS)
    selected = f"SELECT toDate(f.at) AS day, f.channel AS channel, f.session AS session, {parts}"
    yield _feed(layout, "playback", sessions.TABLE, (selected, "GROUP BY day, channel, session"))


def _added_up(table: str, rollup: Rollup, seconds: int, *, from_facts: bool) -> tuple[str, str]:
    """What comes before FROM and after it."""
    fields = {column.name: column for column in columns(TABLES[table])}
    keys = [f"f.{name} AS {name}" for name in rollup.dimensions]
    sums = [
        f"sum({f'ifNull(f.{name}, 0)' if from_facts and name in fields and fields[name].nullable else f'f.{name}'}) AS {name}"
        for name in (*rollup.sums, *rollup.derived, FACTS)
    ]
    extremes = [
        f"{end}(f.{name}_{end}) AS {name}_{end}" for name in rollup.extremes for end in ("min", "max")
    ]
    sketches = [
        f"{_sketched(name) if from_facts else _merged(name)} AS {name}{SKETCH_SUFFIX}"
        for name in rollup.sketches
    ]
    bucket = f"toStartOfInterval(f.at, toIntervalSecond({seconds}), 'UTC') AS at"
    return (
        f"SELECT {', '.join([bucket, *keys, *sums, *extremes, *sketches])}",
        f"GROUP BY at, {', '.join(rollup.dimensions)}",
    )


def _sketched(field: str) -> str:
    return (
        f"{SKETCH.replace('(', 'StateIf(')[:-1]})(toFloat64(assumeNotNull(f.{field})), isNotNull(f.{field}))"
    )


def _merged(field: str) -> str:
    return f"{SKETCH.replace('(', 'MergeState(')}(f.{field}{SKETCH_SUFFIX})"


def _feed(layout: Layout, source: str, target: str, query: tuple[str, str]) -> Item:
    address = f"{DATABASE}.{target}_feed"
    create = (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {address}{layout.on_cluster} TO {layout.local(target)}\n"
        f"AS {query[0]}\nFROM {layout.local(source)} AS f\n{query[1]}"
    )
    return _view(address, create)


def _view(address: str, create: str) -> Item:
    """Its comment says which text it was made of, so that one which a release has changed is known."""
    digest = blake2b(create.encode(), digest_size=8).hexdigest()
    return Item(address, "view", f"{create}\nCOMMENT '{digest}'", digest=digest)


def _views(layout: Layout) -> Iterator[Item]:
    for table, rollup in ROLLUPS.items():
        if rollup.each_second:
            yield _each_fact(layout, table, rollup)
    wholes = ",\n  ".join(f"{each.whole} AS {each.name}" for each in sessions.COLUMNS)
    derived = ",\n  ".join(f"{sql} AS {name}" for name, sql in sessions.DERIVED.items())
    address = f"{DATABASE}.{sessions.VIEW}"
    yield _view(
        address,
        f"CREATE VIEW IF NOT EXISTS {address}{layout.on_cluster} AS\nSELECT * EXCEPT ({', '.join(sessions.HIDDEN)}),\n  {derived}\nFROM (\n"
        f"SELECT channel, session,\n  {wholes}\nFROM {DATABASE}.{sessions.TABLE}\nGROUP BY channel, session\n)",
    )


def _each_fact(layout: Layout, table: str, rollup: Rollup) -> Item:
    """Facts that come one a second, under the names that aggregates have."""
    kept = [*rollup.dimensions, *rollup.sums, *rollup.derived, FACTS]
    kept += [f"{name}_{end}" for name in rollup.extremes for end in ("min", "max")]
    names = ", ".join(f"f.{name} AS {name}" for name in kept)
    address = f"{DATABASE}.{table}_1s"
    at = "toDateTime(toStartOfSecond(f.at), 'UTC') AS at"
    create = f"CREATE VIEW IF NOT EXISTS {address}{layout.on_cluster} AS\nSELECT {at}, {names}\nFROM {DATABASE}.{table} AS f"
    return _view(address, create)
