"""Quiet hours and caps: what kind each contact was, and until when somebody is not written to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_contact_policy"
down_revision = "0017_agenda"
branch_labels = None
depends_on = None

WAITING = (("recipient", "not_before"), ("run_chunk", "not_before"), ("contact", "until"))


def upgrade() -> None:
    """Add the columns; contacts of before are told apart by the flow of their campaign."""
    for table, name in WAITING:
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("contact", sa.Column("kind", sa.String, nullable=False, server_default="campaign"))
    op.execute(
        "UPDATE contact SET kind = 'triggered' WHERE campaign IN (SELECT id FROM campaign WHERE flow <> 'newsletter')"
    )
    op.create_index("ix_contact_email", "contact", ["email_id"])


def downgrade() -> None:
    """Whoever waits is asked at once."""
    op.drop_index("ix_contact_email", "contact")
    op.drop_column("contact", "kind")
    for table, name in WAITING:
        op.drop_column(table, name)
