"""From a question to SQL: pure, and no text from outside ever becomes SQL.

What comes from outside (times, values to narrow to, limits, prices) goes as `{name:Type}` parameters; the SQL's own words are
those of the catalogue, which only our own files and the operator's can write, in a language without SQL in it.

Indicators over the same tables share a query. One over several tables (such as cost: processors and bytes) reads each by
itself and lays the sums beside each other: a join would drop what only one of them has.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import msgspec

from tidegate.governance.indicators.bounds import Window
from tidegate.governance.indicators.errors import IndicatorQueryError
from tidegate.governance.indicators.measures import ARM, ARMS
from tidegate.governance.indicators.source import Kept, Source, choose
from tidegate.governance.indicators.types import Indicator, IndicatorQuery, Quantile, Ratio, Term
from tidegate.telemetry.contract import Param

Amount = Callable[[Term], str]
"""SQL of a term's sum of its measure."""

GROUPS_MAX = 1_000_000
"""Most groups that can be put in order; telemetry keeps fewer."""

NUMERATOR, DENOMINATOR = ".numerator", ".denominator"
"""What the columns of an indicator's parts end with."""


class Compiled(msgspec.Struct, frozen=True):
    """One query. Its columns: `t` where there are steps, the dimensions, then `values`: names of columns of the answer."""

    indicators: tuple[str, ...]
    values: tuple[str, ...]
    sql: str
    params: dict[str, Param]
    table: str


def compile_query(
    indicators: Sequence[Indicator],
    query: IndicatorQuery,
    window: Window,
    prices: Mapping[str, float],
    kept: Kept,
) -> list[Compiled]:
    """The queries that answer `query`. The first is ordered by what is most behind a group.

    Args:
        indicators: those the query names, in its order.
        query: what is asked.
        window: the range as it is answered.
        prices: values of the settings that formulas name.
        kept: for how long each table keeps what it is told.

    Raises:
        IndicatorQueryError: a dimension is not one of an indicator's.
    """
    _check_dimensions(indicators, query)
    together: dict[tuple[str, ...], list[Indicator]] = {}
    for indicator in indicators:
        together.setdefault(tuple(sorted(indicator.tables)), []).append(indicator)
    groups = list(together.values())
    asked = _Asked(query, window, kept, indicators[0], alone=len(groups) == 1)
    return [_compiled(group, asked, prices) for group in groups]


def _check_dimensions(indicators: Sequence[Indicator], query: IndicatorQuery) -> None:
    """From here on, dimensions are words of the catalogue."""
    for indicator in indicators:
        for dimension in (*query.by, *query.where):
            if dimension not in indicator.dimensions:
                raise IndicatorQueryError(
                    f"{indicator.name} cannot be asked by {dimension[:40]!r}.",
                    hint=f"It may be asked by {', '.join(indicator.dimensions)}.",
                    dimensions=indicator.dimensions,
                )


class _Asked:
    """What all queries of one question share."""

    def __init__(
        self, query: IndicatorQuery, window: Window, kept: Kept, first: Indicator, *, alone: bool
    ) -> None:
        self.query = query
        self.window = window
        self.kept = kept
        self.first = first
        self.by = tuple(query.by)
        self.ranked = bool(self.by) and (window.step_s > 0 or not alone)
        """Groups beyond `limit` are left out by the first indicator's order, so that each query and each step has the same."""

    @property
    def dimensions(self) -> frozenset[str]:
        return frozenset((*self.by, *self.query.where))

    def params(self) -> dict[str, Param]:
        window = self.window
        params: dict[str, Param] = {
            "from_s": window.start,
            "to_s": window.end,
        }
        if window.step_s:
            params["step_s"] = window.step_s
        params |= {f"where_{dimension}": list(values) for dimension, values in self.query.where.items()}
        if self.by:
            params["limit"] = self.query.limit
        return params

    def keys(self) -> list[str]:
        """Columns that tell rows apart, from a table `f`."""
        step = ["toUInt32(intDiv(toUnixTimestamp(f.at), {step_s:UInt32}) * {step_s:UInt32}) AS t"]
        return [*(step if self.window.step_s else ()), *(f"{_column(each)} AS {each}" for each in self.by)]

    def key_names(self) -> list[str]:
        return [*(("t",) if self.window.step_s else ()), *self.by]

    def rows(self, source: Source) -> str:
        """What is read from: facts, or each of them once for each of its arms."""
        arms = f" LEFT ARRAY JOIN f.{ARMS} AS {ARM}" if ARM in self.by else ""
        return f"{source.address} AS f{arms}"

    def condition(self, *, ranked: bool) -> str:
        conditions = [
            "f.at >= toDateTime({from_s:UInt32}, 'UTC')",
            "f.at < toDateTime({to_s:UInt32}, 'UTC')",
            *(self._narrowed(each) for each in self.query.where),
        ]
        if ranked and self.ranked:
            columns = ", ".join(_column(each) for each in self.by)
            conditions.append(f"({columns}) NOT IN ({self._beyond(columns)})")
        return " AND ".join(conditions)

    def _narrowed(self, dimension: str) -> str:
        wanted = f"{{where_{dimension}:Array(String)}}"
        if dimension == ARM and ARM not in self.by:
            return f"hasAny(if(empty(f.{ARMS}), [''], f.{ARMS}), {wanted})"
        return f"{_column(dimension)} IN {wanted}"

    def _beyond(self, columns: str) -> str:
        """Those to leave out, not those to keep: a group that the first indicator knows nothing of stays."""
        ranked_by = weight(self.first)[0].table
        terms = [
            msgspec.structs.replace(term, prices=())  # a price orders nothing
            for term in weight(self.first)
            if term.table == ranked_by
        ]
        source = choose(ranked_by, terms, (), self.dimensions, self.window, self.kept)
        amount = _sum(terms, lambda term: source.amount(term.measure))
        return (  # every word here is the catalogue's
            f"SELECT {columns} FROM {self.rows(source)} WHERE {self.condition(ranked=False)}"
            f" GROUP BY {columns} ORDER BY {amount} DESC, {columns} LIMIT {GROUPS_MAX} OFFSET {{limit:UInt32}}"
        )


def _column(dimension: str) -> str:
    return ARM if dimension == ARM else f"f.{dimension}"


def weight(indicator: Indicator) -> tuple[Term, ...]:
    """What says how much is behind an indicator's number: its denominator, where it has one."""
    if isinstance(indicator.formula, Quantile):
        return (indicator.formula.weight,)
    return indicator.formula.denominator or indicator.formula.numerator


def _compiled(group: list[Indicator], asked: _Asked, prices: Mapping[str, float]) -> Compiled:
    quantiles = [each.formula for each in group if isinstance(each.formula, Quantile)]
    terms = list(chain.from_iterable(_terms(each) for each in group))
    tables = tuple(sorted({term.table for term in terms}))
    sources = {
        table: choose(table, terms, quantiles, asked.dimensions, asked.window, asked.kept) for table in tables
    }
    if len(sources) == 1:
        source = sources[tables[0]]
        body = f"FROM {asked.rows(source)}\nWHERE {asked.condition(ranked=True)}"
        keys = asked.keys()
    else:
        body, keys = _side_by_side(sources, terms, asked), asked.key_names()
    columns = _Columns(asked.window, sources)
    named = list(chain.from_iterable(columns.of(each, parts=asked.query.parts) for each in group))
    selected = ",\n  ".join([*keys, *(f"{sql} AS `{name}`" for name, sql in named)])
    sql = f"SELECT\n  {selected}\n{body}{_ending(asked, group[0], columns)}"
    params = asked.params() | {_price(each): prices[each] for term in terms for each in term.prices}
    if "{seen_s:" in sql:
        params["seen_s"] = float(asked.window.seen)
    if "{elapsed_s:" in sql:
        params["elapsed_s"] = max(float(asked.window.seen) - asked.window.start, 1.0)
    return Compiled(
        tuple(each.name for each in group),
        tuple(name for name, _ in named),
        sql,
        params,
        " + ".join(source.name for source in sources.values()),
    )


def _terms(indicator: Indicator) -> tuple[Term, ...]:
    formula = indicator.formula
    return (formula.weight,) if isinstance(formula, Quantile) else (*formula.numerator, *formula.denominator)


def _ending(asked: _Asked, first: Indicator, columns: "_Columns") -> str:
    names = ", ".join(asked.key_names())
    if not names:
        return ""
    if asked.window.step_s:
        return f"\nGROUP BY {names}\nORDER BY {names}"
    limit = "" if asked.ranked else "\nLIMIT {limit:UInt32}"
    return f"\nGROUP BY {names}\nORDER BY {_sum(weight(first), columns.amount)} DESC, {names}{limit}"


def _side_by_side(sources: Mapping[str, Source], terms: Sequence[Term], asked: _Asked) -> str:
    """Each table's sums as rows of their own, with nothing where the others' stand."""
    wanted = sorted({(term.table, term.measure) for term in terms})
    names = asked.key_names()
    grouped = f"\n    GROUP BY {', '.join(names)}" if names else ""
    reads = []
    for table, source in sources.items():
        sums = [
            f"toFloat64({source.amount(measure) if facts == table else '0'}) AS {facts}_{measure}"
            for facts, measure in wanted
        ]
        reads.append(
            f"    SELECT {', '.join([*asked.keys(), *sums])}\n    FROM {asked.rows(source)}"
            f"\n    WHERE {asked.condition(ranked=True)}{grouped}\n    HAVING count() > 0"
        )
    return "FROM (\n" + "\n    UNION ALL\n".join(reads) + "\n)"


class _Columns:
    """An indicator's columns of one query."""

    def __init__(self, window: Window, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._elapsed = (
            "greatest(least(toFloat64(t + {step_s:UInt32}), {seen_s:Float64}) - t, 1.)"
            if window.step_s
            else "{elapsed_s:Float64}"
        )

    def amount(self, term: Term) -> str:
        if len(self._sources) > 1:
            return f"sum({term.table}_{term.measure})"
        return self._sources[term.table].amount(term.measure)

    def of(self, indicator: Indicator, *, parts: bool) -> list[tuple[str, str]]:
        """Names and SQL: the indicator, and its parts where they are wanted. Of a quantile, only what it is of is a part."""
        formula, name = indicator.formula, indicator.name
        if isinstance(formula, Quantile):
            value = self._sources[formula.table].quantile(formula)
            divided = _sum((formula.weight,), self.amount)
            return [
                (name, value),
                *(
                    [(f"{name}{NUMERATOR}", "NULL"), (f"{name}{DENOMINATOR}", f"toFloat64({divided})")]
                    if parts
                    else ()
                ),
            ]
        above, below = self._ratio(formula)
        value = f"{above} / nullIf({below}, 0)" if below else above
        return [
            (name, value),
            *([(f"{name}{NUMERATOR}", above), (f"{name}{DENOMINATOR}", below or "NULL")] if parts else ()),
        ]

    def _ratio(self, formula: Ratio) -> tuple[str, str]:
        """Numerator, null where there are no facts at all; and denominator, empty where there is none."""
        above = f"if(count() = 0, NULL, toFloat64({_sum(formula.numerator, self.amount)}))"
        if formula.elapsed:
            return above, self._elapsed
        if formula.denominator:
            return above, f"toFloat64({_sum(formula.denominator, self.amount)})"
        return above, ""


def _sum(terms: Sequence[Term], amount: Amount) -> str:
    return " + ".join(_term(term, amount) for term in terms)


def _term(term: Term, amount: Amount) -> str:
    text = amount(term)
    if term.factor != 1:
        text += f" * {term.factor:.15g}"
    if term.divisor != 1:
        text += f" / {term.divisor:.15g}"
    return text + "".join(f" * {{{_price(price)}:Float64}}" for price in term.prices)


def _price(name: str) -> str:
    return name.replace(".", "_")
