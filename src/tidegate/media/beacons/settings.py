"""What may be set about players' reports, while they come."""

from typing import Final

from tidegate.core.settings import Setting

ENABLED: Final = Setting(
    name="beacons.enabled",
    default=True,
    owner="beacons",
    sentence="Players are asked to report how playback goes. Off: they are told not to, and what comes is refused.",
    scopes=("channel", "node", "region"),
)
INTERVAL_S: Final = Setting(
    name="beacons.interval_s",
    default=5,
    owner="beacons",
    sentence="How often a player reports while nothing changes; what changes it reports at once.",
    unit="s",
    minimum=1,
    maximum=60,
    scopes=("channel", "region"),
)
SAMPLE_SHARE: Final = Setting(
    name="beacons.sample_share",
    default=1.0,
    owner="beacons",
    sentence="Which share of a channel's playback sessions reports. Every fact of one says the share, so that it counts for more.",
    minimum=0.0001,
    maximum=1.0,
    scopes=("channel", "region"),
)
RESPONSES: Final = Setting(
    name="beacons.responses",
    default=False,
    owner="beacons",
    sentence="Keep what players say of single media requests too (CMCD 'rr'): some facts a second from each.",
    scopes=("channel", "region"),
)
LOST_AFTER_S: Final = Setting(
    name="beacons.lost_after_s",
    default=75,
    owner="beacons",
    sentence="A session that says nothing for so long is over. Browsers let a hidden page speak once a minute.",
    gray_unit="node",
    unit="s",
    minimum=10,
    maximum=600,
    scopes=("node", "region"),
)
SESSIONS_MAX: Final = Setting(
    name="beacons.sessions_max",
    default=50_000,
    owner="beacons",
    sentence="How many reporting sessions a node holds at once, about 1 kB each. Beyond, new ones are refused with 503.",
    gray_unit="node",
    minimum=1,
    maximum=1_000_000,
    scopes=("node", "region"),
)
REPORTS_PER_S: Final = Setting(
    name="beacons.reports_per_s",
    default=20,
    owner="beacons",
    sentence="How many reports a second one session may make, ten seconds' worth at once. More are refused with 429.",
    gray_unit="node",
    unit="/s",
    minimum=1,
    maximum=1000,
    scopes=("node", "region"),
)
TOKEN_TTL_S: Final = Setting(
    name="beacons.token_ttl_s",
    default=43_200,
    owner="beacons",
    sentence="How long a playback session may report to the address it was given; the watch page asks for another in time.",
    unit="s",
    minimum=60,
    maximum=604_800,
    scopes=("channel", "region"),
)

SETTINGS: Final = (
    ENABLED,
    INTERVAL_S,
    SAMPLE_SHARE,
    RESPONSES,
    LOST_AFTER_S,
    SESSIONS_MAX,
    REPORTS_PER_S,
    TOKEN_TTL_S,
)
