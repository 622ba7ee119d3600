"""Previews that are kept for an hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0028_previews"
down_revision = "0027_authorship"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "preview",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_preview_customer", "preview", ["customer"])
    op.create_index("ix_preview_created_at", "preview", ["created_at"])


def downgrade() -> None:
    """Previews are for an hour only."""
    op.drop_table("preview")
