"""Consent per purpose and topic."""

from __future__ import annotations

revision = "0022_topics"
down_revision = "0021_customer_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
