"""When a visitor or guest was last merged into a customer: what came of e-mails is counted anew for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0037_merged"
down_revision = "0036_alarms"
branch_labels = None
depends_on = None

MERGED = sa.text("merged_at IS NOT NULL")


def upgrade() -> None:
    """Add the column; nothing is known of merges of before."""
    op.add_column("customer", sa.Column("merged_at", UtcDateTime(), nullable=True))
    op.create_index("ix_customer_merged", "customer", ["merged_at"], sqlite_where=MERGED, postgresql_where=MERGED)


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_customer_merged", "customer")
    op.drop_column("customer", "merged_at")
