"""What models read out of customers' own words."""

from __future__ import annotations

revision = "0020_words"
down_revision = "0019_privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
