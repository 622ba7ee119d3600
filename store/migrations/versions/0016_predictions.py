"""Predictions by customer."""

from __future__ import annotations

revision = "0016_predictions"
down_revision = "0015_learned"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
