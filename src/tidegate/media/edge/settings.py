"""What may be set about the HTTP front door of a node, while viewers are connected."""

from typing import Final

from tidegate.core.settings import Setting

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
SETTINGS: Final = (CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX)
