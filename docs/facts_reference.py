"""Makes `docs/facts.md` from the facts' structs and their docstrings; `docs.check` says when it is not current.

Run as `make reference`.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

from tidegate.core.facts import SHARED_COLUMNS, TABLES, Fact

PAGE = Path(__file__).resolve().parent / "facts.md"

INTRO = """\
# Facts

Everything the platform tells of itself, one table a kind. Amounts are of the fact's own interval, never running totals, so
that they add up over any slice; ratios are never stored, their numerator and denominator are. Where facts come from and how
they travel: [architecture](architecture.md#facts). Made from the code by `make reference`.
"""
HEAD = """\
| column | type | what it is |
|---|---|---|"""

_ENTRY = re.compile(r"^(\w+(?:(?:, | … )\w+)*): (.*)")


def page() -> str:
    """The whole text."""
    shared = [f"| `{name}` | | {text} |" for name, text in SHARED_COLUMNS.items()]
    common = ["## In every table that has them", HEAD, *shared, ""]
    return "\n".join([INTRO, *common, *(section(table, kind) for table, kind in TABLES.items())])


def section(table: str, kind: type[Fact]) -> str:
    says, columns = described(kind)
    types = get_type_hints(kind)
    together: dict[str, list[str]] = {}
    for name in kind.__struct_fields__:
        if name in columns:
            together.setdefault(columns[name], []).append(name)
    rows = [
        f"| {', '.join(f'`{name}`' for name in names)} | "
        f"{', '.join(dict.fromkeys(worded(types[name]) for name in names))} | {text} |"
        for text, names in together.items()
    ]
    return "\n".join([f"## {table}", says, "", HEAD, *rows, ""])


def undescribed() -> Iterator[str]:
    """Columns that no docstring says anything of."""
    for table, kind in TABLES.items():
        columns = described(kind)[1]
        for name in kind.__struct_fields__:
            if name not in columns and name not in SHARED_COLUMNS:
                yield f"{table}.{name}"


def described(kind: type[Fact]) -> tuple[str, dict[str, str]]:
    """What a struct's docstring says of it, and of each column: one that is named within another's words has those."""
    says, _, attributes = inspect.getdoc(kind).partition("\nAttributes:\n")
    fields = kind.__struct_fields__
    entries: list[tuple[list[str], str]] = []
    for line in attributes.splitlines():
        found = _ENTRY.match(line.strip()) if line.startswith("    ") and line[4:5] != " " else None
        if found:
            entries.append((named(found[1], fields), found[2]))
        elif entries:
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}")
    columns: dict[str, str] = {}
    for names, text in entries:
        columns |= dict.fromkeys(names, text)
    for _, text in entries:
        for name in re.findall(r"`(\w+)`", text):
            if name in fields:
                columns.setdefault(name, text)
    return " ".join(says.split()), {name: text[:1].upper() + text[1:] for name, text in columns.items()}


def named(words: str, fields: tuple[str, ...]) -> list[str]:
    """`a, b` are two columns, `a … d` all from a to d."""
    if " … " in words:
        first, last = words.split(" … ")
        return list(fields[fields.index(first) : fields.index(last) + 1])
    return words.split(", ")


def worded(annotation: object) -> str:
    """A column's type in a reader's words."""
    origin = get_origin(annotation)
    if origin in {UnionType, Union}:
        return " or ".join(
            worded(each) if each is not type(None) else "null" for each in get_args(annotation)
        )
    if origin is Literal:
        return "text"
    if origin is tuple:
        return "texts"
    return {str: "text", int: "integer", float: "number"}[annotation]


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"docs/{PAGE.name}")
