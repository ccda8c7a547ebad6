"""How the command prints: one console for people, JSON for scripts, no colour where none is wanted."""

import os
import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def stdout() -> "Console":
    from rich.console import Console

    return Console(no_color=_colourless(), highlight=False, soft_wrap=True)


def stderr() -> "Console":
    from rich.console import Console

    return Console(stderr=True, no_color=_colourless(), highlight=False, soft_wrap=True)


def say_step(name: str, seconds: float) -> None:
    """A line for something that is done; without rich, whose loading is longer than most steps."""
    tick, dim, plain = (
        ("", "", "") if _colourless() or not sys.stdout.isatty() else ("\x1b[32m", "\x1b[2m", "\x1b[0m")
    )
    print(f"{tick}✔{plain} {name} {dim}{seconds:.2f} s{plain}", flush=True)


def print_json(value: object) -> None:
    """One JSON document on standard output: what scripts read."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
    sys.stdout.buffer.flush()


def table(*columns: str) -> "Table":
    """A quiet table: right for numbers is the caller's to say with a leading `>`."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return made


def facts(console: "Console", *rows: tuple[str, str]) -> None:
    """Aligned names and values, a line each; a value is never cut, since people copy it."""
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        console.print(f"[dim]{name:<{width}}[/]  {value}")


def human_bytes(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def human_rate(bits_per_second: float) -> str:
    for unit in ("bit/s", "kbit/s", "Mbit/s"):
        if bits_per_second < 1000:
            return f"{bits_per_second:.0f} {unit}" if unit != "Mbit/s" else f"{bits_per_second:.1f} {unit}"
        bits_per_second /= 1000
    return f"{bits_per_second:.2f} Gbit/s"


def _colourless() -> bool:
    return "--no-color" in sys.argv or bool(os.environ.get("NO_COLOR"))
