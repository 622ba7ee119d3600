"""Comparisons side by side, and what was preferred."""

from __future__ import annotations

revision = "0026_comparisons"
down_revision = "0025_lessons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
