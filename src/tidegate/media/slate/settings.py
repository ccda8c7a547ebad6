"""What may be set about a channel's slate."""

from typing import Final

from tidegate.core.settings import Setting

SLATE: Final = Setting(
    name="continuity.slate",
    default="auto",
    owner="slate",
    sentence="What viewers see while nobody publishes: the channel's picture where it has one (auto), a drawn slate"
    " (generated), or the last frame (off).",
    choices=("auto", "generated", "off"),
    scopes=("channel",),
)
SLATE_LINE: Final = Setting(
    name="continuity.slate_line",
    default="We will be right back",
    owner="slate",
    sentence="The words on a slate that is drawn.",
    scopes=("channel",),
)
SETTINGS: Final = (SLATE, SLATE_LINE)
