"""Imports of customers and orders, so that they can be resumed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021_customer_imports"
down_revision = "0020_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "customer_import",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("report", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """What was imported stays; an import that was cut short begins anew, and brings nothing twice."""
    op.drop_table("customer_import")
