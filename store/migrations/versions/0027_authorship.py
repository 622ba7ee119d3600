"""Who saved each version of a campaign."""

from __future__ import annotations

revision = "0027_authorship"
down_revision = "0026_comparisons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
