"""What did not leave is found without looking through all that did, or waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042_not_sent"
down_revision = "0041_spent_days"
branch_labels = None
depends_on = None

NOT_SENT = sa.text("status IN ('refused', 'failed', 'suppressed')")
COLUMNS = ["handoff_id", "position"]


def upgrade() -> None:
    """Of e-mails that were refused, failed or were held back alone: sending writes nothing to it."""
    op.create_index(
        "ix_handoff_delivery_not_sent",
        "handoff_delivery",
        COLUMNS,
        sqlite_where=NOT_SENT,
        postgresql_where=NOT_SENT,
    )


def downgrade() -> None:
    """The page of a run looks through every delivery."""
    op.drop_index("ix_handoff_delivery_not_sent", "handoff_delivery")
