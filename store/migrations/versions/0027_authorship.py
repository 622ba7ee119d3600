"""Who saved each version of a campaign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027_authorship"
down_revision = "0026_comparisons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of versions of before it is not known."""
    op.add_column("campaign_version", sa.Column("saved_by", sa.String(100), nullable=False, server_default=""))


def downgrade() -> None:
    """Who saved them is forgotten."""
    op.drop_column("campaign_version", "saved_by")
