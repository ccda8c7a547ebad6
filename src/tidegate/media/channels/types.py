"""A channel as others see it: its name, title and which key it takes; never the key itself."""

import msgspec


class Channel(msgspec.Struct, frozen=True):
    """One channel.

    Attributes:
        created_at: seconds since the Unix epoch.
        key_hint: the stream key's last four characters, so that a person can tell keys apart.
        version: counts every change; writes compare it, so that none overwrites another unseen.
    """

    name: str
    title: str
    home_region: str
    created_at: float
    key_hint: str
    version: int


class CreatedChannel(msgspec.Struct, frozen=True):
    """A channel with its new stream key, which is shown this once and cannot be read again."""

    channel: Channel
    key: str
