"""What the API takes and answers about settings, field by field."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidegate.core.settings import GrayUnit, Kind, Scope, Source, TakesEffect, Value
from tidegate.settings.types import Reach, SettingDifference, SettingProblem

Version = Annotated[
    int,
    Meta(ge=0, description="The version that was read; if it has another by now, nothing is changed (409)."),
]
Reason = Annotated[
    str, Meta(max_length=500, description="Why, for the history.", examples=["Wi-Fi at the venue"])
]


class SettingOverride(msgspec.Struct, frozen=True):
    """A value that one channel, node, cell or region has for itself."""

    scope: Scope
    id: str
    value: Value


class SettingChange(msgspec.Struct, frozen=True):
    """A value on its way to everyone, by now in effect for `share` (0 to 1) of the gray unit's subjects."""

    id: str
    value: Value
    share: float


class SettingView(msgspec.Struct, frozen=True):
    """A setting: what it is, what it may be, what it is.

    Attributes:
        name: `part.what_unit`.
        owner: the part that obeys it.
        sentence: what it does.
        bounds: what a value may be, in words.
        minimum, maximum: bounds of a number, both included; null where there is none.
        choices: what a text may be; empty where it is free.
        scopes: what may have a value of its own.
        gray_unit: what a change is released by.
        takes_effect: when a new value does.
        default: the release's.
        node_default: this node's, by its configuration; null where that says nothing else.
        set_value: what is set for all; null: nothing.
        value: in effect for whom was asked.
        source: where that comes from.
        arms: of the changes that whom was asked is counted in.
        version: counts every change of this setting; 0: never set.
        overrides: values of their own, the first 200; `overrides_count` says how many there are.
        problems: what is stored and cannot be used.
    """

    name: str
    owner: str
    sentence: str
    kind: Kind
    unit: str
    bounds: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    scopes: tuple[Scope, ...]
    gray_unit: GrayUnit
    takes_effect: TakesEffect
    default: Value
    node_default: Value | None
    set_value: Value | None
    value: Value
    source: Source
    arms: tuple[str, ...]
    version: int
    overrides: tuple[SettingOverride, ...]
    overrides_count: int
    changes: tuple[SettingChange, ...]
    problems: tuple[SettingProblem, ...]


class SettingList(msgspec.Struct, frozen=True):
    """Every setting by name, and what is stored that this release cannot use."""

    items: list[SettingView]
    problems: list[SettingProblem]


class SettingDiff(msgspec.Struct, frozen=True):
    """Every place that differs."""

    items: list[SettingDifference]


class SettingPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value to set. A text for a setting that is no text is read as people type it.

    Attributes:
        reach: for all, or for one channel, node, cell or region, which `id` then names.
    """

    value: Value
    reach: Reach = "all"
    id: str = ""
    version: Version | None = None
    reason: Reason = ""


class SettingRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value to release to a share of subjects: over 0, up to 1."""

    value: Value
    share: Annotated[float, Meta(examples=[0.05])]
    version: Version | None = None
    reason: Reason = ""


class SettingPromote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change to make everyone's."""

    version: Version | None = None
    reason: Reason = ""
