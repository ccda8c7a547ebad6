"""Facts out of bytes from elsewhere: JSON lines, each decoded into its table's struct and checked. Pure.

In: bytes of at most what the caller bounds. Out: facts that any engine can store, or a `FactsUnreadableError` that names the
line. A name that a fact does not have is passed over, so that a newer edge may report to an older platform.
"""

from collections.abc import Iterator

import msgspec

from tidegate.core.errors import InvalidError
from tidegate.core.facts import TABLES, Fact

LINES_MAX = 5000
"""Facts in one delivery."""
TEXT_CHARS_MAX = 65_536
"""Longest text in a fact: more than a log line's fields."""
ARMS_MAX = 64
COUNT_MAX = 2**53 - 1
"""Largest number, and the smallest where it is no count, which is never below zero: what every reader of JSON keeps exactly (RFC 8259, section 6)."""

_DECODERS = {table: msgspec.json.Decoder(kind) for table, kind in TABLES.items()}


class FactsUnreadableError(InvalidError):
    """Some of the facts cannot be stored; none of the delivery was taken."""

    code = "facts-unreadable"


def read_facts(table: str, lines: bytes) -> list[Fact]:
    """Decode one fact a line; empty lines are passed over.

    Args:
        table: a key of `core.facts.TABLES`.
        lines: UTF-8 (RFC 8259), separated by line feeds.

    Raises:
        FactsUnreadableError: a line is no fact of this table, or there are too many.
    """
    decoder = _DECODERS[table]
    facts: list[Fact] = []
    for number, line in enumerate(lines.split(b"\n"), 1):
        if not line.strip():
            continue
        if len(facts) >= LINES_MAX:
            raise FactsUnreadableError(
                f"There are more than {LINES_MAX} facts.", hint="Send fewer at once.", line=number
            )
        try:
            fact = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _unreadable(table, number, str(error)) from None
        if fault := next(_faults(fact), ""):
            raise _unreadable(table, number, fault)
        facts.append(fact)
    return facts


def _faults(fact: Fact) -> Iterator[str]:
    """What an engine could not store of it."""
    for name in fact.__struct_fields__:
        value = getattr(fact, name)
        if isinstance(value, str):
            if len(value) > TEXT_CHARS_MAX:
                yield f"{name} is longer than {TEXT_CHARS_MAX} characters"
        elif isinstance(value, (int, float)):
            lowest = 0 if isinstance(value, int) else -COUNT_MAX
            if not lowest <= value <= COUNT_MAX:  # so written, it refuses NaN too
                yield f"{name} is out of range"
        elif isinstance(value, tuple) and (
            len(value) > ARMS_MAX or any(len(each) > TEXT_CHARS_MAX for each in value)
        ):
            yield f"{name} is too long"


def _unreadable(table: str, number: int, why: str) -> FactsUnreadableError:
    return FactsUnreadableError(
        f"Line {number} is no fact of {table}: {why[:200]}.",
        hint="Send one JSON object a line, with the columns that docs/facts.md names.",
        line=number,
    )
