"""The queue of chunks on PostgreSQL."""

from __future__ import annotations

revision = "0011_queue"
down_revision = "0010_runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
