"""E-mails rebuilt because what they show had changed: what each said before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import EncryptedBytes, JsonDocument, UtcDateTime

revision = "0014_revisions"
down_revision = "0013_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "email_revision",
        sa.Column("email_id", sa.String(64), sa.ForeignKey("email.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("why", JsonDocument(), nullable=False),
        sa.Column("record_before", sa.String(64), nullable=False),
        sa.Column("record_after", sa.String(64), nullable=False),
        sa.Column("result_before", EncryptedBytes(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """What e-mails said before is forgotten; they stay as they are."""
    op.drop_table("email_revision")
