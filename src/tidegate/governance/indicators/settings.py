"""Prices that the indicators of cost are reckoned with."""

from typing import Final

from tidegate.core.settings import Setting

CORE_HOUR_PRICE: Final = Setting(
    name="economics.core_hour_price",
    default=0.04,
    owner="governance",
    sentence="What an hour of one processor core costs, in economics.currency. The default is about what clouds ask for a"
    " core on demand; cores are counted as used, so divide what you pay by how full your machines are.",
    gray_unit="region",
    minimum=0.0,
    maximum=1000.0,
    scopes=(),
)
EGRESS_GB_PRICE: Final = Setting(
    name="economics.egress_gb_price",
    default=0.02,
    owner="governance",
    sentence="What a gigabyte (10⁹ bytes) sent to viewers costs, in economics.currency. The default is about what a CDN asks at"
    " volume; clouds ask 0.05 to 0.12.",
    gray_unit="region",
    minimum=0.0,
    maximum=1000.0,
    scopes=(),
)
CURRENCY: Final = Setting(
    name="economics.currency",
    default="USD",
    owner="governance",
    sentence="What prices and costs are in; a name only, nothing is converted.",
    gray_unit="region",
    scopes=(),
)
SETTINGS: Final = (CORE_HOUR_PRICE, EGRESS_GB_PRICE, CURRENCY)
PRICES: Final = {setting.name: setting for setting in (CORE_HOUR_PRICE, EGRESS_GB_PRICE)}
"""What a formula may name as `$economics.…`."""
