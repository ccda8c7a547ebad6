"""The template: its columns are the facts' fields, its aggregates sum what there is, and a new field becomes a column."""

from typing import get_type_hints

import msgspec
import pytest

from tidegate.core.facts import TABLES
from tidegate.telemetry import schema
from tidegate.telemetry.columns import columns
from tidegate.telemetry.rollups import ROLLUPS
from tidegate.telemetry.schema import Layout, Retention

ITEMS = {item.name: item for item in schema.items(Layout(), Retention())}


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_the_facts_fields_in_order(table: str) -> None:
    declared = ITEMS[table].columns
    stored = [name for name, sql in declared.items() if " ALIAS " not in sql and " EPHEMERAL" not in sql]
    assert stored == list(TABLES[table].__struct_fields__)
    entries = [column.entry for column in columns(TABLES[table])]
    assert [name for name in declared if name in entries] == entries
    assert not {each.entry for each in columns(TABLES[table]) if each.entry != each.name} & set(stored)


@pytest.mark.parametrize("table", TABLES)
def test_a_lines_missing_field_means_the_same_to_the_engine_as_to_the_struct(table: str) -> None:
    declared = {column.name: column for column in columns(TABLES[table])}
    for field in msgspec.structs.fields(TABLES[table]):
        column = declared[field.name]
        if field.default is None:
            assert column.nullable
            assert not column.default
        elif field.default not in (msgspec.NODEFAULT, "", 0, ()):
            assert column.default in (repr(field.default), f"'{field.default}'")


@pytest.mark.parametrize("table", ROLLUPS)
def test_aggregates_sum_fields_that_there_are(table: str) -> None:
    rollup, hints = ROLLUPS[table], get_type_hints(TABLES[table])
    assert {*rollup.dimensions, *rollup.sums, *rollup.extremes, *rollup.sketches} <= set(hints)
    assert rollup.dimensions[0] == rollup.first
    assert not set(rollup.derived) & set(hints)
    facts = ITEMS[table].columns
    for suffix in schema.kept_buckets(rollup):
        kept = ITEMS[f"{table}_{suffix}"].columns
        assert set(kept) - {f"{name}_sketch" for name in rollup.sketches} <= set(facts)


def test_every_table_forgets_and_is_durable() -> None:
    for item in ITEMS.values():
        if item.kind == "table":
            assert ("fsync_after_insert = 1" in item.create) == (
                item.name in {*TABLES, schema.VERSIONS_TABLE}
            )
            assert bool(item.ttl) == (item.name != schema.VERSIONS_TABLE)


def test_a_cluster_differs_by_engine_clauses_alone() -> None:
    clustered = {item.name: item for item in schema.items(Layout("main"), Retention())}
    for name, item in ITEMS.items():
        if item.kind == "table":
            assert clustered[f"{name}_local"].columns == clustered[name].columns
            kept = {each for each, sql in item.columns.items() if " EPHEMERAL" not in sql}
            assert set(clustered[name].columns) == kept
            assert "Replicated" in clustered[f"{name}_local"].create
            assert "Distributed('main'" in clustered[name].create
        assert all("ON CLUSTER 'main'" in each.create for each in clustered.values())
    feed = clustered["playback_1s_feed"].create
    assert "TO tidegate.playback_1s_local" in feed
    assert "FROM tidegate.playback_local AS f" in feed


class Grown(msgspec.Struct, frozen=True):
    at: float
    mood: str = "calm"
    share: float = 1.0


def test_a_new_field_becomes_a_column_with_the_same_default() -> None:
    assert [column.sql for column in columns(Grown)] == [  # type: ignore[arg-type]
        "`at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
        "`mood` LowCardinality(String) DEFAULT 'calm'",
        "`share` Float64 DEFAULT 1.0 CODEC(ZSTD(1))",
    ]
