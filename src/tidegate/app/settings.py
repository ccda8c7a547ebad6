"""Every setting of every part, and which of them this node's configuration gives a default of its own.

The composition root knows them all, the parts know their own.
"""

from typing import Any, Final

from tidegate.core.settings import Catalogue, Setting
from tidegate.governance.alerts import settings as alerts
from tidegate.governance.indicators import settings as indicators
from tidegate.media.access import settings as access
from tidegate.media.beacons import settings as beacons
from tidegate.media.channels import settings as channels
from tidegate.media.cmaf import settings as cmaf
from tidegate.media.edge import settings as edge
from tidegate.media.encryption import settings as encryption
from tidegate.media.gateway.rtmp import settings as rtmp
from tidegate.media.origin import settings as origin
from tidegate.media.recordings import settings as recordings
from tidegate.media.slate import settings as slate
from tidegate.media.transcode import settings as transcode
from tidegate.telemetry import settings as telemetry
from tidegate.webhooks import settings as webhooks

LOG_LEVEL: Final = Setting(
    name="node.log_level",
    default="info",
    owner="node",
    sentence="What is written to the log: this and everything graver.",
    gray_unit="node",
    choices=("debug", "info", "warning", "error"),
    scopes=("node", "cell", "region"),
)

CATALOGUE: Final = Catalogue(
    [
        *access.SETTINGS,
        *beacons.SETTINGS,
        *alerts.SETTINGS,
        *channels.SETTINGS,
        *cmaf.SETTINGS,
        *edge.SETTINGS,
        *encryption.SETTINGS,
        *indicators.SETTINGS,
        *origin.SETTINGS,
        *recordings.SETTINGS,
        *rtmp.SETTINGS,
        *slate.SETTINGS,
        *telemetry.SETTINGS,
        *transcode.SETTINGS,
        *webhooks.SETTINGS,
        LOG_LEVEL,
    ]
)

CONFIGURED: Final[dict[str, Setting[Any]]] = {
    "part_target_s": cmaf.PART_TARGET_S,
    "window_s": origin.WINDOW_S,
    "grace_s": origin.GRACE_S,
    "linger_s": origin.LINGER_S,
    "max_publishers": rtmp.CONNECTIONS_MAX,
    "max_connections": edge.CONNECTIONS_MAX,
    "log_level": LOG_LEVEL,
}
"""Fields of the configuration that give a setting this node's default: they hold where nothing is set."""
