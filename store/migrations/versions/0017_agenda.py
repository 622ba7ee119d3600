"""Who is due for which flow, and when."""

from __future__ import annotations

revision = "0017_agenda"
down_revision = "0016_predictions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
