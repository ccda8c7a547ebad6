"""Dictionaries of structured fields (RFC 9651 section 3.2), as CMCD writes a report: `bl=(2000;v),sid="…",su`.

In: one line of text. Out: a dict of plain values: numbers, texts, booleans, and for an inner list its items. Stricter than a
lenient reader, laxer than the letter in two things that players get wrong: a key may have capitals, and an integer any length
that a double holds. Pure, in one pass, and linear in the text whatever it holds.
"""

import re
from typing import Final

Scalar = int | float | str | bool


class Item(tuple[Scalar, str]):
    """A list's member and the name of its first parameter: `2000;v` is (2000, 'v'). Further parameters are let go."""

    __slots__ = ()


Member = Scalar | list[Item]

KEYS_MAX: Final = 64
"""CMCD has 56 keys of its own. A line with more is no report."""
ITEMS_MAX: Final = 32
"""Of one inner list: more tracks than any player has."""

_KEY = re.compile(r"[A-Za-z*][A-Za-z0-9_.*-]{0,63}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?(?![0-9.])")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e\x80-\U0010ffff]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_BYTES = re.compile(r":[A-Za-z0-9+/=]*:")
_COMMON = re.compile(
    r"([A-Za-z*][A-Za-z0-9_.*-]{0,63})="
    r"(?:(-?[0-9]{1,15}(?:\.[0-9]{1,6})?)"
    r'|"([\x20-\x21\x23-\x5b\x5d-\x7e\x80-\U0010ffff]*)"'
    r"|([A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*)"
    r"|\((-?[0-9]{1,15})(?:;([A-Za-z*][A-Za-z0-9_.*-]{0,63}))?\))"
    r"(?=,|\Z)"
)
"""What nearly every key of a report looks like, read in one step: a number, a plain text, a word, a list of one number."""
_SPACES = re.compile(r"[ \t]*")
_COMMA = re.compile(r"[ \t]*,[ \t]*")


class MalformedError(ValueError):
    """The text is no dictionary."""


def parse_dictionary(text: str) -> dict[str, Member]:
    """Read one dictionary; of a key given twice the later counts, as the standard has it.

    Raises:
        MalformedError: it is none, or larger than a report can be.
    """
    found: dict[str, Member] = {}
    at, end = 0, len(text)
    while at < end:
        common = _COMMON.match(text, at)
        if common is not None:
            at = common.end()
            found[common[1]] = _common(common)
        else:
            key, value, at = _pair(text, at)
            found[key] = value
        if at == end:
            break
        comma = _COMMA.match(text, at)
        if comma is None or comma.end() == end or len(found) > KEYS_MAX:
            raise MalformedError
        at = comma.end()
    return found


def _common(found: re.Match[str]) -> Member:
    _, number, string, token, listed, parameter = found.groups()
    if number is not None:
        return float(number) if "." in number else int(number)
    if listed is not None:
        return [Item((int(listed), parameter or ""))]
    return token if string is None else string


def _pair(text: str, at: int) -> tuple[str, Member, int]:
    """Any key with its value, and where what follows begins."""
    key = _KEY.match(text, at)
    if key is None:
        raise MalformedError
    at = key.end()
    value: Member = True
    if text.startswith("=", at):
        value, at = _member(text, at + 1)
    _, at = _parameters(text, at)
    return key[0], value, at


def _member(text: str, at: int) -> tuple[Member, int]:
    if text.startswith("(", at):
        return _inner_list(text, at + 1)
    return _bare(text, at)


def _inner_list(text: str, at: int) -> tuple[list[Item], int]:
    items: list[Item] = []
    while True:
        spaces = _end(_SPACES, text, at)
        if text.startswith(")", spaces):
            return items, spaces + 1
        if (items and spaces == at) or len(items) >= ITEMS_MAX:
            raise MalformedError
        value, at = _bare(text, spaces)
        parameter, at = _parameters(text, at)
        items.append(Item((value, parameter)))


def _bare(text: str, at: int) -> tuple[Scalar, int]:
    number = _NUMBER.match(text, at)
    if number is not None:
        return (float(number[0]) if "." in number[0] else int(number[0])), number.end()
    string = _STRING.match(text, at)
    if string is not None:
        return string[1].replace('\\"', '"').replace("\\\\", "\\"), string.end()
    for pattern in (_TOKEN, _BYTES):
        match = pattern.match(text, at)
        if match is not None:
            return match[0], match.end()
    if text.startswith(("?0", "?1"), at):
        return text[at + 1] == "1", at + 2
    raise MalformedError


def _parameters(text: str, at: int) -> tuple[str, int]:
    """The first parameter's name, and where what follows all of them begins."""
    first = ""
    while text.startswith(";", at):
        key = _KEY.match(text, _end(_SPACES, text, at + 1))
        if key is None:
            raise MalformedError
        at = key.end()
        if text.startswith("=", at):
            _, at = _bare(text, at + 1)
        first = first or key[0]
    return first, at


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()
