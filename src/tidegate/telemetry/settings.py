"""What an operator may choose about telemetry: how long things are kept, and what they may take up."""

from typing import Final

from tidegate.core.settings import Scope, Setting, SettingsBook
from tidegate.telemetry.bounds import Limits, WriterBounds
from tidegate.telemetry.schema import Retention

OWNER: Final = "telemetry"
_SCOPES: Final[tuple[Scope, ...]] = ("node", "cell", "region")


def _kept(name: str, default: int, unit: str, most: int, what: str) -> Setting[int]:
    """How long something is kept: by the engine, so the same for all of an installation."""
    return Setting(
        name=f"telemetry.{name}",
        default=default,
        owner=OWNER,
        sentence=f"How long telemetry keeps {what}. Whole days go at a time, so the last may stay up to a day longer.",
        gray_unit="region",
        unit=unit,
        minimum=1,
        maximum=most,
        scopes=(),
    )


FACTS_DAYS: Final = _kept("facts_days", 7, "d", 3650, "every single fact")
LOGS_DAYS: Final = _kept("logs_days", 14, "d", 3650, "log lines")
SESSIONS_DAYS: Final = _kept("sessions_days", 30, "d", 3650, "playback sessions, a row each")
SECONDS_HOURS: Final = _kept("seconds_hours", 24, "h", 8760, "sums a second")
TEN_SECONDS_DAYS: Final = _kept("ten_seconds_days", 7, "d", 3650, "sums of ten seconds")
MINUTES_DAYS: Final = _kept("minutes_days", 90, "d", 3650, "sums a minute")

BATCH_S: Final = Setting(
    name="telemetry.batch_s",
    default=1.0,
    owner=OWNER,
    sentence="How long facts gather before they are stored: shorter is seen sooner, longer costs less.",
    gray_unit="node",
    unit="s",
    minimum=0.1,
    maximum=60,
    scopes=_SCOPES,
)
MEMORY_MB: Final = Setting(
    name="telemetry.memory_mb",
    default=64,
    owner=OWNER,
    sentence="How much memory facts may take that wait to be stored; beyond it they go to disk, then are dropped.",
    gray_unit="node",
    unit="MiB",
    minimum=32,
    maximum=4096,
    scopes=_SCOPES,
)
SPILL_MB: Final = Setting(
    name="telemetry.spill_mb",
    default=1024,
    owner=OWNER,
    sentence="How much disk facts may take while the telemetry engine is away; beyond it they are dropped.",
    gray_unit="node",
    unit="MiB",
    minimum=0,
    maximum=1 << 20,
    scopes=_SCOPES,
)
VALUES_MAX: Final = Setting(
    name="telemetry.values_max",
    default=1_000,
    owner=OWNER,
    sentence="How many different values a dimension such as device or error may have within an hour; further ones are kept as `other`.",
    gray_unit="node",
    minimum=10,
    maximum=100_000,
    scopes=_SCOPES,
)
IDENTITIES_MAX: Final = Setting(
    name="telemetry.identities_max",
    default=100_000,
    owner=OWNER,
    sentence="How many channels, streams, sessions and nodes, each, facts may be about within an hour; those of further ones are dropped.",
    gray_unit="node",
    minimum=1_000,
    maximum=10_000_000,
    scopes=_SCOPES,
)

KEPT: Final = (FACTS_DAYS, LOGS_DAYS, SESSIONS_DAYS, SECONDS_HOURS, TEN_SECONDS_DAYS, MINUTES_DAYS)
BOUNDS: Final = (BATCH_S, MEMORY_MB, SPILL_MB, VALUES_MAX, IDENTITIES_MAX)
SETTINGS: Final = (*KEPT, *BOUNDS)


def retention(book: SettingsBook) -> Retention:
    """How long things are kept, as is set."""
    return Retention(
        facts=book.value(FACTS_DAYS) * 24,
        logs=book.value(LOGS_DAYS) * 24,
        sessions=book.value(SESSIONS_DAYS) * 24,
        buckets_1s=book.value(SECONDS_HOURS),
        buckets_10s=book.value(TEN_SECONDS_DAYS) * 24,
        buckets_1m=book.value(MINUTES_DAYS) * 24,
    )


def bounds(book: SettingsBook) -> WriterBounds:
    """What the writer may take up, as is set for this node."""
    return WriterBounds(
        batch_s=book.value(BATCH_S),
        memory_bytes=book.value(MEMORY_MB) << 20,
        spill_bytes=book.value(SPILL_MB) << 20,
        limits=Limits(book.value(VALUES_MAX), book.value(IDENTITIES_MAX)),
    )
