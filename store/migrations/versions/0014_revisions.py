"""E-mails refreshed at hand-off."""

from __future__ import annotations

revision = "0014_revisions"
down_revision = "0013_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
