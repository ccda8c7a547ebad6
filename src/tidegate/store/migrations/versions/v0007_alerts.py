"""Alerts, the operator's rules, silences; and leases, of which evaluating is the first."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("home_region", "name", name="pk_leases"),
    )
    op.create_table(
        "alert_rules",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("home_region", "name", name="pk_alert_rules"),
    )
    op.create_table(
        "alerts",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("home_region", "id", name="pk_alerts"),
    )
    op.create_table(
        "alert_silences",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("home_region", "id", name="pk_alert_silences"),
    )
    op.create_index("ix_alert_rules_name", "alert_rules", ["name"])
    op.create_index("ix_alerts_id", "alerts", ["id"])
    op.create_index("ix_alerts_state", "alerts", ["state", "updated_at"])
    op.create_index("ix_alert_silences_until", "alert_silences", ["until"])


def _stamps() -> tuple[sa.Column[int], sa.Column[float], sa.Column[float]]:
    return (
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
    )
