"""What may be set about how media is cut, while streams run."""

from typing import Final

from tidegate.core.settings import Setting, SettingsBook, Subject
from tidegate.media.cmaf.types import PackagerSettings

PART_TARGET_S: Final = Setting(
    name="packager.part_target_s",
    default=0.2,
    owner="packager",
    sentence="How long an LL-HLS part is. Shorter parts mean less delay and more requests.",
    unit="s",
    minimum=0.1,
    maximum=2.0,
    takes_effect="next stream",  # PART-TARGET must not change while a playlist grows (RFC 8216bis 4.4.3.7)
)
SEGMENT_MIN_S: Final = Setting(
    name="packager.segment_min_s",
    default=1.0,
    owner="packager",
    sentence="How long a segment is at least, before a keyframe begins the next one.",
    unit="s",
    minimum=0.5,
    maximum=2.0,
)
SEGMENT_MAX_S: Final = Setting(
    name="packager.segment_max_s",
    default=2.0,
    owner="packager",
    sentence="How long a segment is at most, when no keyframe comes. Never above the playlists' target duration of 2 s.",
    unit="s",
    minimum=1.0,
    maximum=2.0,
)
SETTINGS: Final = (PART_TARGET_S, SEGMENT_MIN_S, SEGMENT_MAX_S)


def packager_settings(book: SettingsBook, subject: Subject) -> PackagerSettings:
    """As they stand now for one publishing session."""
    longest_s = book.value(SEGMENT_MAX_S, subject)
    return PackagerSettings(
        part_target_s=book.value(PART_TARGET_S, subject),
        segment_min_s=min(book.value(SEGMENT_MIN_S, subject), longest_s),
        segment_max_s=longest_s,
    )
