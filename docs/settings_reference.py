"""Makes `docs/settings.md` from the catalogue of settings; `docs.check` says when it is not current.

Run as `make reference`.
"""

from itertools import groupby
from pathlib import Path
from typing import Any

from tidegate.app.settings import CATALOGUE, CONFIGURED
from tidegate.core.settings import Setting

PAGE = Path(__file__).resolve().parent / "settings.md"

INTRO = """\
# Settings

Every setting there is, by the part that obeys it. How to change one, for all or for one channel, and how to take it back:
[changing settings](changing-settings.md). Made from the code by `make reference`.
"""
HEAD = """\
| setting | default | may be | of its own for | takes effect |
|---|---|---|---|---|"""


def page() -> str:
    """The whole text."""
    parts = groupby(CATALOGUE, key=lambda setting: setting.name.partition(".")[0])
    return "\n".join([INTRO, *(section(part, list(settings)) for part, settings in parts)])


def section(part: str, settings: list[Setting[Any]]) -> str:
    rows = [row(setting) for setting in settings]
    return "\n".join([f"## {part}", HEAD, *rows, ""])


def row(setting: Setting[Any]) -> str:
    field = next((field for field, each in CONFIGURED.items() if each is setting), "")
    begins = f" Begins as `{field}` of the configuration." if field else ""
    cells = [
        f"`{setting.name}`<br>{setting.sentence}{begins}",
        setting.worded(setting.default) or "empty",
        setting.bounds,
        ", ".join(setting.scopes) or "none",
        setting.takes_effect,
    ]
    return "| " + " | ".join(cells).replace("\n", " ") + " |"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"docs/{PAGE.name}")
