"""Recordings, and clips of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double, nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("gap_s", sa.Double, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("keep", sa.Boolean, nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("home_region", "id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_id", "recordings", ["id"])
    op.create_index("ix_recordings_channel", "recordings", ["channel"])
    op.create_index("ix_recordings_source", "recordings", ["source"])
    op.create_index("ix_recordings_started_at", "recordings", ["started_at"])


def _stamps() -> tuple[sa.Column[int], sa.Column[float], sa.Column[float]]:
    return (
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
    )
