"""What an operator may choose about webhooks and the publish hook."""

from typing import Final

from tidegate.core.settings import Setting

OPEN: Final = "open"
CLOSED: Final = "closed"

ALLOW_PRIVATE: Final = Setting(
    name="webhooks.allow_private",
    default=False,
    owner="webhooks",
    sentence="Whether webhooks may go to private and loopback addresses, such as a program on this machine.",
    gray_unit="node",
    scopes=("node", "cell", "region"),
)
HOOK_URL: Final = Setting(
    name="publish.hook_url",
    default="",
    owner="webhooks",
    sentence="Asked before a publisher with the right key is let in; empty: nobody is asked.",
    scopes=("channel", "region"),
)
HOOK_FAIL: Final = Setting(
    name="publish.hook_fail",
    default=CLOSED,
    owner="webhooks",
    sentence="Whether publishers are let in (open) or not (closed) while the hook gives no answer within a second.",
    choices=(CLOSED, OPEN),
    scopes=("channel", "region"),
)
SETTINGS: Final = (ALLOW_PRIVATE, HOOK_URL, HOOK_FAIL)
