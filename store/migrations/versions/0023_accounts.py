"""The studio's accounts, sessions, links that sign in, and wrong passwords."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0023_accounts"
down_revision = "0022_topics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "studio_account",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("address_key", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
    )
    op.create_table(
        "studio_session",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(64), sa.ForeignKey("studio_account.id"), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("by_link", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_studio_session_account_id", "studio_session", ["account_id"])
    op.create_table(
        "studio_link",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(64), sa.ForeignKey("studio_account.id"), nullable=False),
        sa.Column("invitation", sa.Boolean, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_studio_link_account_id", "studio_link", ["account_id"])
    op.create_table(
        "studio_attempt",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_studio_attempt_since", "studio_attempt", ["since"])


def downgrade() -> None:
    """Nobody can sign in any more."""
    for table in ("studio_attempt", "studio_link", "studio_session", "studio_account"):
        op.drop_table(table)
