"""What ranks picks, learned from the shop's own history."""

from __future__ import annotations

revision = "0009_ranking"
down_revision = "0008_merchandising"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
