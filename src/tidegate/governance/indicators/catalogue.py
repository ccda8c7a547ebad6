"""Every indicator there is, read from TOML files and checked to the last word.

A file has `group`, `owner`, `table`, `dimensions` and `export` for all its indicators, and a table for each of them. The
release brings its own (`catalogue/`); an operator's folder may add more.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, get_args

import msgspec

from tidegate.governance.indicators import measures
from tidegate.governance.indicators.errors import IndicatorFileError, IndicatorNotFoundError
from tidegate.governance.indicators.formula import FormulaError, parse
from tidegate.governance.indicators.settings import PRICES
from tidegate.governance.indicators.types import (
    Direction,
    Formula,
    Group,
    Indicator,
    Owner,
    Quantile,
    Ratio,
    Term,
    Unit,
)

OURS: Final = Path(__file__).parent / "catalogue"
INDICATORS_MAX: Final = 500
FILE_BYTES_MAX: Final = 1 << 18
EXPORTED_BY_MAX: Final = 3
"""Dimensions that Prometheus may get an indicator by: each multiplies its series."""
ELAPSED: Final = "elapsed"
"""As a denominator: the seconds asked about."""

_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}\Z")
_ASKED_ONLY: Final = frozenset({measures.ARM, "session", "stream"})
"""Dimensions for asking, never for Prometheus: a value for each viewing or broadcast; and arms, whose sums do not add up."""


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    group: Group
    owner: Owner
    table: str
    dimensions: tuple[str, ...]
    export: tuple[str, ...] = ()


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An indicator as it is written: with numerator, or with quantile, of and weight."""

    title: str
    unit: Unit
    direction: Direction
    sentence: str
    worry: str
    numerator: str = ""
    denominator: str = ""
    quantile: float = 0.0
    of: str = ""
    weight: str = ""
    dimensions: tuple[str, ...] | None = None
    export: tuple[str, ...] | None = None


class IndicatorCatalogue:
    """Indicators by name, in the order of groups, then of files."""

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        self._indicators = {each.name: each for each in indicators}

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self._indicators.values())

    def __len__(self) -> int:
        return len(self._indicators)

    def get(self, name: str) -> Indicator:
        """The indicator of this name.

        Raises:
            IndicatorNotFoundError: there is none.
        """
        found = self._indicators.get(name)
        if found is None:
            near = difflib.get_close_matches(name[:80], self._indicators, n=3)
            raise IndicatorNotFoundError(
                f"There is no indicator {name[:80]!r}.",
                hint=(f"Did you mean {' or '.join(near)}? " if near else "")
                + "`tidegate indicator list` names them all.",
                near=near,
            )
        return found


def load(*folders: Path) -> IndicatorCatalogue:
    """The release's indicators, and those of further folders, where they exist.

    Raises:
        IndicatorFileError: a file is not as it must be.
    """
    found: dict[str, Indicator] = {}
    for folder in (OURS, *folders):
        for path in sorted(folder.glob("*.toml")):
            for indicator in read(path.name, _text(path)):
                if indicator.name in found:
                    raise IndicatorFileError(
                        f"{path.name}: there is an indicator {indicator.name} already.",
                        hint="Give it another name.",
                    )
                found[indicator.name] = indicator
    if len(found) > INDICATORS_MAX:
        raise IndicatorFileError(f"There are {len(found)} indicators; {INDICATORS_MAX} are the most.")
    order = get_args(Group)
    return IndicatorCatalogue(sorted(found.values(), key=lambda each: order.index(each.group)))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise IndicatorFileError(f"{path.name} is larger than {FILE_BYTES_MAX // 1024} KiB.")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise IndicatorFileError(f"{path.name} cannot be read: {error}.") from error


def read(file: str, text: str) -> list[Indicator]:
    """The indicators that a file's text declares.

    Raises:
        IndicatorFileError: with the file's name, the indicator's and what is wrong.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IndicatorFileError(f"{file} is not TOML: {error}.") from error
    entries = {name: value for name, value in content.items() if isinstance(value, dict)}
    try:
        head = msgspec.convert({name: each for name, each in content.items() if name not in entries}, _Head)
    except msgspec.ValidationError as error:
        raise IndicatorFileError(f"{file}: {error}.") from error
    if head.table not in measures.tables():
        raise IndicatorFileError(
            f"{file}: there are no facts {head.table!r}; there are {', '.join(measures.tables())}."
        )
    return [_indicator(file, head, name, value) for name, value in entries.items()]


def _indicator(file: str, head: _Head, name: str, value: object) -> Indicator:
    try:
        indicator = _made(head, name, msgspec.convert(value, _Entry))
        _check(indicator)
    except (msgspec.ValidationError, FormulaError) as error:
        raise IndicatorFileError(f"{file}: [{name[:64]}] {error}.") from error
    return indicator


def _made(head: _Head, name: str, entry: _Entry) -> Indicator:
    formula, written = _formula(head.table, entry)
    return Indicator(
        name=name,
        title=entry.title,
        group=head.group,
        owner=head.owner,
        unit=entry.unit,
        direction=entry.direction,
        sentence=entry.sentence,
        worry=entry.worry,
        written=written,
        formula=formula,
        dimensions=head.dimensions if entry.dimensions is None else entry.dimensions,
        export=head.export if entry.export is None else entry.export,
    )


def _formula(table: str, entry: _Entry) -> tuple[Formula, str]:
    if bool(entry.numerator) == bool(entry.of):
        raise FormulaError("give either numerator, or quantile with of and weight")
    prices = frozenset(PRICES)
    if entry.of:
        return _quantile(table, entry), f"quantile {entry.quantile:g} of {entry.of}"
    if entry.quantile or entry.weight:
        raise FormulaError("quantile and weight go with of, not with numerator")
    numerator = parse(entry.numerator, table, prices)
    if not entry.denominator:
        return Ratio(numerator), entry.numerator
    written = f"({entry.numerator}) ÷ ({entry.denominator})"
    if entry.denominator == ELAPSED:
        return Ratio(numerator, elapsed=True), written
    return Ratio(numerator, parse(entry.denominator, table, prices)), written


def _quantile(table: str, entry: _Entry) -> Quantile:
    if not 0 < entry.quantile < 1:
        raise FormulaError("quantile is between 0 and 1, neither included")
    measured = parse(entry.of, table, frozenset())
    weight = parse(entry.weight, table, frozenset()) if entry.weight else ()
    if len(weight) != 1 or {term.table for term in (*measured, *weight)} != {table}:
        raise FormulaError(f"of and weight each name one measure of {table}")
    if measured != (Term(table, entry.of),):
        raise FormulaError("of names one measure and nothing else")
    return Quantile(table, entry.of, entry.quantile, weight[0])


def _check(indicator: Indicator) -> None:
    if _NAME.match(indicator.name) is None:
        raise FormulaError("a name is 2 to 64 of a-z, 0-9 and _, beginning with a letter")
    for dimension in indicator.dimensions:
        for table in indicator.tables:
            if not measures.is_dimension(table, dimension):
                raise FormulaError(f"facts of {table} cannot be told apart by {dimension!r}")
    if len(set(indicator.dimensions)) < len(indicator.dimensions):
        raise FormulaError("a dimension is named twice")
    if strange := set(indicator.export) - set(indicator.dimensions):
        raise FormulaError(f"it is exported by {', '.join(sorted(strange))}, which is no dimension of it")
    if isinstance(indicator.formula, Quantile) and len(indicator.export) > 1:
        raise FormulaError("a quantile may be exported by one dimension: those of several cannot be made one")
    if len(indicator.export) > EXPORTED_BY_MAX or _ASKED_ONLY & set(indicator.export):
        raise FormulaError(
            f"it may be exported by up to {EXPORTED_BY_MAX} dimensions, and not by {' or '.join(sorted(_ASKED_ONLY))}"
        )
