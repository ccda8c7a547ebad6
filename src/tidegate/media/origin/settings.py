"""What may be set about a broadcast while it runs, and about what is kept of it."""

from typing import Final

from tidegate.core.settings import Setting, SettingsBook, Subject
from tidegate.media.origin.config import OriginConfig

WINDOW_S: Final = Setting(
    name="origin.window_s",
    default=60.0,
    owner="origin",
    sentence="How much of a broadcast its playlist shows: how far back viewers can go.",
    unit="s",
    minimum=15.0,
    maximum=600.0,
)
GRACE_S: Final = Setting(
    name="origin.grace_s",
    default=60.0,
    owner="origin",
    sentence="How long a broadcast waits for a publisher that was cut off before it ends.",
    unit="s",
    minimum=0.0,
    maximum=600.0,
)
LINGER_S: Final = Setting(
    name="origin.linger_s",
    default=10.0,
    owner="origin",
    sentence="How long a broadcast waits for a publisher that said goodbye before it ends.",
    unit="s",
    minimum=0.0,
    maximum=600.0,
)
READABLE_S: Final = Setting(
    name="origin.readable_s",
    default=300.0,
    owner="origin",
    sentence="How long an ended broadcast can still be played.",
    unit="s",
    minimum=10.0,
    maximum=86_400.0,
)
WAITERS_MAX: Final = Setting(
    name="origin.waiters_max",
    default=2000,
    owner="origin",
    sentence="How many requests may wait at once for one stream's next part. Further ones are answered 503.",
    minimum=10,
    maximum=1_000_000,
)
DVR_WINDOW_S: Final = Setting(
    name="dvr.window_s",
    default=7200.0,
    unit="s",
    minimum=0.0,
    maximum=604_800.0,
    owner="origin",
    sentence="How far back viewers may go in a stream that is on air.",
    scopes=("channel",),
)
RECORDING_ENABLED: Final = Setting(
    name="recording.enabled",
    default=True,
    owner="recordings",
    sentence="Whether a channel's broadcasts are recorded.",
    scopes=("channel",),
    takes_effect="next stream",
)
SWITCH_AFTER_S: Final = Setting(
    name="continuity.switch_after_s",
    default=1.0,
    owner="origin",
    sentence="How long the publisher on air may be silent before a standby publisher takes over.",
    unit="s",
    minimum=0.4,
    maximum=30.0,
)
RETURN_AFTER_S: Final = Setting(
    name="continuity.return_after_s",
    default=10.0,
    owner="origin",
    sentence="How long a primary publisher that is back must be steady before viewers return to it.",
    unit="s",
    minimum=0.0,
    maximum=3600.0,
)
SLATE_AFTER_S: Final = Setting(
    name="continuity.slate_after_s",
    default=2.0,
    owner="origin",
    sentence="How long nothing may come from any publisher before viewers are shown the channel's slate.",
    unit="s",
    minimum=0.5,
    maximum=600.0,
)
SETTINGS: Final = (
    WINDOW_S,
    GRACE_S,
    LINGER_S,
    READABLE_S,
    WAITERS_MAX,
    DVR_WINDOW_S,
    RECORDING_ENABLED,
    SWITCH_AFTER_S,
    RETURN_AFTER_S,
    SLATE_AFTER_S,
)


def obey(config: OriginConfig, book: SettingsBook, subject: Subject) -> None:
    """Bring one broadcast's `config` to what is set for it now."""
    config.window_s = book.value(WINDOW_S, subject)
    config.grace_s = book.value(GRACE_S, subject)
    config.linger_s = book.value(LINGER_S, subject)
    config.readable_s = book.value(READABLE_S, subject)
    config.waiters_max = book.value(WAITERS_MAX, subject)
    config.switch_after_s = book.value(SWITCH_AFTER_S, subject)
    config.return_after_s = book.value(RETURN_AFTER_S, subject)
    config.slate_after_s = book.value(SLATE_AFTER_S, subject)
