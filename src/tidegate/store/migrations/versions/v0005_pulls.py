"""Sources that are pulled, one for a channel."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "pulls",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("loop", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("home_region", "channel", name="pk_pulls"),
    )
    op.create_index("ix_pulls_channel", "pulls", ["channel"])
