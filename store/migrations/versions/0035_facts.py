"""Episodes, the attribution rules they are counted by, and the events about them by when they came in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0035_facts"
down_revision = "0034_experiments"
branch_labels = None
depends_on = None

COUNTS = (
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
OUTCOMES = sa.text(
    "name IN ('Email Bounced', 'Email Delivered', 'Email Link Clicked', 'Email Marked as Spam', 'Email Opened', "
    "'Order Cancelled', 'Order Completed', 'Order Refunded', 'Order Updated', 'Unsubscribed')"
)


def upgrade() -> None:
    """Create the tables; the job fills them from the ledger and the events, as far back as these are kept."""
    op.create_table(
        "episode",
        sa.Column("campaign_id", sa.String(64), primary_key=True),
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("begins", UtcDateTime(), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("experiment", sa.String(64), nullable=False),
        sa.Column("variant", sa.String(64), nullable=False),
        sa.Column("flow", sa.String(32), nullable=False),
        sa.Column("lifecycle", sa.String(16), nullable=False),
        sa.Column("email_id", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
        sa.Column("revenue", sa.BigInteger, nullable=False),
        sa.Column("returned", sa.BigInteger, nullable=False),
        sa.Column("margin", sa.BigInteger, nullable=True),
        sa.Column("orders_once", sa.Integer, nullable=False),
        sa.Column("revenue_once", sa.BigInteger, nullable=False),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("rules", sa.String(32), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.Column("final", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_episode_customer_begins", "episode", ["customer_id", "begins"])
    op.create_index("ix_episode_day", "episode", ["day"])
    op.create_table(
        "attribution_rules",
        sa.Column("version", sa.String(32), primary_key=True),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.String(100), nullable=False),
    )
    op.create_index(
        "ix_event_outcomes", "event", ["received_at", "customer_id"], sqlite_where=OUTCOMES, postgresql_where=OUTCOMES
    )
    # One job counts for all campaigns now, and notes when in `learned`. Homes of an early 0029 have no such table.
    op.drop_table("result_count", if_exists=True)


def downgrade() -> None:
    """The job can count it all again, under the rules that are built in."""
    op.create_table(
        "result_count",
        sa.Column("campaign_id", sa.String(64), primary_key=True),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
    )
    op.drop_index("ix_event_outcomes", "event")
    op.drop_table("attribution_rules")
    op.drop_table("episode")
