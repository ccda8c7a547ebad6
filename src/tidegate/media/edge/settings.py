"""What may be set about the HTTP front door of a node, while viewers are connected."""

from typing import Final

from tidegate.core.settings import Setting, SettingsBook
from tidegate.media.edge.limits import Limits

CONNECTIONS_MAX: Final = Setting(
    name="edge.connections_max",
    default=10_000,
    owner="edge",
    sentence="How many connections of viewers and pages a node holds at once. Further ones get 503; none is cut.",
    gray_unit="node",
    minimum=16,
    maximum=1_000_000,
    scopes=("node", "cell", "region"),
)
CONNECTIONS_PER_ADDRESS_MAX: Final = Setting(
    name="edge.connections_per_address_max",
    default=512,
    owner="edge",
    sentence="How many connections one address may hold at once; trusted proxies are spared.",
    gray_unit="node",
    minimum=1,
    maximum=1_000_000,
    scopes=("node", "cell", "region"),
)
OPENS_PER_ADDRESS: Final = Setting(
    name="edge.opens_per_address_per_s",
    default=100.0,
    owner="edge",
    sentence="How many new connections a second one address may open; twice as many at once. Trusted proxies are spared.",
    gray_unit="node",
    unit="/s",
    minimum=1.0,
    maximum=1_000_000.0,
    scopes=("node", "cell", "region"),
)
REQUESTS_PER_ADDRESS: Final = Setting(
    name="edge.requests_per_address_per_s",
    default=2000.0,
    owner="edge",
    sentence="How many requests a second one address may make, about 20 a viewer; twice as many at once. More get 429.",
    gray_unit="node",
    unit="/s",
    minimum=10.0,
    maximum=10_000_000.0,
    scopes=("node", "cell", "region"),
)
SETTINGS: Final = (CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, OPENS_PER_ADDRESS, REQUESTS_PER_ADDRESS)


def address_limits(book: SettingsBook) -> Limits:
    """What each address may do on this node."""
    return Limits(
        connections=book.value(CONNECTIONS_PER_ADDRESS_MAX),
        opens_per_s=book.value(OPENS_PER_ADDRESS),
        requests_per_s=book.value(REQUESTS_PER_ADDRESS),
    )
