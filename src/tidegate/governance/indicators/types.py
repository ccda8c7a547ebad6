"""An indicator, a question about some of them, and its answer."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tidegate.telemetry.contract import Param

Direction = Literal["up", "down", "none"]
"""Which way is better. `none`: neither is."""

Unit = Literal[
    "s", "ratio", "bit/s", "1/s", "1/h", "GB", "h", "count", "per part", "money", "money/h", "money/GB"
]
"""`ratio`: 0 to 1, shown as per cent · `money`: in the currency that is set, see `economics.currency`."""

Group = Literal["viewers", "delivery", "supply", "nodes", "economics", "telemetry"]

Owner = Literal["playback", "delivery", "media", "node", "governance", "telemetry"]
"""The domain that answers for it."""


class Term(msgspec.Struct, frozen=True):
    """The sum of `measure` over `table`, × `factor` ÷ `divisor` × each of `prices`. A formula is a sum of these: it adds up.

    Attributes:
        prices: names of settings, such as `economics.core_hour_price`.
    """

    table: str
    measure: str
    factor: float = 1.0
    divisor: float = 1.0
    prices: tuple[str, ...] = ()


class Ratio(msgspec.Struct, frozen=True, tag="ratio"):
    """Numerator ÷ denominator.

    Attributes:
        denominator: empty: the numerator alone; `elapsed`: divided by the seconds asked about instead.
    """

    numerator: tuple[Term, ...]
    denominator: tuple[Term, ...] = ()
    elapsed: bool = False


class Quantile(msgspec.Struct, frozen=True, tag="quantile"):
    """The `level` quantile of `measure` over `table`; `weight` says of how much: it orders groups."""

    table: str
    measure: str
    level: float
    weight: Term


Formula = Ratio | Quantile


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A named formula over facts.

    Attributes:
        name: lower case with underscores; never reused for another meaning.
        title: for people, some words.
        sentence: what it means. `worry`: when to worry.
        written: the formula for people, as in its file; `formula` for the compiler.
        dimensions: what it may be asked by, and narrowed to.
        export: what Prometheus gets it by; a part of `dimensions` of few values.

    """

    name: str
    title: str
    group: Group
    owner: Owner
    unit: Unit
    direction: Direction
    sentence: str
    worry: str
    written: str
    formula: Formula
    dimensions: tuple[str, ...]
    export: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The facts it is made of, in the order its formula names them."""
        if isinstance(self.formula, Quantile):
            return (self.formula.table,)
        return tuple(
            dict.fromkeys(term.table for term in (*self.formula.numerator, *self.formula.denominator))
        )


Dimension = Annotated[str, Meta(max_length=40, examples=["region"])]
Seconds = Annotated[float, Meta(description="Seconds since the Unix epoch.", examples=[1764000000])]


class IndicatorQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Which indicators, of when, by what.

    Attributes:
        from_: beginning of the range, included; `to` its end, not included. Both are moved outwards to whole steps or, for a long
            range, to whole buckets of the table that answers; the answer says to where.
        step_s: 0: one number over the whole range; else a series of such steps, aligned to the epoch.
        by: dimensions to group by.
        where: only these values of a dimension.
        limit: at most so many groups: those with most behind them.
        parts: answer numerator and denominator too, as `NAME.numerator` and `NAME.denominator`.
    """

    indicators: Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(min_length=1, max_length=20)]
    from_: Seconds
    to: Seconds
    step_s: Annotated[int, Meta(ge=0, le=31_622_400)] = 0
    by: Annotated[list[Dimension], Meta(max_length=4)] = []
    where: Annotated[
        dict[
            Dimension,
            Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(min_length=1, max_length=100)],
        ],
        Meta(max_length=8),
    ] = {}
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    parts: bool = False


ColumnType = Literal["time", "text", "number"]


class AnswerColumn(msgspec.Struct, frozen=True):
    """`time`: seconds since the Unix epoch, where a step begins. `unit` is the indicator's; empty for dimensions."""

    name: str
    type: ColumnType
    unit: str = ""


class RunQuery(msgspec.Struct, frozen=True):
    """One query that was run: every number can be asked for again by it."""

    indicators: list[str]
    sql: str
    params: dict[str, Param]
    table: str


class IndicatorAnswer(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Columns in order: `at` where there are steps, the dimensions, then the indicators.

    Attributes:
        rows: a number is null where there are no data; a step or group without any has no row. Ordered by `at` where there
            are steps, else by what is most behind a group.
        queries: what was run.
        more: there may be more groups than `limit`.
    """

    columns: list[AnswerColumn]
    rows: list[list[Any]]
    queries: list[RunQuery]
    from_: float
    to: float
    step_s: int
    more: bool = False
