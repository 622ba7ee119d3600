"""Who the shop's holdout drew, what each has spent since, and sums over those who are gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0038_shop_line"
down_revision = "0037_merged"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; the job fills them from what is kept. Who said something about consent lately is found."""
    op.create_table(
        "drawn_customer",
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("holdout_id", sa.String(64), primary_key=True),
        sa.Column("customer", sa.String, nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_drawn_customer_customer", "drawn_customer", ["customer"])
    op.create_table(
        "drawn_spending",
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("holdout_id", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("currency", sa.String(16), primary_key=True),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("revenue", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drawn_departed",
        sa.Column("holdout_id", sa.String(64), primary_key=True),
        sa.Column("side", sa.String(16), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("currency", sa.String(16), primary_key=True),
        sa.Column("customers", sa.Integer, nullable=False),
        sa.Column("buyers", sa.Integer, nullable=False),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("before_squared", sa.Float, nullable=False),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("revenue", sa.BigInteger, nullable=False),
        sa.Column("revenue_squared", sa.Float, nullable=False),
    )
    op.create_index("ix_consent_change_recorded", "consent_change", ["recorded_at", "customer_id"])


def downgrade() -> None:
    """Drop them; the job can count it again, but for those who are gone."""
    op.drop_index("ix_consent_change_recorded", "consent_change")
    for table in ("drawn_departed", "drawn_spending", "drawn_customer"):
        op.drop_table(table)
