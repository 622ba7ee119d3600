"""An index that holds all that reports sum up of e-mails, in the order in which they do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040_counted_emails"
down_revision = "0039_brand_versions"
branch_labels = None
depends_on = None

COUNTED = sa.text("counted_at IS NOT NULL")
COLUMNS = [
    *("campaign_id", "flow", "lifecycle", "experiment", "variant", "rules", "at", "email_id", "delivered", "opened"),
    *("machine_opened", "clicked", "unsubscribed", "complained", "orders", "revenue"),
]


def upgrade() -> None:
    """Of e-mails whose outcome was counted: composing writes nothing to it."""
    op.create_index("ix_decision_counted", "decision", COLUMNS, sqlite_where=COUNTED, postgresql_where=COUNTED)


def downgrade() -> None:
    """Reports sort every e-mail."""
    op.drop_index("ix_decision_counted", "decision")
