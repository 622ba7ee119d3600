"""Brands, campaigns and their versions, finished e-mails, records, artifacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import EncryptedBytes, JsonDocument, UtcDateTime

revision = "0004_composer"
down_revision = "0003_catalog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the composer's tables."""
    op.create_table(
        "brand",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("flow", sa.String(32), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "campaign_version",
        sa.Column("campaign_id", sa.String(64), sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("brand", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "email",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("campaign_version", sa.Integer, nullable=False),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("occasion", sa.String(128), nullable=False),
        sa.Column("path", sa.String(16), nullable=False),
        sa.Column("products", JsonDocument(), nullable=False),
        sa.Column("result", EncryptedBytes(), nullable=False),
        sa.Column("record", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("campaign_id", "campaign_version", "customer", "step", "occasion"),
    )
    op.create_index("ix_email_customer_created", "email", ["customer", "created_at"])
    op.create_table(
        "compose_record",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("body", EncryptedBytes(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "artifact",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
