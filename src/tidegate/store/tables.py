"""The tables, for SQLite and PostgreSQL alike (SQLAlchemy Core). How they come to be: `migrations/`.

Every primary key begins with the row's home region, so that a geo-partitioned database can keep a row where it
belongs without a change here. `version` counts changes for compare-and-swap; times are seconds since the Unix epoch.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

REGION_LENGTH = 31
NAME_LENGTH = 63
ID_LENGTH = 80
SETTING_NAME_LENGTH = 80


def _version() -> Column[int]:
    return Column("version", BigInteger, nullable=False)


def _time(name: str) -> Column[float]:
    return Column(name, Double, nullable=False)


def _home_region() -> Column[str]:
    return Column("home_region", String(REGION_LENGTH), primary_key=True)


channels = Table(
    "channels",
    metadata,
    _home_region(),
    Column("name", String(NAME_LENGTH), primary_key=True),
    Column("title", Text, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "name"),
)

stream_keys = Table(
    "stream_keys",
    metadata,
    _home_region(),
    Column("id", String(16), primary_key=True),
    Column("channel", String(NAME_LENGTH), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("hint", String(8), nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "channel"),
)

sessions = Table(
    "sessions",
    metadata,
    _home_region(),
    Column("digest", LargeBinary, primary_key=True),
    Column("role", String(16), nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    _time("expires_at"),
    Index(None, "digest"),
    Index(None, "expires_at"),
)

pulls = Table(
    "pulls",
    metadata,
    _home_region(),
    Column("channel", String(NAME_LENGTH), primary_key=True),
    Column("url", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("loop", Boolean, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "channel"),
)

outbox = Table(
    "outbox",
    metadata,
    _home_region(),
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("id", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("payload", Text, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
)

settings = Table(
    "settings",
    metadata,
    _home_region(),
    Column("name", String(SETTING_NAME_LENGTH), primary_key=True),
    Column("state", Text, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "name"),
)

setting_history = Table(
    "setting_history",
    metadata,
    _home_region(),
    Column("name", String(SETTING_NAME_LENGTH), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    _time("created_at"),
    _time("updated_at"),
    Column("who", String(64), nullable=False),
    Column("remote", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("action", String(16), nullable=False),
    Column("reach", String(16), nullable=False),
    Column("scope_id", String(128), nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("change", String(64), nullable=False),
    Column("old_share", Double, nullable=False),
    Column("new_share", Double, nullable=False),
    Index(None, "name"),
    Index(None, "created_at"),
)
"""Only ever appended to: the key is the version that the setting had from then on."""

signing_keys = Table(
    "signing_keys",
    metadata,
    _home_region(),
    Column("id", String(32), primary_key=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("issuer", String(16), nullable=False),
    Column("public_key", Text, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    _time("retires_at"),
)

recordings = Table(
    "recordings",
    metadata,
    _home_region(),
    Column("id", String(ID_LENGTH), primary_key=True),
    Column("channel", String(NAME_LENGTH), nullable=False),
    Column("source", String(ID_LENGTH), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    _time("started_at"),
    _time("ended_at"),
    Column("duration_s", Double, nullable=False),
    Column("gap_s", Double, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("keep", Boolean, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "id"),
    Index(None, "channel"),
    Index(None, "source"),
    Index(None, "started_at"),
)
"""`source` is the recording that a clip was cut from, empty for a broadcast's own."""


webhooks = Table(
    "webhooks",
    metadata,
    _home_region(),
    Column("id", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("channel", String(NAME_LENGTH), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    _home_region(),
    Column("id", String(64), primary_key=True),
    Column("webhook", String(64), nullable=False),
    Column("event", String(64), nullable=False),
    Column("type", String(64), nullable=False),
    Column("channel", String(NAME_LENGTH), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("next_at", Double, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("response", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("duration_s", Double, nullable=False),
    Column("seq", BigInteger, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index("ix_webhook_deliveries_due", "state", "seq"),
    Index(None, "webhook"),
)

leases = Table(
    "leases",
    metadata,
    _home_region(),
    Column("name", String(NAME_LENGTH), primary_key=True),
    Column("holder", String(128), nullable=False),
    _time("expires_at"),
    _version(),
    _time("created_at"),
    _time("updated_at"),
)
"""What one process of the whole installation does at a time, and which (`leases.py`)."""

alert_rules = Table(
    "alert_rules",
    metadata,
    _home_region(),
    Column("name", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "name"),
)

alerts = Table(
    "alerts",
    metadata,
    _home_region(),
    Column("id", String(64), primary_key=True),
    Column("rule", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("body", Text, nullable=False),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "id"),
    Index("ix_alerts_state", "state", "updated_at"),
)

alert_silences = Table(
    "alert_silences",
    metadata,
    _home_region(),
    Column("id", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    _time("until"),
    _version(),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "until"),
)
