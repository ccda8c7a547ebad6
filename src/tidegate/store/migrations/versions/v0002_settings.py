"""Settings and their history."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("home_region", "name", name="pk_settings"),
    )
    op.create_index("ix_settings_name", "settings", ["name"])
    op.create_table(
        "setting_history",
        sa.Column("home_region", sa.String(31), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("remote", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("reach", sa.String(16), nullable=False),
        sa.Column("scope_id", sa.String(128), nullable=False),
        sa.Column("old", sa.Text, nullable=False),
        sa.Column("new", sa.Text, nullable=False),
        sa.Column("change", sa.String(64), nullable=False),
        sa.Column("old_share", sa.Double, nullable=False),
        sa.Column("new_share", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("home_region", "name", "version", name="pk_setting_history"),
    )
    op.create_index("ix_setting_history_name", "setting_history", ["name"])
    op.create_index("ix_setting_history_created_at", "setting_history", ["created_at"])
