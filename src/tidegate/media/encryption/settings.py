"""What an operator may choose about encryption."""

from typing import Final

from tidegate.core.settings import Setting

NONE: Final = "none"
AES_128: Final = "aes-128"

ENCRYPTION: Final = Setting(
    name="playback.encryption",
    default=NONE,
    owner="encryption",
    sentence="Whether media are encrypted on their way to viewers; keys are given to those who may watch.",
    choices=(NONE, AES_128),
    scopes=("channel", "region"),
    takes_effect="next stream",
)
KEY_SEGMENTS: Final = Setting(
    name="playback.key_segments",
    default=150,
    owner="encryption",
    sentence="How many segments one key is for; then every player asks for the next one.",
    minimum=5,
    maximum=100_000,
    scopes=("channel", "region"),
    takes_effect="next stream",
)
SETTINGS: Final = (ENCRYPTION, KEY_SEGMENTS)
