"""Results by campaign, side and day, and the ledger by campaign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0029_results"
down_revision = "0028_previews"
branch_labels = None
depends_on = None

COUNTS = (
    "customers",
    "emails",
    "delivered",
    "opened",
    "machine_opened",
    "clicked",
    "unsubscribed",
    "complained",
    "buyers",
    "orders",
    "other_currency",
)


def upgrade() -> None:
    """Create the table; the job fills it from the ledger and the events."""
    op.create_table(
        "result_day",
        sa.Column("campaign_id", sa.String(64), primary_key=True),
        sa.Column("side", sa.String(16), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
        sa.Column("revenue", sa.BigInteger, nullable=False),
        sa.Column("revenue_squared", sa.Float, nullable=False),
    )
    op.create_table(
        "result_count",
        sa.Column("campaign_id", sa.String(64), primary_key=True),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_contact_campaign_at", "contact", ["campaign", "at"])


def downgrade() -> None:
    """The job can count it all again."""
    op.drop_index("ix_contact_campaign_at", "contact")
    op.drop_table("result_count")
    op.drop_table("result_day")
