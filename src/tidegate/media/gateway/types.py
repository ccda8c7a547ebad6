"""What every gateway is wired with, whatever protocol it speaks."""

from collections.abc import Callable

import msgspec

from tidegate.core.streams import EndReason, Publisher, Role
from tidegate.media.types import PacketSink

HangUp = Callable[[EndReason], None]
"""Ends a publisher's connection from outside, such as after a takeover or a kick. May be called at any time."""

SinkFactory = Callable[[Publisher, HangUp], PacketSink]
"""Opens the way from an admitted publisher to the origin.

May raise a `TidegateError`, whose sentence the publisher is told.
"""


class PublishAddress(msgspec.Struct, frozen=True):
    """What an encoder asks for. `channel` is empty where the key alone names it. The key is a secret: it stays out of
    `repr`.
    """

    channel: str
    key: str
    role: Role = "primary"

    def __repr__(self) -> str:
        return f"PublishAddress(channel={self.channel!r})"
