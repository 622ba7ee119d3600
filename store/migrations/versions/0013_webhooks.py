"""Outgoing webhooks: who wants to know what, and what was told to whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0013_webhooks"
down_revision = "0012_handoffs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("url", sa.LargeBinary, nullable=False),
        sa.Column("description", sa.String(300), nullable=False),
        sa.Column("types", JsonDocument(), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("disabled", sa.String(64), nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "webhook_notice",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("endpoint_id", sa.String(64), sa.ForeignKey("webhook_endpoint.id"), nullable=False),
        sa.Column("event_id", sa.BigInteger, nullable=True),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("code", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("endpoint_id", "event_id"),
    )
    op.create_index("ix_webhook_notice_due", "webhook_notice", ["status", "next_at"])


def downgrade() -> None:
    """Whoever wanted to know is forgotten."""
    op.drop_table("webhook_notice")
    op.drop_table("webhook_endpoint")
