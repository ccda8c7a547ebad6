"""Channels, stream keys, console sessions and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("home_region", "name", name="pk_channels"),
    )
    op.create_index("ix_channels_name", "channels", ["name"])
    op.create_table(
        "stream_keys",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("hint", sa.String(8), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("home_region", "id", name="pk_stream_keys"),
    )
    op.create_index("ix_stream_keys_channel", "stream_keys", ["channel"])
    op.create_table(
        "sessions",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        *_stamps(),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("home_region", "digest", name="pk_sessions"),
    )
    op.create_index("ix_sessions_digest", "sessions", ["digest"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "outbox",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("seq", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("home_region", "seq", name="pk_outbox"),
    )


def _stamps() -> tuple[sa.Column[int], sa.Column[float], sa.Column[float]]:
    return (
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
    )
