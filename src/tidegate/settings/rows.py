"""Settings and their history as rows of the store: the only place of this folder that speaks SQL."""

from typing import Any

import msgspec
from sqlalchemy import Row, Select, and_, insert, or_, select

from tidegate.core.settings import Change, Scope, SettingState, Value
from tidegate.settings.types import HistoryEntry
from tidegate.store import Transaction
from tidegate.store.tables import setting_history as history
from tidegate.store.tables import settings

ALL = select(settings.c.home_region, settings.c.name, settings.c.state, settings.c.version)


class _Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """A state's column: all of `SettingState` that has no column of its own."""

    value: Value | None = None
    overrides: dict[Scope, dict[str, Value]] = {}
    changes: tuple[Change, ...] = ()


def to_state(row: Row[Any]) -> SettingState:
    """Raises `msgspec.MsgspecError` where the column holds something else."""
    stored = msgspec.json.decode(row.state, type=_Stored)
    return SettingState(row.name, row.version, stored.value, stored.overrides, stored.changes)


def to_entry(row: Row[Any]) -> HistoryEntry:
    return HistoryEntry(
        row.name, row.version, row.created_at, row.who, row.remote, row.reason, row.action, row.reach, row.scope_id,
        _value(row.old), _value(row.new), row.change, row.old_share, row.new_share,
    )  # fmt: skip


def find(transaction: Transaction, name: str) -> Row[Any] | None:
    return transaction.execute(ALL.where(settings.c.name == name)).first()


def save(transaction: Transaction, before: Row[Any] | None, state: SettingState, entry: HistoryEntry) -> None:
    """Write a setting's next state over the row it was made from, and its line of history."""
    home = before.home_region if before is not None else transaction.region
    column = msgspec.json.encode(_Stored(state.value, state.overrides, state.changes)).decode()
    if before is None:
        row = {
            "home_region": home,
            "name": state.name,
            "state": column,
            "version": state.version,
            "created_at": transaction.now,
            "updated_at": transaction.now,
        }
        transaction.execute(insert(settings).values(row))
    else:
        key = {"home_region": home, "name": state.name}
        transaction.swap(settings, key, before.version, {"state": column})
    transaction.execute(
        insert(history).values(
            home_region=home,
            name=entry.name,
            version=entry.version,
            created_at=entry.at,
            updated_at=entry.at,
            who=entry.who,
            remote=entry.remote,
            reason=entry.reason,
            action=entry.action,
            reach=entry.reach,
            scope_id=entry.id,
            old=_text(entry.old),
            new=_text(entry.new),
            change=entry.change,
            old_share=entry.old_share,
            new_share=entry.new_share,
        )
    )


def entries_before(name: str | None, before: tuple[float, str, int] | None, limit: int) -> Select[Any]:
    """Entries newest first, of one setting or of all; `before` is the time, name and version of the last one known."""
    c = history.c
    found = select(history).order_by(c.created_at.desc(), c.name.desc(), c.version.desc()).limit(limit)
    if name is not None:
        found = found.where(c.name == name)
    if before is not None:
        at, known, version = before
        found = found.where(
            or_(
                c.created_at < at,
                and_(c.created_at == at, c.name < known),
                and_(c.created_at == at, c.name == known, c.version < version),
            )
        )
    return found


def entries_within(name: str | None, since: float, until: float, limit: int) -> Select[Any]:
    """Entries written after `since` and not after `until`, each setting's in the order of its versions."""
    c = history.c
    found = select(history).where(c.created_at > since, c.created_at <= until)
    if name is not None:
        found = found.where(c.name == name)
    return found.order_by(c.name, c.version).limit(limit)


def entries_between(name: str, low: int, high: int, limit: int) -> Select[Any]:
    """One setting's entries that led from version `low` to version `high`."""
    c = history.c
    found = select(history).where(c.name == name, c.version > low, c.version <= high)
    return found.order_by(c.version).limit(limit)


def _text(value: Value | None) -> str:
    return msgspec.json.encode(value).decode()


def _value(text: str) -> Value | None:
    value: Value | None = msgspec.json.decode(text)
    return value
