"""Imports of customers and orders, so that they can be resumed."""

from __future__ import annotations

revision = "0021_customer_imports"
down_revision = "0020_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
