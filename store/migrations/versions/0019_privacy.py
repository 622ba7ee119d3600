"""Erasures, their proofs, and the audit log."""

from __future__ import annotations

revision = "0019_privacy"
down_revision = "0018_contact_policy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
