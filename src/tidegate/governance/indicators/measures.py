"""What a formula may sum, what it may be asked by, and which live aggregates have both. Read off telemetry's own declarations.

A measure is an amount of one fact: a number among its fields, or reckoned from them (`telemetry/rollups.py`).
"""

from typing import Final

from tidegate.core.facts import TABLES
from tidegate.telemetry.columns import DIMENSION, IDS, TIME, FactColumn, columns
from tidegate.telemetry.rollups import BUCKETS_S, FACTS, ROLLUPS

FINEST_S: Final = min(BUCKETS_S.values())
ARM: Final = "arm"
"""Dimension of the change arms that facts came under; a fact of several is counted in each, one of none under the empty text."""
ARMS: Final = "arms"
"""The facts' field behind it."""


def tables() -> tuple[str, ...]:
    """Every kind of facts."""
    return tuple(TABLES)


def is_measure(table: str, name: str) -> bool:
    """Whether `name` can be summed over `table`."""
    column = _COLUMNS[table].get(name)
    if column is None:
        return name in _derived(table)
    return "String" not in column.type and column.type != TIME


def is_dimension(table: str, name: str) -> bool:
    """Whether facts of `table` can be told apart by `name`."""
    if name == ARM:
        return ARMS in _COLUMNS[table]
    column = _COLUMNS[table].get(name)
    return column is not None and (column.type == DIMENSION or name in IDS)


def may_be_null(table: str, measure: str) -> bool:
    """Whether a single fact may not tell it."""
    column = _COLUMNS[table].get(measure)
    return column is not None and column.nullable


def are_added_up(table: str, measures: set[str], sketches: set[str], dimensions: frozenset[str]) -> bool:
    """Whether live aggregates of `table` have all of this."""
    rollup = ROLLUPS.get(table)
    return (
        rollup is not None
        and {ARMS if each == ARM else each for each in dimensions}.issubset(rollup.dimensions)
        and measures.issubset((*rollup.sums, *_derived(table)))
        and sketches.issubset(rollup.sketches)
    )


def _derived(table: str) -> frozenset[str]:
    rollup = ROLLUPS.get(table)
    return frozenset((FACTS, *(rollup.derived if rollup is not None else ())))


_COLUMNS: Final[dict[str, dict[str, FactColumn]]] = {
    table: {column.name: column for column in columns(fact)} for table, fact in TABLES.items()
}
