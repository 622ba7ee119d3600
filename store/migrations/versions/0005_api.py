"""API keys, idempotent answers, catalog imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0005_api"
down_revision = "0004_composer"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the edge."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("prefix", sa.String(24), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("scopes", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_api_key_prefix", "api_key", ["prefix"], unique=True)
    op.create_table(
        "idempotency_key",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
    )
    op.create_index("ix_idempotency_key_started_at", "idempotency_key", ["started_at"])
    op.create_table(
        "catalog_import",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("report", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
