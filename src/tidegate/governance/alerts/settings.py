"""What an operator may choose about alerts as a whole; the rest is each rule's own."""

from typing import Final

from tidegate.core.settings import Setting

EVERY_S: Final = Setting(
    name="alerts.every_s",
    default=10,
    owner="alerts",
    sentence="How often every rule is looked at.",
    gray_unit="region",
    unit="s",
    minimum=2,
    maximum=600,
    scopes=(),
)
LAG_S: Final = Setting(
    name="alerts.lag_s",
    default=10,
    owner="alerts",
    sentence="How old the newest facts are that rules look at: younger ones may not have arrived.",
    gray_unit="region",
    unit="s",
    minimum=0,
    maximum=600,
    scopes=(),
)
SETTINGS: Final = (EVERY_S, LAG_S)
