"""What the settings' service takes and tells: places, edits, history entries, problems, differences."""

from typing import Literal

import msgspec

from tidegate.core.settings import Scope, Value

Reach = Literal["all", "channel", "node", "cell", "region"]
"""For whom a value is set: for all, or for one subject of a scope."""

Action = Literal["set", "reset", "release", "promote", "abort"]
"""set, reset: a value is given or taken back · release: a change is started, or its share moved · promote: a change's
value becomes everyone's · abort: a change is withdrawn."""


class Place(msgspec.Struct, frozen=True):
    """Where a value is set; `id` is empty where it is for all."""

    reach: Reach = "all"
    id: str = ""

    @property
    def scope(self) -> Scope | None:
        return None if self.reach == "all" else self.reach

    def __str__(self) -> str:
        return "all" if self.reach == "all" else f"{self.reach} {self.id}"


FOR_ALL = Place()


class Author(msgspec.Struct, frozen=True):
    """Who changes something, from where, and why in their own words."""

    who: str
    remote: str = ""
    reason: str = ""


class HistoryEntry(msgspec.Struct, frozen=True):
    """One line of a setting's history. Never changed and never removed.

    Attributes:
        version: which the setting had from then on.
        at: seconds since the Unix epoch.
        remote: address the author came from.
        old, new: the value at this place before and after; null: nothing was set there.
        change: id of the change being released, where it was about one.
        old_share, new_share: how far that change was and is released, 0 to 1.
    """

    name: str
    version: int
    at: float
    who: str
    remote: str
    reason: str
    action: Action
    reach: Reach
    id: str
    old: Value | None
    new: Value | None
    change: str = ""
    old_share: float = 0.0
    new_share: float = 0.0


class SettingHistory(msgspec.Struct, frozen=True):
    """Entries newest first, and where the next page begins; empty: there is none."""

    items: tuple[HistoryEntry, ...]
    next: str


class SettingDifference(msgspec.Struct, frozen=True):
    """One place where two states differ. `change` and the shares: as in `HistoryEntry`.

    Attributes:
        old, new: null: nothing is set there.
    """

    name: str
    reach: Reach
    id: str
    old: Value | None
    new: Value | None
    change: str = ""
    old_share: float = 0.0
    new_share: float = 0.0


class SettingProblem(msgspec.Struct, frozen=True):
    """Something stored that this release cannot use; the default holds in its place.

    Attributes:
        name: the setting.
        place: where the value stands, such as `all`, `channel demo` or `change chg_local_7m2k9x4c1t8v`.
    """

    name: str
    place: str
    message: str


class SettingChanged(msgspec.Struct, frozen=True):
    """Outbox event, topic `setting`."""

    name: str
    version: int
    action: Action
    reach: Reach
    id: str
