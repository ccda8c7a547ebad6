"""What the API answers about indicators, field by field."""

import msgspec

from tidegate.governance.indicators.types import Direction, Group, Owner


class IndicatorView(msgspec.Struct, frozen=True):
    """A named formula over facts.

    Attributes:
        owner: the domain that answers for it.
        unit: `ratio` is 0 to 1, shown as per cent; money is in the currency that is set.
        direction: which way is better; `none`: neither is.
        sentence: what it means.
        worry: when to worry.
        formula: how it is reckoned, as it is declared.
        tables: the facts it is made of.
        dimensions: what it may be asked by, and narrowed to.
    """

    name: str
    title: str
    group: Group
    owner: Owner
    unit: str
    direction: Direction
    sentence: str
    worry: str
    formula: str
    tables: tuple[str, ...]
    dimensions: tuple[str, ...]


class IndicatorList(msgspec.Struct, frozen=True):
    """Every indicator, by group."""

    items: list[IndicatorView]
