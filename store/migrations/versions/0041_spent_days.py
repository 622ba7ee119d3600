"""Spending is found by day, who could not be counted is tried again, and sums of those who are gone tell more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0041_spent_days"
down_revision = "0040_counted_emails"
branch_labels = None
depends_on = None

SUMMED = ["day", "customer_id", "holdout_id", "currency", "orders", "revenue"]
COUNTS = ("after_7", "after_14", "after_28", "after_56", "after_90", "after_all", "paying")
SUMS = ("revenue_cubed", "revenue_days", "revenue_before", "before_of_buyers")


def upgrade() -> None:
    """Of whoever is gone by now nobody knows more than the days on which something was bought: somebody did."""
    op.create_index("ix_drawn_spending_day", "drawn_spending", SUMMED)
    op.add_column("drawn_customer", sa.Column("guests", JsonDocument(), nullable=True))
    op.create_table(
        "uncounted_customer",
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("since", UtcDateTime(), nullable=True),
    )
    for name in COUNTS:
        op.add_column("drawn_departed", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    for name in SUMS:
        op.add_column("drawn_departed", sa.Column(name, sa.Float, nullable=False, server_default="0"))
    op.execute(
        "UPDATE drawn_departed SET buyers = CASE WHEN orders > 0 THEN 1 ELSE 0 END, "
        "paying = CASE WHEN revenue > 0 THEN 1 ELSE 0 END"
    )


def downgrade() -> None:
    """Whoever could not be counted is not tried again."""
    for name in (*COUNTS, *SUMS):
        op.drop_column("drawn_departed", name)
    op.drop_table("uncounted_customer")
    op.drop_column("drawn_customer", "guests")
    op.drop_index("ix_drawn_spending_day", "drawn_spending")
