"""What a merchandiser wants of the picks."""

from __future__ import annotations

revision = "0008_merchandising"
down_revision = "0007_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
