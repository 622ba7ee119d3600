"""What a merchandiser wants of the picks, version by version, and what products cost the shop."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Amount, JsonDocument, UtcDateTime

revision = "0008_merchandising"
down_revision = "0007_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "merchandising",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "product_cost",
        sa.Column("product_id", sa.String(128), primary_key=True),
        sa.Column("amount", Amount(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("product_cost")
    op.drop_table("merchandising")
