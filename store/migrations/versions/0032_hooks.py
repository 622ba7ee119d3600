"""Webhooks of e-mail service providers: what verifies them, tokens that were honoured, counts of what came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import EncryptedText, UtcDateTime

revision = "0032_hooks"
down_revision = "0031_own_page"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "hook_secret",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("secret", EncryptedText(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_hook_secret_provider", "hook_secret", ["provider"])
    op.create_table(
        "hook_token",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_hook_token_at", "hook_token", ["at"])
    op.create_table(
        "hook_count",
        sa.Column("provider", sa.String(16), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("kind", sa.String(48), primary_key=True),
        sa.Column("reason", sa.String(48), primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Providers have to be added again."""
    op.drop_table("hook_count")
    op.drop_table("hook_token")
    op.drop_table("hook_secret")
