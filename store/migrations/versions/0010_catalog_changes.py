"""Which products changed since: what a refresh reads."""

from __future__ import annotations

revision = "0010_catalog_changes"
down_revision = "0009_ranking"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
