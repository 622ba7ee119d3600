"""Erasures, their proofs, what is left of events that retention deleted, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import EncryptedBytes, EncryptedJson, JsonDocument, UtcDateTime

revision = "0019_privacy"
down_revision = "0018_contact_policy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "erasure",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(64), nullable=False, index=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("removed", JsonDocument(), nullable=False),
        sa.Column("wanted", EncryptedJson()),
        sa.Column("found", JsonDocument(), nullable=False),
    )
    op.create_table(
        "erased_id",
        sa.Column("index", sa.String(64), primary_key=True),
        sa.Column("erasure_id", sa.String(64), sa.ForeignKey("erasure.id"), nullable=False, index=True),
        sa.Column("before", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "suppressed_address",
        sa.Column("email_index", sa.String(64), primary_key=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
    )
    op.create_table(
        "memory_base",
        sa.Column("customer_id", sa.String, sa.ForeignKey("customer.id"), primary_key=True),
        sa.Column("fold_version", sa.Integer, nullable=False),
        sa.Column("state", EncryptedBytes(), nullable=False),
        sa.Column("profile", EncryptedBytes(), nullable=False),
        sa.Column("horizon", UtcDateTime()),
        sa.Column("searches_horizon", UtcDateTime()),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("action", sa.String(64), nullable=False, index=True),
        sa.Column("about", sa.String(128), nullable=False, index=True),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("before", sa.String(64)),
        sa.Column("after", sa.String(64)),
        sa.Column("hash", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """Whom was erased is forgotten: their old events can come in again. So is what was done by whom."""
    for name in ("audit", "memory_base", "suppressed_address", "erased_id", "erasure"):
        op.drop_table(name)
