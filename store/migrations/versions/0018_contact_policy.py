"""Quiet hours and caps: deferred e-mails."""

from __future__ import annotations

revision = "0018_contact_policy"
down_revision = "0017_agenda"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
