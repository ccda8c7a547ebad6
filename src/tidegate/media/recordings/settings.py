"""What may be set about recordings."""

from typing import Final

from tidegate.core.settings import Setting

RETENTION_DAYS: Final = Setting(
    name="recording.retention_days",
    default=30.0,
    unit="days",
    minimum=0.0,
    maximum=36_500.0,
    owner="recordings",
    sentence="Age at which a recording is removed, unless it is kept; 0: never.",
    scopes=("channel",),
)

MAX_GB: Final = Setting(
    name="recording.max_gb",
    default=0.0,
    unit="GB",
    minimum=0.0,
    maximum=1_000_000.0,
    owner="recordings",
    sentence="What a channel's recordings may take together before the oldest go; 0: any size.",
    scopes=("channel",),
)

DISK_FLOOR_PERCENT: Final = Setting(
    name="recording.disk_floor_percent",
    default=5.0,
    unit="%",
    minimum=0.0,
    maximum=90.0,
    owner="recordings",
    sentence="Share of the disk that is kept free by removing the oldest recordings.",
    gray_unit="node",
    scopes=("node",),
)

CLIPS_PUBLIC: Final = Setting(
    name="clips.public",
    default=False,
    owner="recordings",
    sentence="Whether viewers may cut clips of what was just on air; else only those signed in.",
    scopes=("channel",),
)

SETTINGS: Final = (RETENTION_DAYS, MAX_GB, DISK_FLOOR_PERCENT, CLIPS_PUBLIC)
