"""What of a stored state today's bounds allow. Pure.

A release may narrow a setting's bounds, change its type or drop it. What is stored stays stored, so that the earlier
release finds it again; what cannot be used is left out of what is in effect, and said.
"""

from typing import Any

import msgspec

from tidegate.core.settings import Scope, Setting, SettingState, SettingValueError, Value
from tidegate.settings.types import SettingProblem


def sound(setting: Setting[Any], stored: SettingState) -> tuple[SettingState, tuple[SettingProblem, ...]]:
    """The part of `stored` that can be in effect, and what is wrong with the rest."""
    problems: list[SettingProblem] = []

    def usable(value: Value, place: str) -> Value | None:
        try:
            checked: Value = setting.checked(value)
        except SettingValueError as error:
            problems.append(SettingProblem(setting.name, place, str(error)))
            return None
        return checked

    overrides: dict[Scope, dict[str, Value]] = {}
    for scope, own in stored.overrides.items():
        kept = {
            id_: value for id_, raw in own.items() if (value := usable(raw, f"{scope} {id_}")) is not None
        }
        if kept:
            overrides[scope] = kept
    changes = [
        msgspec.structs.replace(change, value=value)
        for change in stored.changes
        if (value := usable(change.value, f"change {change.id}")) is not None
    ]
    value = None if stored.value is None else usable(stored.value, "all")
    return SettingState(stored.name, stored.version, value, overrides, tuple(changes)), tuple(problems)
