"""Comparisons side by side, and what was preferred."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0026_comparisons"
down_revision = "0025_lessons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "comparison",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sides", JsonDocument(), nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(500), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "compared",
        sa.Column("comparison_id", sa.String(64), sa.ForeignKey("comparison.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("lifecycle", sa.String(16), nullable=False),
        sa.Column("same", sa.Boolean, nullable=False),
        sa.Column("votable", sa.Boolean, nullable=False),
        sa.Column("a", sa.LargeBinary, nullable=False),
        sa.Column("b", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_compared_customer", "compared", ["customer"])
    op.create_table(
        "vote",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("comparison_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("reviewer", sa.String(100), nullable=False),
        sa.Column("left", sa.String(1), nullable=False),
        sa.Column("choice", sa.String(8), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_vote_comparison_id", "vote", ["comparison_id"])
    op.create_table(
        "comparison_shown",
        sa.Column("comparison_id", sa.String(64), primary_key=True),
        sa.Column("reviewer", sa.String(100), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Comparisons and votes are lost."""
    for table in ("comparison_shown", "vote", "compared", "comparison"):
        op.drop_table(table)
