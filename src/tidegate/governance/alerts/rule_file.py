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


def written(rule: AlertRule) -> str:
    """A rule as a file has it: what `read` reads back as the same rule. What is as by default is left out."""
    values = msgspec.to_builtins(rule)
    lines = [
        f"{field.name} = {_toml(values[field.name])}"
        for field in msgspec.structs.fields(rule)
        if field.name != "name" and getattr(rule, field.name) != _default(field)
    ]
    return "\n".join([f"[{rule.name}]", *lines, ""])


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _toml(value: Any) -> str:
    """A value on one line; nothing in a table is left out of it."""
    if isinstance(value, dict):
        pairs = (f"{_toml(name)} = {_toml(each)}" for name, each in value.items() if each is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return msgspec.json.encode(value).decode()  # texts, numbers and truth are written alike in JSON and TOML
