"""The fields of a fact as columns of its table: type, codec and default, from the struct's own annotations. Pure.

In: a struct of `core.facts`. Out: `Column`s. A field that a release adds becomes a column by itself; its default in the struct is the
column's default, so that older facts stay true and lines may leave defaults out.
"""

import math
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from tidegate.core.facts import Fact

IDS = frozenset({"stream", "session"})
"""Texts of which there is no end: kept as they are, not in a dictionary."""

PROSE = frozenset({"message", "fields", "reason", "evidence"})
"""Texts to read, never to group by."""

TIME = "DateTime64(3, 'UTC')"
DIMENSION = "LowCardinality(String)"
ARMS = f"Array({DIMENSION})"

ENTRY_SUFFIX = "_text"
"""A dimension comes in as a plain text under this name, and a whole batch of them is put into its dictionary at once: one by one
costs an engine more than everything else about a fact."""


class FactColumn(msgspec.Struct, frozen=True):
    """One column of a fact's table; `default` and `codec` as SQL, empty where there is none."""

    name: str
    type: str
    codec: str = ""
    default: str = ""

    @property
    def is_dimension(self) -> bool:
        return self.type in {DIMENSION, ARMS}

    @property
    def entry(self) -> str:
        """The name under which rows bring it."""
        return f"{self.name}{ENTRY_SUFFIX}" if self.type == DIMENSION else self.name

    @property
    def entry_sql(self) -> dict[str, str]:
        """Declarations by name: of what rows bring, and of what is kept of it."""
        if self.entry == self.name:
            return {self.name: self.sql}
        default = f" {self.default}" if self.default else ""
        return {
            self.entry: f"`{self.entry}` String EPHEMERAL{default}",
            self.name: f"`{self.name}` {self.type} DEFAULT {self.entry}",
        }

    @property
    def nullable(self) -> bool:
        return self.type.startswith("Nullable")

    @property
    def sql(self) -> str:
        """Its declaration."""
        default = f" DEFAULT {self.default}" if self.default else ""
        codec = f" CODEC({self.codec})" if self.codec else ""
        return f"`{self.name}` {self.type}{default}{codec}"


def columns(fact: type[Fact]) -> tuple[FactColumn, ...]:
    """The columns of a fact's table, in the order of its fields."""
    hints = get_type_hints(fact)
    return tuple(
        _column(field.name, hints[field.name], field.default) for field in msgspec.structs.fields(fact)
    )


def _column(name: str, hint: Any, default: object) -> FactColumn:
    kind, codec = _type(name, hint)
    return FactColumn(name, kind, codec, "" if kind.startswith("Nullable") else _default(default))


def _type(name: str, hint: Any) -> tuple[str, str]:
    """ClickHouse's type and codec for a field."""
    if get_origin(hint) in {Union, types.UnionType}:
        (inner,) = set(get_args(hint)) - {types.NoneType}
        kind, codec = _type(name, inner)
        return f"Nullable({kind})", codec
    if name == "at" or name.endswith("_at"):
        return TIME, "Delta, ZSTD(1)"
    if hint is str or get_origin(hint) is Literal:
        return _text(name)
    if hint not in _PLAIN:
        raise TypeError(f"{name}: {hint} has no column type.")
    return _PLAIN[hint]


_PLAIN: dict[Any, tuple[str, str]] = {
    int: ("Int64", "T64, ZSTD(1)"),
    float: ("Float64", "ZSTD(1)"),
    tuple[str, ...]: (ARMS, ""),
}


def _text(name: str) -> tuple[str, str]:
    if name in IDS:
        return "String", "ZSTD(1)"
    return ("String", "ZSTD(3)") if name in PROSE else (DIMENSION, "")


def _default(value: object) -> str:
    """A struct's default as SQL, where it is not the type's own."""
    if value in (msgspec.NODEFAULT, None, "", 0, (), False):
        return ""
    if isinstance(value, str) and value.isprintable() and "'" not in value and "\\" not in value:
        return f"'{value}'"
    if isinstance(value, int | float) and math.isfinite(value):
        return repr(value)
    raise TypeError(f"{value!r} cannot be a column's default.")
