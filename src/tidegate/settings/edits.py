"""What an edit makes of a setting's state. Pure: a state in, the next state and its line in the history out.

An edit that changes nothing gives None: no version is counted and no line written.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from tidegate.core.ids import channel_name
from tidegate.core.settings import Change, Setting, SettingState, Value
from tidegate.settings.errors import (
    ChangeNotFoundError,
    SettingPlaceError,
    SettingShareError,
    TooManyChangesError,
    TooManyOverridesError,
)
from tidegate.settings.types import FOR_ALL, Action, Author, HistoryEntry, Place

OVERRIDES_MAX = 20_000
"""Values of their own that one setting may have; about 1 MB in the store. Beyond it, set the value for a region."""

CHANGES_MAX = 8
"""Changes of one setting that may be on their way at once; each costs a hash per resolution."""

ID_CHARS_MAX = 128


class Edited(msgspec.Struct, frozen=True):
    """The state after an edit, and what it did: `entry` lacks its version, time and author until it is written."""

    state: SettingState
    entry: HistoryEntry

    def signed(self, author: Author, at: float) -> HistoryEntry:
        return msgspec.structs.replace(
            self.entry,
            version=self.state.version,
            at=at,
            who=author.who,
            remote=author.remote,
            reason=author.reason,
        )


Edit = Callable[[SettingState], Edited | None]
"""Applied to the state that the store has within one transaction; it may run more than once."""


def place_of(setting: Setting[Any], place: Place) -> Place:
    """`place`, if the setting may have a value there.

    Raises:
        SettingPlaceError: it may not, or the id cannot be one.
        InvalidError: a channel's name breaks the rule for names.
    """
    scope = place.scope
    if scope is None:
        if place.id:
            raise SettingPlaceError(
                "What is set for all has no id.",
                hint="Leave the id out, or name its scope.",
                setting=setting.name,
            )
        return FOR_ALL
    if scope not in setting.scopes:
        may = f"Set it for all{', or for a ' if setting.scopes else ''}{' or '.join(setting.scopes)}."
        raise SettingPlaceError(
            f"{setting.name} cannot have a value of its own for a {scope}.", hint=may, setting=setting.name
        )
    if scope == "channel":
        channel_name(place.id)
    elif not place.id or len(place.id) > ID_CHARS_MAX or not place.id.isprintable() or " " in place.id:
        raise SettingPlaceError(
            f"{place.id[:80]!r} cannot be a {scope}.",
            hint=f"Give 1 to {ID_CHARS_MAX} printable characters without spaces.",
            setting=setting.name,
        )
    return place


def set_value(setting: Setting[Any], place: Place, value: object) -> Edit:
    """Give `place` a value. A text for a setting that is no text is read as typed.

    Raises:
        SettingValueError, SettingPlaceError: value or place break the setting's bounds.
    """
    place = place_of(setting, place)
    checked = setting.parsed(value) if isinstance(value, str) else setting.checked(value)
    return lambda state: _put(state, place, checked, "set")


def reset_value(setting: Setting[Any], place: Place) -> Edit:
    """Take back what is set at `place`, which need not be valid today."""
    del setting
    return lambda state: _put(state, place, None, "reset")


def release(setting: Setting[Any], value: object, share: float, change_id: str, salt: str) -> Edit:
    """Let a new value reach `share` of the gray unit's subjects: starts a change, or moves the one with this value.

    `share` is over 0, up to 1; `change_id` and `salt` are for the change, if it is a new one.

    Raises:
        SettingValueError, SettingShareError: value or share break a bound.
    """
    checked = setting.parsed(value) if isinstance(value, str) else setting.checked(value)
    if not 0.0 < share <= 1.0:
        raise SettingShareError(
            f"A share cannot be {share:g}.",
            hint="Give more than 0 and at most 1 (100%). To take a change back, abort it.",
            setting=setting.name,
        )

    def edit(state: SettingState) -> Edited | None:
        running = next((each for each in state.changes if each.value == checked), None)
        if running is not None and running.share == share:
            return None
        change = Change(
            running.id if running else change_id, checked, share, running.salt if running else salt
        )
        kept = [change if each is running else each for each in state.changes]
        if running is None:
            if len(state.changes) >= CHANGES_MAX:
                raise TooManyChangesError(
                    f"{setting.name} has {CHANGES_MAX} changes on their way already.",
                    hint="Promote or abort one of them first.",
                    setting=setting.name,
                )
            kept.append(change)
        entry = _entry(state, "release", FOR_ALL, state.value, checked)
        return _edited(
            state,
            msgspec.structs.replace(
                entry, change=change.id, old_share=running.share if running else 0.0, new_share=share
            ),
            changes=tuple(kept),
        )

    return edit


def promote(setting: Setting[Any], change_id: str) -> Edit:
    """Make a change's value everyone's."""

    def edit(state: SettingState) -> Edited:
        change = _running(setting, state, change_id)
        entry = _entry(state, "promote", FOR_ALL, state.value, change.value)
        return _edited(state, _ended(entry, change), value=change.value, changes=_without(state, change))

    return edit


def abort(setting: Setting[Any], change_id: str) -> Edit:
    """Withdraw a change: whoever it had reached has again what everyone has."""

    def edit(state: SettingState) -> Edited:
        change = _running(setting, state, change_id)
        entry = _entry(state, "abort", FOR_ALL, state.value, state.value)
        return _edited(state, _ended(entry, change), changes=_without(state, change))

    return edit


def _put(state: SettingState, place: Place, value: Value | None, action: Action) -> Edited | None:
    if place.scope is None:
        if _same(state.value, value):
            return None
        return _edited(state, _entry(state, action, place, state.value, value), value=value)
    own = dict(state.overrides.get(place.scope, {}))
    old = own.pop(place.id, None)
    if _same(old, value):
        return None
    if value is not None:
        own[place.id] = value
    overrides = {**state.overrides, place.scope: own}
    overrides = {scope: values for scope, values in overrides.items() if values}
    if value is not None and sum(map(len, overrides.values())) > OVERRIDES_MAX:
        raise TooManyOverridesError(
            f"{state.name} has {OVERRIDES_MAX} values of their own already.",
            hint="Set it for a region or for all, and reset those that need none.",
            setting=state.name,
        )
    return _edited(state, _entry(state, action, place, old, value), overrides=overrides)


def _same(old: Value | None, new: Value | None) -> bool:
    return old == new and type(old) is type(new)


def _running(setting: Setting[Any], state: SettingState, change_id: str) -> Change:
    for change in state.changes:
        if change.id == change_id:
            return change
    raise ChangeNotFoundError(
        f"{setting.name} has no change {change_id[:80]!r} on its way.",
        hint=f"`tidegate setting get {setting.name}` names those it has.",
        setting=setting.name,
    )


def _without(state: SettingState, change: Change) -> tuple[Change, ...]:
    return tuple(each for each in state.changes if each is not change)


def _ended(entry: HistoryEntry, change: Change) -> HistoryEntry:
    return msgspec.structs.replace(entry, change=change.id, old_share=change.share, new_share=0.0)


def _entry(
    state: SettingState, action: Action, place: Place, old: Value | None, new: Value | None
) -> HistoryEntry:
    return HistoryEntry(state.name, 0, 0.0, "", "", "", action, place.reach, place.id, old, new)


def _edited(state: SettingState, entry: HistoryEntry, **changed: object) -> Edited:
    return Edited(msgspec.structs.replace(state, version=state.version + 1, **changed), entry)
