"""What models read out of customers' own words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0020_words"
down_revision = "0019_privacy"
branch_labels = None
depends_on = None

OWN_WORDS = sa.text(
    "name IN ('Product Reviewed', 'Quiz Completed', 'Support Note', 'Support Ticket Created', 'Survey Answered', "
    "'Survey Completed', 'Ticket Closed')"
)
"""As `memory.tables.OWN_WORDS` says it: all other events cost nothing."""


def upgrade() -> None:
    """Create the table, and the index that finds what is to be read."""
    op.create_table(
        "words_reading",
        sa.Column("message_id", sa.String, primary_key=True),
        sa.Column("customer_id", sa.String, sa.ForeignKey("customer.id"), nullable=False, index=True),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("reader", sa.String, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index(
        "ix_event_words", "event", ["received_at", "message_id"], sqlite_where=OWN_WORDS, postgresql_where=OWN_WORDS
    )


def downgrade() -> None:
    """The events of what was found stay."""
    op.drop_index("ix_event_words", table_name="event")
    op.drop_table("words_reading")
