"""Brings what an engine holds up to date: makes what is missing, adds columns, renews views, and applies how long things are kept.

In: an engine that answers (`Engine`), and the template (`schema`). Out: nothing but the engine as this release wants it. Run at every
start, and in part whenever retention changes; where all is well it asks three questions and changes nothing.
"""

from typing import ClassVar, Protocol

import msgspec

from tidegate import __version__
from tidegate.telemetry import schema
from tidegate.telemetry.columns import ENTRY_SUFFIX
from tidegate.telemetry.contract import Rows, TelemetryAwayError
from tidegate.telemetry.schema import DATABASE, Item, Layout, Retention


class TelemetryTooNewError(TelemetryAwayError):
    """A newer release has changed what the engine holds, in a way that this one cannot live with."""

    code: ClassVar[str] = "telemetry-too-new"


class Engine(Protocol):
    """What an upgrade needs of an engine."""

    async def run(self, sql: str) -> None: ...

    async def ask(self, sql: str) -> Rows: ...


class _Present(msgspec.Struct, frozen=True):
    engine: str
    comment: str
    columns: frozenset[str]


async def bring_up_to_date(engine: Engine, layout: Layout, retention: Retention) -> None:
    """Make, add, renew; rows that are there stay.

    Raises:
        TelemetryTooNewError: a newer release was here.
        TelemetryAwayError: the engine went away meanwhile.
    """
    await engine.run(schema.database(layout))
    present = await _present(engine)
    noted = await _check_version(engine) if schema.VERSIONS_TABLE in present else False
    for item in schema.items(layout, retention):
        there = present.get(item.name)
        if there is None:
            await engine.run(item.create)
        elif item.kind == "table":
            await _add_columns(engine, layout, item, there)
            await _keep(engine, layout, item, there)
        elif there.comment != item.digest:
            await engine.run(f"DROP VIEW IF EXISTS {item.address}{layout.on_cluster} SYNC")
            await engine.run(item.create)
    if not noted:
        await engine.run(
            f"INSERT INTO {DATABASE}.{schema.VERSIONS_TABLE} (version, release, at)"
            f" VALUES ({schema.VERSION}, '{__version__}', now())"
        )


async def keep(engine: Engine, layout: Layout, retention: Retention) -> None:
    """Apply how long things are kept. What has become too old goes within hours, whole days at a time."""
    present = await _present(engine)
    for item in schema.items(layout, retention):
        if (there := present.get(item.name)) is not None:
            await _keep(engine, layout, item, there)


async def forget(engine: Engine, layout: Layout, retention: Retention) -> None:
    """Drop at once the days of which nothing is to be kept; it takes no room to do so."""
    for item in schema.items(layout, retention):
        if not item.ttl:
            continue
        over = await engine.ask(
            "SELECT DISTINCT partition_id FROM system.parts"
            f" WHERE active AND database = '{DATABASE}' AND table = '{item.name}'"
            f" AND addHours(toDateTime(toDate(partition) + 1, 'UTC'), {retention.hours(item.name)}) < now()"
        )
        for (day,) in over.rows:
            await engine.run(f"ALTER TABLE {item.address}{layout.on_cluster} DROP PARTITION ID '{day}'")


async def _present(engine: Engine) -> dict[str, _Present]:
    tables = await engine.ask(
        f"SELECT name, engine_full, comment FROM system.tables WHERE database = '{DATABASE}'"
    )
    columns = await engine.ask(
        f"SELECT table, groupArray(name) FROM system.columns WHERE database = '{DATABASE}' GROUP BY table"
    )
    names = {table: frozenset(found) for table, found in columns.rows}
    return {
        name: _Present(engine_full, comment, names.get(name, frozenset()))
        for name, engine_full, comment in tables.rows
    }


async def _check_version(engine: Engine) -> bool:
    """Whether this release has been here."""
    answer = await engine.ask(
        f"SELECT max(version), argMax(release, version), has(groupArray(release), '{__version__}')"
        f" FROM {DATABASE}.{schema.VERSIONS_TABLE}"
    )
    version, release, noted = answer.rows[0]
    if version > schema.VERSION:
        raise TelemetryTooNewError(
            f"Telemetry was written by release {release}, which is newer than this one.",
            hint="Upgrade, or move the telemetry folder away to begin anew.",
        )
    return bool(noted)


async def _add_columns(engine: Engine, layout: Layout, item: Item, there: _Present) -> None:
    missing = [name for name in item.columns if name not in there.columns]
    if not missing:
        return
    changes = [f"ADD COLUMN IF NOT EXISTS {item.columns[name]}" for name in missing]
    entered = [name.removesuffix(ENTRY_SUFFIX) for name in missing if name.endswith(ENTRY_SUFFIX)]
    changes += [f"MODIFY COLUMN {item.columns[name]}" for name in entered if name in there.columns]
    if set(missing) & set(item.order):
        changes.append(f"MODIFY ORDER BY ({', '.join(item.order)})")
    await engine.run(f"ALTER TABLE {item.address}{layout.on_cluster} {', '.join(changes)}")


async def _keep(engine: Engine, layout: Layout, item: Item, there: _Present) -> None:
    if item.ttl and f"TTL {item.ttl} " not in there.engine:
        await engine.run(f"ALTER TABLE {item.address}{layout.on_cluster} MODIFY TTL {item.ttl}")
