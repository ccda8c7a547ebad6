"""Rules as people write them: TOML, a table a rule, named by it. The release's own are in `rules/`."""

import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from tidegate.governance.alerts.errors import RuleInvalidError
from tidegate.governance.alerts.types import AlertRule

OURS: Final = Path(__file__).parent / "rules"
FILE_BYTES_MAX: Final = 1 << 18


def release_rules() -> dict[str, AlertRule]:
    """What comes with this release, by name."""
    return {
        rule.name: rule
        for path in sorted(OURS.glob("*.toml"))
        for rule in read(path.name, path.read_text("utf-8"))
    }


def read(file: str, text: str) -> list[AlertRule]:
    """The rules of a file's text, in its order.

    Raises:
        RuleInvalidError: it is too large, not TOML, or a rule in it has not the form of one.
    """
    if len(text) > FILE_BYTES_MAX:
        raise RuleInvalidError(f"{file} is larger than {FILE_BYTES_MAX // 1024} KiB.", hint="Divide it.")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleInvalidError(
            f"{file} is not TOML: {error}.", hint="docs/alerts.md shows a rule."
        ) from error
    return [_rule(file, name, value) for name, value in content.items()]


def _rule(file: str, name: str, value: Any) -> AlertRule:
    if not isinstance(value, dict):
        raise RuleInvalidError(
            f"{file}: {name[:64]} is not a table.", hint=f"Begin a rule with [{name[:64]}]."
        )
    try:
        return msgspec.convert({**value, "name": name}, AlertRule)
    except msgspec.ValidationError as error:
        raise RuleInvalidError(
            f"{file}: [{name[:64]}] {error}.", hint="docs/alerts.md shows what a rule has.", rule=name[:64]
        ) from error
