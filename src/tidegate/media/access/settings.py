"""What an operator may choose about who watches; each of them for all channels or for one."""

from typing import Final

from tidegate.core.settings import Setting

PUBLIC: Final = "public"
PRIVATE: Final = "token"

ACCESS = Setting(
    name="playback.access",
    default=PUBLIC,
    owner="access",
    sentence="Who may watch: anyone, or only those with a playback token.",
    choices=(PUBLIC, PRIVATE),
    scopes=("channel", "region"),
)
ORIGINS = Setting(
    name="playback.origins",
    default="",
    owner="access",
    sentence="Pages that may play this, such as 'https://example.org https://www.example.org'; empty: any page.",
    scopes=("channel", "region"),
)
ORIGINS_STRICT = Setting(
    name="playback.origins_strict",
    default=False,
    owner="access",
    sentence="Where pages are listed: refuse players that name no page too, such as apps and VLC.",
    scopes=("channel", "region"),
)
EMBED = Setting(
    name="playback.embed",
    default="",
    owner="access",
    sentence="Pages that may show the watch page in a frame, by origin; '*': any; empty: this server's own alone.",
    scopes=("channel", "region"),
)
MAX_VIEWERS = Setting(
    name="playback.max_viewers",
    default=0,
    owner="access",
    sentence="Viewers a channel takes at each edge; the next one is asked to come back later. 0: as many as come.",
    minimum=0,
    maximum=1_000_000,
    scopes=("channel", "region", "node"),
)
MAX_CONNECTIONS = Setting(
    name="playback.max_connections",
    default=0,
    owner="access",
    sentence="Connections a channel's viewers hold at each edge, up to four a player; one more gets 429. 0: as many as come. "
    "Trusted proxies are spared.",
    minimum=0,
    maximum=1_000_000,
    scopes=("channel", "region", "node"),
)
REQUESTS_PER_S = Setting(
    name="playback.requests_per_s",
    default=0.0,
    owner="access",
    sentence="Requests a second a channel answers at each edge, about 20 a viewer; twice as many at once. More get 429. "
    "0: as many as come.",
    unit="/s",
    minimum=0.0,
    maximum=10_000_000.0,
    scopes=("channel", "region", "node"),
)
PAGE_TOKEN_S = Setting(
    name="playback.page_token_s",
    default=600,
    owner="access",
    sentence="Life of the playback tokens that pages of signed-in people get; they ask for the next one at half of it.",
    unit="s",
    minimum=10,
    maximum=86_400,
    scopes=("channel", "region"),
)

SETTINGS = (
    ACCESS,
    ORIGINS,
    ORIGINS_STRICT,
    EMBED,
    MAX_VIEWERS,
    MAX_CONNECTIONS,
    REQUESTS_PER_S,
    PAGE_TOKEN_S,
)
