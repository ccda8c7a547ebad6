"""What differs between defaults and now, or between two moments of the history. Pure."""

from collections.abc import Iterable

from tidegate.core.settings import SCOPES, Catalogue, SettingsBook, Value
from tidegate.settings.types import HistoryEntry, SettingDifference


def from_defaults(catalogue: Catalogue, book: SettingsBook) -> list[SettingDifference]:
    """Every place at which something else than the release's default is set, this node's configuration included."""
    found: list[SettingDifference] = []
    for setting in catalogue:
        state, default = book.state(setting.name), book.default(setting)
        value: Value = default if state.value is None else state.value
        if value != setting.default:
            found.append(SettingDifference(setting.name, "all", "", setting.default, value))
        for scope in SCOPES:
            for id_, own in sorted(state.overrides.get(scope, {}).items()):
                found.append(SettingDifference(setting.name, scope, id_, value, own))
        found += [
            SettingDifference(setting.name, "all", "", value, change.value, change.id, 0.0, change.share)
            for change in state.changes
        ]
    return found


def between(entries: Iterable[HistoryEntry]) -> list[SettingDifference]:
    """What a stretch of history, oldest first, comes to: for each place its first `old` and its last `new`."""
    values: dict[tuple[str, str, str], tuple[HistoryEntry, HistoryEntry]] = {}
    changes: dict[tuple[str, str], tuple[HistoryEntry, HistoryEntry]] = {}
    for entry in entries:
        if entry.action in ("set", "reset", "promote"):
            place = (entry.name, entry.reach, entry.id)
            values[place] = (values.get(place, (entry, entry))[0], entry)
        if entry.change:
            key = (entry.name, entry.change)
            changes[key] = (changes.get(key, (entry, entry))[0], entry)
    found = [
        SettingDifference(first.name, first.reach, first.id, first.old, last.new)
        for first, last in values.values()
        if first.old != last.new
    ]
    found += [
        SettingDifference(
            first.name, "all", "", first.old, first.new, first.change, first.old_share, last.new_share
        )
        for first, last in changes.values()
        if first.old_share != last.new_share
    ]
    return sorted(found, key=lambda each: (each.name, each.reach != "all", each.reach, each.id, each.change))
