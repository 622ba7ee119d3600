"""Feeds that are fetched again: where from, how often, what the last fetch brought."""

from __future__ import annotations

revision = "0007_feeds"
down_revision = "0006_compare_at_basis"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
