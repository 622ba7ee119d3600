"""What customers ask for on their own page, and how often somebody named a wrong address there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0031_own_page"
down_revision = "0030_run_tallies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "own_request",
        sa.Column("customer_id", sa.String, sa.ForeignKey("customer.id"), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.String(100), nullable=False, server_default=""),
    )
    op.create_index("ix_own_request_waiting", "own_request", ["answered_at", "asked_at"])
    op.create_table(
        "own_page_try",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("customer_id", sa.String, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_own_page_try_customer_at", "own_page_try", ["customer_id", "at"])


def downgrade() -> None:
    """What was asked for and not answered yet is lost."""
    op.drop_table("own_page_try")
    op.drop_table("own_request")
