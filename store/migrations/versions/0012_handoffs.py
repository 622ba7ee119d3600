"""E-mails handed on: the hand-off, and one row an e-mail in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0012_handoffs"
down_revision = "0011_queue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "handoff",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("run_id", sa.String(64), sa.ForeignKey("run.id"), nullable=False),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("campaign_version", sa.Integer, nullable=False),
        sa.Column("request", JsonDocument(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("detail", sa.String(500), nullable=False),
        sa.Column("emails", sa.Integer, nullable=False),
        sa.Column("rests", sa.Integer, nullable=False),
        sa.Column("rests_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_handoff_run_id", "handoff", ["run_id"])
    op.create_table(
        "handoff_delivery",
        sa.Column("handoff_id", sa.String(64), sa.ForeignKey("handoff.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("email_id", sa.String(64), nullable=False),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_handoff_delivery_due", "handoff_delivery", ["handoff_id", "status", "next_at", "position"])
    once = sa.text("status IN ('pending', 'sent')")
    op.create_index(
        "ix_handoff_delivery_once",
        "handoff_delivery",
        ["email_id"],
        unique=True,
        sqlite_where=once,
        postgresql_where=once,
    )


def downgrade() -> None:
    """Who was sent what is forgotten."""
    op.drop_table("handoff_delivery")
    op.drop_table("handoff")
