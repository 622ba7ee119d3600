"""Outgoing webhooks."""

from __future__ import annotations

revision = "0013_webhooks"
down_revision = "0012_handoffs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
