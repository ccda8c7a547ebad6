"""What may be set about wrong stream keys and wrong tokens."""

from typing import Final

from tidegate.core.settings import Setting
from tidegate.media.channels.throttle import DEFAULT_BURST, DEFAULT_PER_S

WRONG_TRIES_MAX: Final = Setting(
    name="throttle.wrong_tries_max",
    default=DEFAULT_BURST,
    owner="channels",
    sentence="How many wrong stream keys or tokens in a row an address may try before it is refused unheard.",
    gray_unit="node",
    minimum=1,
    maximum=10_000,
    scopes=("node", "cell", "region"),
)
WRONG_TRIES_PER_S: Final = Setting(
    name="throttle.wrong_tries_per_s",
    default=DEFAULT_PER_S,
    owner="channels",
    sentence="How many wrong tries an address wins back each second.",
    gray_unit="node",
    unit="1/s",
    minimum=0.001,
    maximum=1000.0,
    scopes=("node", "cell", "region"),
)
SETTINGS: Final = (WRONG_TRIES_MAX, WRONG_TRIES_PER_S)
