"""Holds the documentation true: links lead somewhere, every command, setting, decision and folder is in its page.

Run as `python -m docs.check`; exits 1 with one line a fault.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from docs import facts_reference, indicators_reference, settings_reference

from tidegate.app.config import Config
from tidegate.cli.commands import (
    alert,
    channel,
    cli,
    edge,
    indicator,
    observability,
    recording,
    setting,
    webhook,
)
from tidegate.cli.session_commands import session

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)#\s]+)[^)]*\)|!\[[^\]]*\]\(([^)\s]+)\)")
MAX_FILE_LINES = 600
FORBIDDEN_NAMES = re.compile(r"/(utils?|helpers?|common|misc)\.(py|ts|tsx)$")


def tracked(*patterns: str) -> list[Path]:
    """Files git tracks or would, in a stable order."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / line for line in sorted(listed.stdout.splitlines()) if (ROOT / line).is_file()]


def broken_links() -> Iterator[str]:
    for page in tracked("*.md"):
        for match in LINK.finditer(page.read_text()):
            target = match.group(1) or match.group(2)
            if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: no such file: {target}"


def folders_without_readme() -> Iterator[str]:
    folders = {path.parent for path in tracked("src/tidegate/*.py")} - {ROOT / "src" / "tidegate"}
    for folder in sorted(folders):
        if folder.name != "versions" and not (folder / "README.md").exists():
            yield f"{folder.relative_to(ROOT)}: no README.md that says what flows in and out"


def undocumented_settings() -> Iterator[str]:
    page = (ROOT / "docs" / "configuration.md").read_text()
    for name in Config.__struct_fields__:
        if f"`{name}`" not in page:
            yield f"docs/configuration.md: setting `{name}` is missing"


def outdated_reference() -> Iterator[str]:
    for reference in (settings_reference, facts_reference, indicators_reference):
        if not reference.PAGE.exists() or reference.PAGE.read_text() != reference.page():
            yield f"docs/{reference.PAGE.name}: not what the code says; run make reference"


def undescribed_facts() -> Iterator[str]:
    for column in facts_reference.undescribed():
        yield f"core/facts: column {column} is described in no docstring"


def undocumented_commands() -> Iterator[str]:
    page = (ROOT / "docs" / "cli.md").read_text()
    for prefix, group in (
        ("", cli),
        ("channel ", channel),
        ("edge ", edge),
        ("indicator ", indicator),
        ("alert ", alert),
        ("observability ", observability),
        ("recording ", recording),
        ("session ", session),
        ("setting ", setting),
        ("webhook ", webhook),
    ):
        for command in group.registered_commands:
            name = command.name or (command.callback.__name__ if command.callback else "")
            if f"tidegate {prefix}{name}" not in page:
                yield f"docs/cli.md: command 'tidegate {prefix}{name}' is missing"


def unlisted_decisions() -> Iterator[str]:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for record in tracked("docs/decisions/*.md"):
        if record.name != "README.md" and record.name not in index:
            yield f"docs/decisions/README.md: {record.name} is not listed"


def shapeless_files() -> Iterator[str]:
    for path in tracked("*.py", "*.ts", "*.tsx"):
        name = f"/{path.relative_to(ROOT)}"
        if FORBIDDEN_NAMES.search(name):
            yield f"{name[1:]}: a name that says nothing; put each thing where its idea lives"
        if (
            path.suffix != ".d.ts"
            and not name.endswith(".d.ts")
            and len(path.read_text().splitlines()) > MAX_FILE_LINES
        ):
            yield f"{name[1:]}: over {MAX_FILE_LINES} lines; it holds two ideas"


def main() -> int:
    checks = (
        broken_links,
        folders_without_readme,
        undocumented_settings,
        outdated_reference,
        undescribed_facts,
        undocumented_commands,
        unlisted_decisions,
        shapeless_files,
    )
    faults = [fault for check in checks for fault in check()]
    for fault in faults:
        print(fault)
    print(f"docs: {len(faults)} faults" if faults else "docs: in order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
