"""Which table answers: the cheapest of live aggregates that has everything asked for, else the facts themselves."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import msgspec

from tidegate.governance.indicators import measures
from tidegate.governance.indicators.bounds import Window
from tidegate.governance.indicators.types import Quantile, Term
from tidegate.telemetry.rollups import BUCKETS_S, SKETCH_ACCURACY, SKETCH_SUFFIX
from tidegate.telemetry.schema import DATABASE

Kept = Callable[[str], float]
"""For how long a table keeps what it is told, seconds."""


class Source(msgspec.Struct, frozen=True):
    """One table to read, and how a measure is had from it.

    Attributes:
        facts: the kind of facts; `name` the table.
        added: it keeps sums and sketches, not single facts.
    """

    facts: str
    name: str
    added: bool

    @property
    def address(self) -> str:
        return f"{DATABASE}.{self.name}"

    def amount(self, measure: str) -> str:
        """SQL of a measure's sum."""
        if not self.added and measures.may_be_null(self.facts, measure):
            return f"sum(ifNull(f.{measure}, 0))"
        return f"sum(f.{measure})"

    def quantile(self, formula: Quantile) -> str:
        """SQL of a quantile; null of nothing. Sketches merge without losing more, so that it is the same from every table."""
        level = f"{SKETCH_ACCURACY:g}, {formula.level:g}"
        if self.added:
            value = f"quantileDDMerge({level})(f.{formula.measure}{SKETCH_SUFFIX})"
        else:
            value = f"quantileDD({level})(f.{formula.measure})"
        return f"if(isFinite({value}), {value}, NULL)"


def choose(
    facts: str,
    terms: Iterable[Term],
    quantiles: Iterable[Quantile],
    dimensions: frozenset[str],
    window: Window,
    kept: Kept,
) -> Source:
    """The cheapest table of `facts` that has all of this in buckets of at most the window's grain, and still has its beginning;
    where none has, the one that goes back the farthest.
    """
    wanted = {term.measure for term in terms if term.table == facts}
    sketched = {each.measure for each in quantiles}
    sources = [Source(facts, facts, added=False)]
    if measures.are_added_up(facts, wanted, sketched, dimensions):
        sources = [*_aggregates(facts, window.grain_s), *sources]
    reaching = (source for source in sources if window.now - kept(source.name) <= window.start)
    return next(chain(reaching, [max(sources, key=lambda source: kept(source.name))]))


def _aggregates(facts: str, grain_s: int) -> Sequence[Source]:
    """Coarsest first."""
    coarsest_first = sorted(BUCKETS_S.items(), key=lambda each: -each[1])
    return [
        Source(facts, f"{facts}_{suffix}", added=True)
        for suffix, bucket_s in coarsest_first
        if grain_s % bucket_s == 0
    ]
