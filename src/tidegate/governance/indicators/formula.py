"""The language of formulas: sums of measures, so that whatever is written in it adds up over any slice.

    formula  = term { "+" term }
    term     = factor { ("*" | "/") factor }        one factor is a measure; "/" takes numbers only
    factor   = number | [table "."] measure | "$" setting

Such as `watched_s + rebuffer_s`, or `node.cpu_s / 3600 * $economics.core_hour_price`.
"""

import re
from typing import Final

from tidegate.governance.indicators import measures
from tidegate.governance.indicators.types import Term

CHARS_MAX: Final = 400

_NUMBER = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?\Z")
_NAME = re.compile(r"(?:([a-z][a-z0-9_]*)\.)?([a-z][a-z0-9_]*)\Z")
_PRICE = re.compile(r"\$([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)\Z")


class FormulaError(ValueError):
    """The text is no formula; the message says what is wrong in it."""


def parse(text: str, table: str, prices: frozenset[str]) -> tuple[Term, ...]:
    """The terms of a formula.

    Args:
        text: of a file.
        table: whose measures are meant where none is named.
        prices: settings that may stand in it.

    Raises:
        FormulaError: it cannot be read, or names what there is not.
    """
    if not text.strip() or len(text) > CHARS_MAX:
        raise FormulaError(f"a formula has 1 to {CHARS_MAX} characters")
    return tuple(_term(part, table, prices) for part in re.split(r"(?<!e)\+", text))


def _term(text: str, table: str, prices: frozenset[str]) -> Term:
    factor, divisor = 1.0, 1.0
    used: list[str] = []
    found: tuple[str, str] | None = None
    for operator, word in _factors(text):
        if _NUMBER.match(word):
            number = float(word)
            if operator == "/" and not number:
                raise FormulaError(f"{text.strip()!r} divides by nothing")
            factor, divisor = (factor, divisor * number) if operator == "/" else (factor * number, divisor)
            continue
        if operator == "/":
            raise FormulaError(f"{text.strip()!r} divides by {word!r}; only numbers may stand below a stroke")
        if price := _PRICE.match(word):
            if price[1] not in prices:
                raise FormulaError(f"there is no price {price[1]!r}; there are {', '.join(sorted(prices))}")
            used.append(price[1])
        elif found is not None:
            raise FormulaError(f"{text.strip()!r} multiplies two measures; their product does not add up")
        else:
            found = _measure(word, table)
    if found is None:
        raise FormulaError(f"{text.strip()!r} names no measure")
    return Term(*found, factor, divisor, tuple(used))


def _factors(text: str) -> list[tuple[str, str]]:
    pieces = re.split(r"([*/])", text)
    return list(zip(["*", *pieces[1::2]], (piece.strip() for piece in pieces[::2]), strict=True))


def _measure(word: str, table: str) -> tuple[str, str]:
    name = _NAME.match(word)
    if name is None:
        raise FormulaError(f"{word!r} is no number, measure or price")
    where = name[1] or table
    if where not in measures.tables():
        raise FormulaError(f"there are no facts {where!r}; there are {', '.join(measures.tables())}")
    if not measures.is_measure(where, name[2]):
        raise FormulaError(f"facts of {where} have no measure {name[2]!r}")
    return where, name[2]
