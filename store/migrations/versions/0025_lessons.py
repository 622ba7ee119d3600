"""What reviews taught: examples, cases, preferences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0025_lessons"
down_revision = "0024_reviews"
branch_labels = None
depends_on = None

INDEXED = ("review_id", "email_id", "customer", "changed_at")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "lesson",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("review_id", sa.String(64), nullable=False),
        sa.Column("email_id", sa.String(64), nullable=False),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("flow", sa.String(32), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("block", sa.String(16), nullable=False),
        sa.Column("dimension", sa.String(16), nullable=False),
        sa.Column("arm", sa.String(64), nullable=False),
        sa.Column("good", sa.Boolean, nullable=False),
        sa.Column("unfit", sa.String(16), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=True),
        sa.Column("reviewer", sa.String(100), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("removed_by", sa.String(100), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_lesson_kind_at", "lesson", ["kind", "at", "id"])
    for column in INDEXED:
        op.create_index(f"ix_lesson_{column}", "lesson", [column])


def downgrade() -> None:
    """What was learned is lost; the reviews it came from stay."""
    op.drop_table("lesson")
