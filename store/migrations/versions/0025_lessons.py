"""What reviews taught: examples, cases, preferences."""

from __future__ import annotations

revision = "0025_lessons"
down_revision = "0024_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
