"""What may be set about the RTMP gateway of a node, while publishers are connected."""

from typing import Final

import msgspec

from tidegate.core.settings import Setting, SettingsBook
from tidegate.media.gateway.rtmp.config import RtmpLimits

_OF_NODES: Final = ("node", "cell", "region")

CONNECTIONS_MAX: Final = Setting(
    name="rtmp.connections_max",
    default=1000,
    owner="rtmp",
    sentence="How many publishers may be connected to a node at once. Further ones are turned away; none is cut.",
    gray_unit="node",
    minimum=1,
    maximum=100_000,
    scopes=_OF_NODES,
)
CONNECTIONS_PER_ADDRESS_MAX: Final = Setting(
    name="rtmp.connections_per_address_max",
    default=512,
    owner="rtmp",
    sentence="How many publishers may be connected from one address at once.",
    gray_unit="node",
    minimum=1,
    maximum=100_000,
    scopes=_OF_NODES,
)
IDLE_S: Final = Setting(
    name="rtmp.idle_s",
    default=30.0,
    owner="rtmp",
    sentence="How long a publisher may be silent before it counts as cut off.",
    gray_unit="node",
    unit="s",
    minimum=1.0,
    maximum=600.0,
    scopes=_OF_NODES,
)
PUBLISH_DEADLINE_S: Final = Setting(
    name="rtmp.publish_deadline_s",
    default=10.0,
    owner="rtmp",
    sentence="How long a new connection may take until it publishes.",
    gray_unit="node",
    unit="s",
    minimum=1.0,
    maximum=120.0,
    scopes=_OF_NODES,
)
MESSAGE_BYTES_MAX: Final = Setting(
    name="rtmp.message_bytes_max",
    default=8 * 1024 * 1024,
    owner="rtmp",
    sentence="The largest frame a publisher may send.",
    gray_unit="node",
    unit="B",
    minimum=64 * 1024,
    maximum=64 * 1024 * 1024,
    scopes=_OF_NODES,
    takes_effect="next stream",
)
SETTINGS: Final = (
    CONNECTIONS_MAX,
    CONNECTIONS_PER_ADDRESS_MAX,
    IDLE_S,
    PUBLISH_DEADLINE_S,
    MESSAGE_BYTES_MAX,
)


def rtmp_limits(book: SettingsBook, limits: RtmpLimits) -> RtmpLimits:
    """`limits` with what is set for this node now; `connections` is the caller's, who knows the open files."""
    return msgspec.structs.replace(
        limits,
        connections_per_ip=book.value(CONNECTIONS_PER_ADDRESS_MAX),
        idle_deadline_s=book.value(IDLE_S),
        publish_deadline_s=book.value(PUBLISH_DEADLINE_S),
        message_bytes=book.value(MESSAGE_BYTES_MAX),
    )
