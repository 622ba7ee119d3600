"""E-mails handed on."""

from __future__ import annotations

revision = "0012_handoffs"
down_revision = "0011_queue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
